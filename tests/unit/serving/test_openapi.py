import re
from typing import Any

import pytest

from tests.unit.serving.api import Api
from unifier.serving import openapi

PROMISED = {
    ("GET", "/v1/profiles/{profile_id}"): "profiles:read",
    ("POST", "/v1/profiles/lookup"): "profiles:read",
    ("POST", "/v1/profiles/batch"): "profiles:read",
    ("POST", "/v1/profiles/match"): "profiles:read",
    ("GET", "/v1/profiles/{profile_id}/timeline"): "profiles:read",
    ("GET", "/v1/profiles/{profile_id}/next-action"): "profiles:read",
    ("GET", "/v1/profiles/{profile_id}/evidence"): "profiles:read",
    ("GET", "/v1/journey/summary"): "journey:read",
    ("GET", "/v1/journey/flows"): "journey:read",
    ("GET", "/v1/journey/touchpoints"): "journey:read",
    ("GET", "/v1/journey/weak-points"): "journey:read",
    ("POST", "/v1/steward/link"): "steward:write",
    ("POST", "/v1/steward/separate"): "steward:write",
    ("GET", "/v1/steward/reviews"): "steward:write",
    ("POST", "/v1/steward/reviews/{review_id}"): "steward:write",
    ("POST", "/v1/privacy/erase"): "privacy:write",
    ("POST", "/v1/privacy/export"): "privacy:write",
    ("POST", "/v1/privacy/restrict"): "privacy:write",
    ("POST", "/v1/privacy/release"): "privacy:write",
    ("GET", "/v1/privacy/requests/{request_id}"): "privacy:write",
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): None,
    ("GET", "/openapi.json"): None,
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document()


def test_the_document_names_the_promised_calls_and_scopes(document: dict[str, Any]) -> None:
    calls = {
        (method.upper(), path): call["security"][0]["key"][0] if call["security"] else None
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    }
    assert calls == PROMISED


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert found == set(document["components"]["schemas"])


def test_every_field_of_a_request_and_call_is_explained(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for call in methods.values():
            assert call["description"]
            assert "200" in call["responses"] or "202" in call["responses"]


def test_metrics_are_text_and_nothing_else(document: dict[str, Any]) -> None:
    assert list(document["paths"]["/metrics"]["get"]["responses"]["200"]["content"]) == ["text/plain"]


async def test_the_service_serves_the_document(document: dict[str, Any]) -> None:
    assert (await Api({}).call("GET", "/openapi.json", None)).json() == document


@pytest.mark.parametrize(("call", "scope"), PROMISED.items())
async def test_each_call_is_open_or_asks_for_a_key_as_the_document_says(
    call: tuple[str, str], scope: str | None
) -> None:
    method, path = call
    status = (await Api({}).call(method, path, None)).status_code
    assert (status == 401) == (scope is not None)
