"""The privacy calls: who may, what is refused, and what becomes of a request."""

from typing import Any

import pytest

from tests.unit.serving.api import ANNA, REQUEST, RESTRICTED_ID, Api
from unifier.serving.models import PrivacyRequest

BODY = {"identifiers": {"email": "anna@example.org"}, "reason": "file 7"}


@pytest.mark.parametrize("kind", ["erase", "export", "restrict", "release"])
async def test_a_request_is_taken_in_and_has_an_id(kind: str) -> None:
    api = Api({})
    answer = await api.call("POST", f"/v1/privacy/{kind}", "officer", json=BODY)
    assert (answer.status_code, answer.json()) == (202, {"request_id": "r"})
    assert api.privacy.requests == [(kind, BODY["identifiers"], "file 7", "officer")]


@pytest.mark.parametrize("key", ["reader", "steward"])
async def test_other_keys_may_not(key: str) -> None:
    api = Api({})
    assert (await api.call("POST", "/v1/privacy/erase", key, json=BODY)).status_code == 403
    assert (await api.call("GET", "/v1/privacy/requests/r", key)).status_code == 403
    assert api.privacy.requests == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"identifiers": {"shoe_size": "44"}}, 422),
        ({"identifiers": {"email": "nobody"}}, 422),
        ({"identifiers": {}}, 422),
        ({"reason": "anna@example.org asks"}, 422),
        ({"reason": ""}, 422),
        ({"profiles": ["p_1"]}, 422),
        ({"reason": "brokers away"}, 503),
    ],
)
async def test_what_cannot_be_carried_out_is_refused(change: dict[str, Any], status: int) -> None:
    api = Api({})
    answer = await api.call("POST", "/v1/privacy/erase", "officer", json=BODY | change)
    assert answer.status_code == status
    assert "anna" not in answer.text
    assert api.privacy.requests == []


async def test_the_state_of_a_request_is_told() -> None:
    answer = await Api({}).call("GET", "/v1/privacy/requests/r", "officer")
    assert answer.json() == REQUEST
    PrivacyRequest.model_validate(answer.json())
    assert (await Api({}).call("GET", "/v1/privacy/requests/x", "officer")).status_code == 404


async def test_nothing_is_read_of_somebody_restricted() -> None:
    api = Api({"profile_id": ANNA})
    for path in (f"/v1/profiles/{RESTRICTED_ID}", f"/v1/profiles/{RESTRICTED_ID}/timeline"):
        answer = await api.call("GET", path)
        assert (answer.status_code, answer.headers["content-type"]) == (423, "application/problem+json")
    batch = await api.call("POST", "/v1/profiles/batch", json={"ids": [RESTRICTED_ID, ANNA]})
    assert [one["status"] for one in batch.json()["answers"]] == [423, 200]
