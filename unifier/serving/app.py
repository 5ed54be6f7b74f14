"""The HTTP application: calls, errors, gate."""

from collections.abc import Callable

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from unifier.events import person
from unifier.profiles.store import SealError
from unifier.serving import (
    journey_routes,
    match_routes,
    openapi,
    privacy_routes,
    problems,
    review_routes,
    routes,
)
from unifier.serving.calls import Services
from unifier.serving.gate import FindKey, Gate
from unifier.serving.limits import Buckets
from unifier.serving.models import (
    BatchRequest,
    LookupRequest,
    MatchRequest,
    PrivacyBody,
    ReviewDecision,
    StewardRequest,
)
from unifier.settings import Settings

ROUTERS = (
    match_routes.router,
    routes.profiles,
    journey_routes.router,
    routes.steward,
    review_routes.router,
    privacy_routes.router,
    routes.operations,
    openapi.router,
)


def build(services: Callable[[], Services], find_key: FindKey, settings: Settings) -> Gate:
    """The ASGI application that a server runs; `services` gives what a call is to work with."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    requests = (LookupRequest, BatchRequest, MatchRequest, StewardRequest, ReviewDecision, PrivacyBody)
    fields = {name for model in requests for name in model.model_fields}
    invalid = problems.InvalidRequest(
        person.NAMES | fields | {"limit", "after", "model", "from", "to", "channel"}
    )
    app.add_exception_handler(HTTPException, problems.on_http_exception)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(RedisError, problems.on_unavailable)
    app.add_exception_handler(SealError, problems.on_sealed)
    app.add_exception_handler(Exception, problems.on_crash)
    return Gate(app, find_key, Buckets(settings.api_rate), settings.api_body_bytes)
