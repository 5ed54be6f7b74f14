"""`unifier api` as an operator starts it: a process on a loopback port, with a real Redis."""

import socket
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from tests.integration.service import api_process, new_key, running_api
from tests.waiting import eventually
from unifier.client import (
    Client,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
)
from unifier.devstack.redis import RedisServer

NOBODY, SOMEBODY = "p_" + "0" * 20, "p_" + "1" * 20


def test_it_answers_guards_and_ends_on_sigterm(redis_url: str) -> None:
    key = new_key(redis_url, "profiles:read")
    with running_api(redis_url, UNIFIER_API_BODY_BYTES="2048") as (url, _):
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
        assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}
        assert "/v1/profiles/batch" in httpx.get(f"{url}/openapi.json").json()["paths"]
        assert 'route="/readyz",status="200"' in httpx.get(f"{url}/metrics").text
        head = httpx.head(f"{url}/healthz")  # as load balancers ask
        assert (head.status_code, head.headers["content-length"], head.text) == (200, "15", "")
        assert httpx.head(f"{url}/v1/profiles/{NOBODY}").status_code == 401
        refused = httpx.get(f"{url}/v1/profiles/{NOBODY}")
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
        with Client(url, key) as client:
            with pytest.raises(NotFoundError):
                client.profile(NOBODY)
            with pytest.raises(NotFoundError):
                client.lookup(email="anna@example.org")
            with pytest.raises(NotFoundError):
                client.timeline(NOBODY)
            with pytest.raises(NotFoundError):
                client.evidence(NOBODY)
            with pytest.raises(InvalidError, match="Unknown identifier type"):
                client.lookup(mail="anna@example.org")
            with pytest.raises(ForbiddenError, match="steward:write"):
                client.link(NOBODY, SOMEBODY, reason="same card")
            assert [entry.status for entry in client.batch(ids=[NOBODY, "nonsense"])] == [404, 404]
            with pytest.raises(InvalidError, match="2048 bytes"):
                client.batch(ids=[NOBODY] * 100)
        with Client(url, "uk_guess") as client, pytest.raises(UnauthorizedError):
            client.profile(NOBODY)


TOLD_TO_END = """
import os, signal, sys, uvicorn
from unifier.cli import main

serve = uvicorn.Server.serve

async def told_to_end(self, sockets=None):
    os.kill(os.getpid(), signal.SIGTERM)
    await serve(self, sockets=sockets)

uvicorn.Server.serve = told_to_end
sys.exit(main(sys.argv[1:]))
"""


def test_it_ends_on_a_sigterm_that_comes_just_before_it_serves(redis_url: str) -> None:
    with api_process(redis_url, interpreter=("-c", TOLD_TO_END)) as process:
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_the_client_cuts_a_long_batch_into_parts(redis_url: str) -> None:
    key = new_key(redis_url, "profiles:read")
    with running_api(redis_url) as (url, _), Client(url, key) as client:
        entries = client.batch(identifiers=[{"email": f"nobody{n}@example.org"} for n in range(1_001)])
        assert [entry.status for entry in entries] == [404] * 1_001
        assert client.batch(ids=[]) == []


def test_other_rules_are_taken_up_while_it_serves(redis_url: str, tmp_path: Path) -> None:
    key, path = new_key(redis_url, "profiles:read"), tmp_path / "rules.toml"
    shipped = files("unifier").joinpath("rules.toml").read_text(encoding="utf-8")
    path.write_text(shipped)

    def known(client: Client) -> bool:
        try:
            client.lookup(kiosk_id="7")
        except InvalidError:
            return False
        except NotFoundError:
            return True
        raise AssertionError("nobody is stored")

    with running_api(redis_url, UNIFIER_RULES=str(path)) as (url, _), Client(url, key) as client:
        assert not known(client)
        path.write_text("version = 1")
        eventually(lambda: "unifier_rules_refused_total 1.0" in httpx.get(f"{url}/metrics").text)
        assert not known(client)
        path.write_text(f'{shipped}\n[identifiers.kiosk_id]\nstrength = "device"\n')
        eventually(lambda: known(client))


def test_beyond_its_rate_a_key_is_told_how_long_to_wait(redis_url: str) -> None:
    key = new_key(redis_url, "profiles:read")
    with running_api(redis_url, UNIFIER_API_RATE="0.05") as (url, _), Client(url, key) as client:
        client.batch(ids=[NOBODY])
        with pytest.raises(TooManyRequestsError) as refusal:
            client.batch(ids=[NOBODY])
        assert refusal.value.retry_after_s is not None
        assert 0 < refusal.value.retry_after_s <= 20


def test_a_command_without_a_broker_is_unavailable(redis_url: str) -> None:
    key = new_key(redis_url, "steward:write")
    with running_api(redis_url) as (url, _), Client(url, key, timeout_s=30) as client:
        with pytest.raises(UnavailableError, match="did not confirm") as refusal:
            client.separate(NOBODY, SOMEBODY, reason="two sisters")
        assert refusal.value.retry_after_s is not None


def test_without_redis_it_says_so_and_comes_back_with_it(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis", keep=True)
    server.start()
    try:
        key = new_key(server.url, "profiles:read")
        with running_api(server.url) as (url, _), Client(url, key, timeout_s=30) as client:
            with pytest.raises(NotFoundError):
                client.profile(NOBODY)
            server.kill()
            with pytest.raises(UnavailableError) as refusal:
                client.profile(NOBODY)
            assert refusal.value.retry_after_s is not None
            assert httpx.get(f"{url}/readyz").status_code == 503
            assert httpx.get(f"{url}/healthz").status_code == 200
            server.start()
            eventually(lambda: httpx.get(f"{url}/readyz").status_code == 200)
            with pytest.raises(NotFoundError):
                client.profile(NOBODY)
    finally:
        server.stop()


def test_what_the_operator_can_mend_is_one_line(redis_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        cases = {
            "choose another --host or --port": (1, api_process(redis_url, port=port)),
            "no Redis answers at 127.0.0.1:1": (1, api_process("redis://127.0.0.1:1/0")),
            "UNIFIER_SECRET": (2, api_process(redis_url, UNIFIER_SECRET="")),
        }
        for words, (code, process) in cases.items():
            _, text = process.communicate(timeout=60)
            assert (process.returncode, text.count("\n")) == (code, 1), text
            assert words in text


def test_a_service_that_is_not_there_is_unavailable() -> None:
    with Client("http://127.0.0.1:1", "uk_any") as client, pytest.raises(UnavailableError) as refusal:
        client.profile(NOBODY)
    assert refusal.value.status == 0
