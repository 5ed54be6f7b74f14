"""The OpenAPI document, made from the same routes and models that answer."""

from functools import cache
from importlib.metadata import version
from typing import Any

import orjson
from fastapi import APIRouter, Response
from fastapi.openapi.utils import get_openapi

from unifier.serving import journey_routes, match_routes, privacy_routes, review_routes, routes
from unifier.serving.gate import OPEN, scope_of
from unifier.serving.models import ProblemDocument

router = APIRouter(tags=["operations"], generate_unique_id_function=lambda route: route.name)


@router.get(
    "/openapi.json", responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}}
)
async def openapi_json() -> Response:
    """This document."""
    return Response(_bytes(), media_type="application/json")


@cache
def _bytes() -> bytes:
    return orjson.dumps(document())


def document() -> dict[str, Any]:
    """OpenAPI 3.1, with the scope that each call asks for."""
    found = get_openapi(
        title="unifier",
        version=version("unifier"),
        summary="One profile per person, read over HTTP",
        description="Identifiers never travel in a URL. Errors are RFC 9457 problem documents.",
        routes=[
            *routes.profiles.routes,
            *match_routes.router.routes,
            *journey_routes.router.routes,
            *routes.steward.routes,
            *review_routes.router.routes,
            *privacy_routes.router.routes,
            *routes.operations.routes,
            *router.routes,
        ],
    )
    components = found["components"]
    schemas = components["schemas"]
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["ProblemDocument"] = problem
    for name in ("HTTPValidationError", "ValidationError"):  # the framework's form of 422, not ours
        schemas.pop(name, None)
    components["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "an API key of `unifier keys add`, or a JWT of the configured issuer (`scope`)",
        }
    }
    for path, calls in found["paths"].items():
        for call in calls.values():
            if "requestBody" not in call:
                call["responses"].pop("422", None)
            call["security"] = [] if path in OPEN else [{"key": [scope_of(path)]}]
    return found
