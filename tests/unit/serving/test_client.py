import argparse
import asyncio
import subprocess
import sys
from typing import Any, get_args

import httpx
import pytest

from tests.unit.serving.api import ANNA, Api
from unifier import client as module
from unifier.cli import parser
from unifier.client import (
    Client,
    InvalidError,
    NotFoundError,
    TooManyRequestsError,
    UnavailableError,
    UnifierError,
)
from unifier.serving.models import Scope

BLOCKED = ("fastapi", "starlette", "uvicorn", "faust", "mode", "redis", "kafka", "aiokafka")


def test_it_needs_no_part_of_the_service() -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({BLOCKED!r}));"
        "from unifier.client import Client; Client('http://127.0.0.1:1', 'uk_any').close()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_all_its_exceptions_are_of_one_kind() -> None:
    kinds = [getattr(module, name) for name in module.__all__ if name != "Client"]
    assert len(kinds) == 9
    assert all(issubclass(kind, UnifierError) for kind in kinds)
    assert set(module._ERRORS.values()) <= set(kinds), "whoever may have to catch it can import it"


def test_a_key_as_it_is_read_from_a_file_is_taken_and_a_wrong_one_is_not_repeated() -> None:
    with Client("http://api", "uk_any\n") as client:
        assert client._http.headers["Authorization"] == "Bearer uk_any"
    for wrong in ("", " \n", "uk_any\nuk_other", "uk_any uk_other", "uk_änne", "uk_any\x00"):
        with pytest.raises(ValueError, match=r"^key: give it as `unifier keys add` printed it$"):
            Client("http://api", wrong)


def answering(status: int, content: bytes, **headers: Any) -> Client:
    """A client whose service always answers the same."""
    client = Client("http://api", "uk_any")
    answer = httpx.MockTransport(lambda _: httpx.Response(status, content=content, headers=headers))
    client._http = httpx.Client(base_url="http://api", transport=answer)
    return client


def test_an_error_says_which_field_is_wrong() -> None:
    content = (
        b'{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"It does not fit.",'
        b'"errors":[{"pointer":"/ids/1","detail":"Input should be a valid string"}]}'
    )
    with pytest.raises(InvalidError, match="/ids/1: Input should be a valid string") as refusal:
        answering(422, content).batch(ids=["p"])
    assert refusal.value.status == 422


def test_an_error_of_the_whole_body_names_no_field() -> None:
    content = (
        b'{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"It does not fit.",'
        b'"errors":[{"pointer":"","detail":"name each profile once"}]}'
    )
    with pytest.raises(InvalidError) as refusal:
        answering(422, content).link("p", "p", reason="one")
    assert str(refusal.value) == "It does not fit. (name each profile once)"


def test_an_answer_that_cannot_be_unpacked_is_none() -> None:
    client = Client("http://api", "uk_any")

    def broken(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(b"no gzip"), headers={"Content-Encoding": "gzip"})

    client._http = httpx.Client(base_url="http://api", transport=httpx.MockTransport(broken))
    with pytest.raises(UnavailableError, match="no answer from http://api"):
        client.profile("p")


def test_what_is_no_answer_of_the_service_is_told() -> None:
    with pytest.raises(UnifierError, match="is this its address"):
        answering(502, b"<html>Bad Gateway</html>").profile("p")
    with pytest.raises(UnifierError, match="is this its address"):
        answering(200, b"<html>Welcome</html>").profile("p")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, UnifierError), (410, UnifierError), (401, UnifierError), (429, TooManyRequestsError)]
    + [(status, UnavailableError) for status in (502, 503, 504)],
)
def test_a_page_of_another_server_says_nothing_of_a_person(status: int, kind: type[UnifierError]) -> None:
    with pytest.raises(UnifierError, match="is this its address") as told:
        answering(status, b"<html>", **{"Retry-After": "²".encode("latin-1")}).profile("p")
    assert type(told.value) is kind


def test_a_batch_takes_any_collection_but_no_single_entry() -> None:
    client = answering(200, b'{"answers":[{"status":404}]}')
    for ids in (["p"], ("p",), {"p"}, {"p": 1}.keys(), (one for one in ["p"])):
        assert [entry.status for entry in client.batch(ids)] == [404]
    assert client.batch([]) == []
    with pytest.raises(ValueError, match=r"^give a list, also of one$"):
        client.batch("p_x")
    with pytest.raises(ValueError, match=r"^give a list, also of one$"):
        client.batch(identifiers={"email": "anna@example.org"})  # type: ignore[dict-item]


def test_text_that_is_none_is_refused_by_the_service_as_all_that_is_wrong() -> None:
    api = Api({})

    class Served(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            path = request.url.raw_path.decode()
            headers = {"Content-Type": request.headers.get("content-type", "")}
            answer = asyncio.run(api.call(request.method, path, content=request.read(), headers=headers))
            return httpx.Response(answer.status_code, content=answer.content)

    client = Client("http://api", "reader")
    client._http = httpx.Client(base_url="http://api", transport=Served())
    half = "\ud800"
    with pytest.raises(InvalidError, match="/identifiers/email: Input should be a valid string"):
        client.lookup(email=half)
    with pytest.raises(InvalidError, match="/traits/email: Input should be a valid string"):
        client.match({"email": half})
    assert [entry.status for entry in client.batch([half])] == [404]
    with pytest.raises(NotFoundError):
        client.profile(half)
    with pytest.raises(NotFoundError):
        client.evidence(ANNA, half)


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    asked: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(404)

    client = Client("http://api", "uk_any")
    client._http = httpx.Client(base_url="http://api", transport=httpx.MockTransport(note))
    with pytest.raises(UnifierError):
        client.profile("../steward/link?x=1#y")
    assert asked == ["/v1/profiles/..%2Fsteward%2Flink%3Fx%3D1%23y"]


def test_the_command_line_knows_every_scope() -> None:
    (commands,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    (actions,) = (a for a in commands.choices["keys"]._actions if isinstance(a, argparse._SubParsersAction))
    (scope,) = (a for a in actions.choices["add"]._actions if a.dest == "scope")
    assert tuple(scope.choices or ()) == get_args(Scope)
