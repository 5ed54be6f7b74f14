"""The peer of `unifier bench read`: a FastAPI service that gives ready documents, one Redis key each.

The same server, event loop and parser as ours, no API keys. `python -m benchmarks._bare_api PORT REDIS_URL`.
"""

import sys

import uvicorn
from fastapi import FastAPI, Response
from redis.asyncio import Redis


def create_app(redis: Redis) -> FastAPI:
    """One call: the document of a profile."""
    app = FastAPI(openapi_url=None)

    @app.get("/v1/profiles/{profile_id}")
    async def profile(profile_id: str) -> Response:
        document = await redis.get(f"document:{profile_id}")
        return Response(document or b"", 200 if document else 404, media_type="application/json")

    @app.get("/readyz")
    async def ready() -> Response:
        return Response(b"{}")

    return app


if __name__ == "__main__":
    _, port, url = sys.argv
    uvicorn.run(
        create_app(Redis.from_url(url)),
        port=int(port),
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level="warning",
    )
