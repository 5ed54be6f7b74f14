import httpx
import orjson
import pytest

from tests.unit.serving.api import (
    ANNA,
    ERASED_ID,
    EVIDENCE,
    FIRST,
    GONE,
    MERGED,
    SECOND,
    TIMELINE,
    VERDICT,
    Api,
    problem,
)
from unifier.profiles.store import SealError
from unifier.serving.models import Evidence, StewardRequest
from unifier.serving.problems import SEALED
from unifier.serving.reader import Answer
from unifier.settings import Settings

DOCUMENT = {"profile_id": ANNA, "version": 17, "kind": "known", "traits": {"first_name": "Anna"}}


@pytest.fixture
def api() -> Api:
    return Api(DOCUMENT)


async def test_a_profile_answers_for_its_id(api: Api) -> None:
    response = await api.call("GET", f"/v1/profiles/{ANNA}")
    assert (response.status_code, response.json()) == (200, DOCUMENT)
    assert response.headers["cache-control"] == "no-store"


async def test_a_merged_away_id_gives_the_survivor_and_says_so(api: Api) -> None:
    response = await api.call("GET", f"/v1/profiles/{MERGED}")
    assert response.json() == DOCUMENT | {"requested_id": MERGED}


@pytest.mark.parametrize("rest", ["", "/timeline", "/next-action", "/evidence"])
async def test_unknown_is_404_and_erased_is_410(api: Api, rest: str) -> None:
    problem(await api.call("GET", f"/v1/profiles/{GONE}{rest}"), 404)
    problem(await api.call("GET", f"/v1/profiles/{ERASED_ID}{rest}"), 410)


async def test_timeline_and_evidence_answer_as_read(api: Api) -> None:
    assert (await api.call("GET", f"/v1/profiles/{ANNA}/timeline")).json() == TIMELINE
    assert (await api.call("GET", f"/v1/profiles/{ANNA}/evidence")).json() == EVIDENCE


async def test_evidence_between_two_profiles_asks_for_both(api: Api) -> None:
    answer = await api.call("GET", f"/v1/profiles/{ANNA}/evidence?other={MERGED}")
    assert answer.json() == EVIDENCE | {"other": VERDICT}
    Evidence.model_validate(answer.json())
    problem(await api.call("GET", f"/v1/profiles/{ANNA}/evidence?other={GONE}"), 404)
    unknown = await api.call("GET", f"/v1/profiles/{ANNA}/evidence?other=anna@example.org")
    assert "anna" not in str(problem(unknown, 404))


async def test_a_lookup_finds_or_is_404(api: Api) -> None:
    async def look(identifiers: dict[str, str]) -> httpx.Response:
        return await api.call("POST", "/v1/profiles/lookup", json={"identifiers": identifiers})

    assert (await look({"email": "anna@example.org"})).json() == DOCUMENT
    problem(await look({"email": "berta@example.org"}), 404)


async def test_a_batch_gives_one_answer_per_entry_in_order(api: Api) -> None:
    response = await api.call("POST", "/v1/profiles/batch", json={"ids": [GONE, MERGED, ERASED_ID, ANNA]})
    assert response.json()["answers"] == [
        {"status": 404},
        {"status": 200, "profile": DOCUMENT | {"requested_id": MERGED}},
        {"status": 410},
        {"status": 200, "profile": DOCUMENT},
    ]
    entries = [{"email": "berta@example.org"}, {"loyalty_id": "4711"}]
    response = await api.call("POST", "/v1/profiles/batch", json={"identifiers": entries})
    assert [answer["status"] for answer in response.json()["answers"]] == [404, 200]


async def test_a_batch_takes_500_and_no_more(api: Api) -> None:
    response = await api.call("POST", "/v1/profiles/batch", json={"ids": [ANNA] * 500})
    assert len(response.json()["answers"]) == 500
    problem(await api.call("POST", "/v1/profiles/batch", json={"ids": [ANNA] * 501}), 422)


@pytest.mark.parametrize("word", ["link", "separate"])
async def test_a_stewards_word_is_accepted_in_his_name(api: Api, word: str) -> None:
    body = {"profiles": [ANNA, MERGED], "reason": "spoke with her"}
    response = await api.call("POST", f"/v1/steward/{word}", "steward", json=body)
    assert (response.status_code, response.json()) == (202, {"command_id": "c" * 32})
    assert api.said == [(word, StewardRequest.model_validate(body), "steward")]


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "why"},
        {"profiles": [ANNA, MERGED]},
        {"profiles": [ANNA, MERGED], "reason": ""},
        {"profiles": [ANNA, ANNA], "reason": "why"},
        {"profiles": [ANNA], "reason": "why"},
        {"profiles": [ANNA, "anna@example.org"], "reason": "why"},
        {"profiles": [ANNA, MERGED], "fragments": [FIRST, SECOND], "reason": "why"},
        {"fragments": [FIRST], "reason": "why"},
        {"fragments": [FIRST, "anna@example.org"], "reason": "why"},
    ],
)
async def test_a_stewards_word_that_is_not_clear_is_refused(api: Api, body: dict[str, object]) -> None:
    told = problem(await api.call("POST", "/v1/steward/separate", "steward", json=body), 422)
    assert "Value error" not in str(told["errors"])
    assert api.said == []


async def test_a_command_that_no_broker_confirmed_is_503(api: Api) -> None:
    api.brokers_away = True
    body = {"fragments": [FIRST, SECOND], "reason": "why"}
    response = await api.call("POST", "/v1/steward/link", "steward", json=body)
    problem(response, 503)
    assert int(response.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", [f"/v1/profiles/{ANNA}", "/v1/steward/link", "/v1/anything", "/nothing"])
async def test_without_a_key_that_works_nothing_answers(api: Api, path: str) -> None:
    for key in (None, "guess"):
        response = await api.call("GET", path, key)
        problem(response, 401)
        assert response.headers["www-authenticate"].startswith("Bearer")
    basic = {"Authorization": "Basic cmVhZGVyOg=="}
    problem(await api.call("GET", path, None, headers=basic), 401)


async def test_two_keys_are_none(api: Api) -> None:
    shown = [("Authorization", f"Bearer {key}") for key in ("wrong", "reader")]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api.app), base_url="http://api") as client:
        for headers in (shown, shown[::-1], shown[1:] * 2):
            problem(await client.get(f"/v1/profiles/{ANNA}", headers=headers), 401)


async def test_without_the_scope_a_call_is_403(api: Api) -> None:
    response = await api.call("GET", f"/v1/profiles/{ANNA}", "steward")
    assert "profiles:read" in str(problem(response, 403)["detail"])
    body = {"profiles": [ANNA, MERGED], "reason": "why"}
    problem(await api.call("POST", "/v1/steward/link", "reader", json=body), 403)
    assert api.said == []


async def test_the_key_is_asked_for_before_the_body_is_read(api: Api) -> None:
    problem(await api.call("POST", "/v1/profiles/lookup", "guess", content=b"{"), 401)
    problem(await api.call("POST", "/v1/profiles/lookup", "steward", content=b"{"), 403)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
async def test_a_body_that_is_not_json_is_a_problem(api: Api, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = await api.call("POST", "/v1/profiles/lookup", content=content, headers=headers)
    problem(response, 400 if content else 422)


WHOSE = {"profiles": "reader", "steward": "steward", "privacy": "officer"}


async def test_a_body_of_another_type_is_415(api: Api) -> None:
    for path, calls in (await api.call("GET", "/openapi.json", None)).json()["paths"].items():
        if "post" in calls:
            problem(
                await api.call(
                    "POST", path.replace("{review_id}", "r"), WHOSE[path.split("/")[2]], content=b"{}"
                ),
                415,
            )
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""):
        headers = {"Content-Type": kind}
        problem(await api.call("POST", "/v1/profiles/lookup", content=b"{}", headers=headers), 415)
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    content = orjson.dumps({"identifiers": {"email": "anna@example.org"}})
    assert (await api.call("POST", "/v1/profiles/lookup", content=content, headers=headers)).is_success


async def test_a_body_over_the_limit_is_413_whether_it_says_its_length_or_not() -> None:
    api = Api(DOCUMENT, Settings(api_body_bytes=1_024))

    async def chunks(count: int):  # type: ignore[no-untyped-def]
        for _ in range(count):
            yield b" " * 256

    headers = {"Content-Type": "application/json"}
    for content in (b" " * 1_025, chunks(5)):
        problem(await api.call("POST", "/v1/profiles/lookup", content=content, headers=headers), 413)
    problem(await api.call("POST", "/v1/profiles/lookup", content=chunks(4), headers=headers), 400)


async def test_beyond_the_rate_a_key_is_told_to_wait_and_others_are_not() -> None:
    api = Api(DOCUMENT, Settings(api_rate=0.01))
    assert (await api.call("GET", f"/v1/profiles/{ANNA}")).is_success
    response = await api.call("GET", f"/v1/profiles/{ANNA}")
    problem(response, 429)
    assert 0 < int(response.headers["retry-after"]) <= 100
    body = {"profiles": [ANNA, MERGED], "reason": "why"}
    assert (await api.call("POST", "/v1/steward/link", "steward", json=body)).status_code == 202
    assert (await api.call("GET", "/healthz", None)).is_success


async def test_a_store_that_is_away_is_503_with_the_time_to_wait(api: Api) -> None:
    responses = [await api.call("GET", f"/v1/profiles/{ANNA}", "no store")]
    api.reader.away = True
    responses += [
        await api.call("GET", f"/v1/profiles/{ANNA}"),
        await api.call("GET", f"/v1/profiles/{ANNA}/evidence"),
        await api.call("GET", "/readyz", None),
    ]
    for response in responses:
        problem(response, 503)
        assert int(response.headers["retry-after"]) > 0
    assert (await api.call("GET", "/healthz", None)).json() == {"status": "ok"}


async def test_what_is_sealed_with_another_key_is_503_with_the_time_to_wait(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sealed(_ids: object) -> list[Answer]:
        raise SealError("UNIFIER_DATA_KEY: lacks a key")

    monkeypatch.setattr(api.reader, "profiles", sealed)
    response = await api.call("GET", f"/v1/profiles/{ANNA}")
    assert problem(response, 503)["detail"] == SEALED
    assert int(response.headers["retry-after"]) > 0


async def test_a_fault_of_the_service_tells_nothing(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    api.reader.document = {"email": "anna@example.org"}  # without its id: a fault
    assert b"anna" not in (await api.call("GET", f"/v1/profiles/{ANNA}")).content
    problem(await api.call("GET", f"/v1/profiles/{ANNA}"), 500)
    assert "KeyError" in caplog.text
    assert "anna" not in caplog.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/profiles/lookup", {"identifiers": {"anna@example.org": 5}}),
        ("/v1/profiles/lookup", {"identifiers": {"anna@example.org": "email"}}),
        ("/v1/profiles/lookup", {"identifiers": {"email": "anna@example.org" * 100}}),
        ("/v1/profiles/lookup", {"identifiers": {}, "anna@example.org": 1}),
        ("/v1/profiles/lookup", {"email": "anna@example.org"}),
        ("/v1/profiles/lookup", ["anna@example.org"]),
        ("/v1/profiles/batch", {"ids": [{"anna@example.org": "anna@example.org"}]}),
        ("/v1/profiles/batch", {"identifiers": [{"anna@example.org": "x"}]}),
    ],
)
async def test_no_error_repeats_what_the_caller_sent(api: Api, path: str, body: object) -> None:
    response = await api.call("POST", path, json=body)
    problem(response, 422)
    assert b"anna" not in response.content


async def test_an_error_names_the_field_that_is_wrong(api: Api) -> None:
    response = await api.call("POST", "/v1/profiles/batch", json={"ids": [ANNA, 5]})
    assert problem(response, 422)["errors"] == [
        {"pointer": "/ids/1", "detail": "Input should be a valid string"}
    ]
    response = await api.call(
        "POST", "/v1/profiles/lookup", json={"identifiers": {"e-mail": "a@example.org"}}
    )
    assert "email, loyalty_id" in str(problem(response, 422)["detail"])


async def test_what_is_not_there_is_a_problem_too(api: Api) -> None:
    problem(await api.call("GET", "/v1/nothing"), 404)
    problem(await api.call("GET", f"/v1/profiles/{ANNA}/"), 404)
    response = await api.call("DELETE", f"/v1/profiles/{ANNA}")
    problem(response, 405)
    assert response.headers["allow"] == "GET"
    problem(await api.call("POST", f"/v1/profiles/{ANNA}"), 405)
    problem(await api.call("POST", "/v1/nothing"), 404)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("call", ["lookup", "batch", "match"])
async def test_a_call_with_a_body_takes_no_other_method(api: Api, method: str, call: str) -> None:
    response = await api.call(method, f"/v1/profiles/{call}")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", f"/v1/profiles/{ANNA}/evidence?others={MERGED}", "reader"),
        ("GET", f"/v1/profiles/{ANNA}?other={MERGED}", "reader"),
        ("POST", "/v1/profiles/lookup?email=anna@example.org", "reader"),
        ("GET", "/v1/steward/reviews?limit=5&page=2", "steward"),
        ("GET", "/v1/privacy/requests/r?full=1", "officer"),
        ("GET", "/v1/journey/flows?channels=web", "analyst"),
    ],
)
async def test_a_parameter_that_a_call_does_not_have_is_refused(
    api: Api, method: str, path: str, key: str
) -> None:
    refused = problem(await api.call(method, path, key), 400)
    _, says = str(refused["detail"]).split(": ")
    assert says == "this call has no such parameter; /openapi.json lists those it has"
    assert "anna" not in str(refused)


async def test_requests_are_counted_by_template_and_status(api: Api) -> None:
    await api.call("GET", f"/v1/profiles/{ANNA}")
    await api.call("GET", "/nothing/anna@example.org")
    text = (await api.call("GET", "/metrics", None)).text
    assert 'unifier_api_requests_total{route="/v1/profiles/{profile_id}",status="200"}' in text
    assert "anna" not in text
    assert ANNA not in text
