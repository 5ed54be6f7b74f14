"""Tokens of an issuer in place of API keys: what is let in, and every way in which a token is none."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from time import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.unit.serving.api import ANNA, Api
from unifier.serving import tokens as module
from unifier.serving.keys import ApiKey, KeyRing
from unifier.serving.problems import Problem
from unifier.serving.tokens import AGAIN_S, KEYS_S, Tokens, tokens_of, tokens_or_keys
from unifier.settings import Settings, SettingsError

ISSUER, AUDIENCE = "https://login.example.org/", "unifier"
ONE, OTHER = generate_private_key(SECP256R1()), Ed25519PrivateKey.generate()
NO_KEYS = (
    "",
    "{",
    "[]",
    "{}",
    '{"keys": 5}',
    '{"keys": [5]}',
    '{"keys": []}',
    "[" * 200_000,
    "\N{PILE OF POO}",
)
SIGNS: dict[str, tuple[Any, str]] = {"one": (ONE, "ES256"), "other": (OTHER, "EdDSA")}


def jwk(kid: str) -> dict[str, Any]:
    key, algorithm = SIGNS[kid]
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**made, "kid": kid, "alg": algorithm}


def keys(path: Path, *kids: str) -> str:
    path.write_text(json.dumps({"keys": [jwk(kid) for kid in kids]}), encoding="utf-8")
    return str(path)


def token(kid: str = "one", /, **claims: Any) -> str:
    key, algorithm = SIGNS[kid]
    told = {"iss": ISSUER, "aud": AUDIENCE, "sub": "crm-sync", "exp": time() + 60, "scope": "profiles:read"}
    told |= claims
    return jwt.encode(
        {name: value for name, value in told.items() if value is not None}, key, algorithm, {"kid": kid}
    )


def settings(path: str) -> Settings:
    return Settings(secret="s", jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_keys=path)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(settings(keys(tmp_path / "keys.json", "one")))


async def test_a_token_of_the_issuer_names_the_caller_and_what_he_may(tokens: Tokens) -> None:
    scopes = "openid profiles:read steward:write everything"
    for scope in (scopes, scopes.split()):
        caller = await tokens.find(token(scope=scope))
        assert caller is not None
        assert (caller.name, caller.scopes) == ("jwt:crm-sync", ("profiles:read", "steward:write"))


async def test_without_a_scope_he_may_nothing(tokens: Tokens) -> None:
    caller = await tokens.find(token(scope=None))
    assert caller is not None
    assert not caller.scopes


async def test_an_address_is_not_written_into_the_audit_trail(tokens: Tokens) -> None:
    caller = await tokens.find(token(sub="anna@example.org"))
    assert caller is not None
    assert "anna" not in caller.name


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"exp": time() - 3_600}, id="over"),
        pytest.param({"exp": None}, id="without-an-end"),
        pytest.param({"nbf": time() + 3_600}, id="not-yet"),
        pytest.param({"iss": "https://elsewhere.example.org/"}, id="of-another-issuer"),
        pytest.param({"iss": None}, id="of-nobody"),
        pytest.param({"aud": "another-service"}, id="for-another"),
        pytest.param({"aud": None}, id="for-nobody"),
        pytest.param({"sub": None}, id="without-a-subject"),
        pytest.param({"sub": "half a character: \ud800"}, id="of-half-a-character"),
    ],
)
async def test_a_token_that_is_over_or_for_others_is_none(tokens: Tokens, claims: dict[str, Any]) -> None:
    assert await tokens.find(token(**claims)) is None


async def test_only_the_issuer_can_sign(tokens: Tokens) -> None:
    good = token()
    head, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    public = ONE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged = [
        jwt.encode(claims, "", "none", {"kid": "one"}),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[::-1]}",
        jwt.encode(claims, Ed25519PrivateKey.generate(), "EdDSA", {"kid": "one"}),
        jwt.encode(claims, public.hex(), "HS256", {"kid": "one"}),
        token("other"),
        "a.b.c",
        "..",
        f"{base64.urlsafe_b64encode(b'[' * 20_000).decode()}.{body}.{signature}",
    ]
    assert [await tokens.find(one) for one in forged] == [None] * len(forged)
    assert await tokens.find(good) is not None


async def test_a_new_key_is_found_when_a_token_names_it_and_an_old_one_ends(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "keys.json"
    tokens = Tokens(settings(keys(path, "one")), clock)
    assert await tokens.find(token())
    keys(path, "other")
    assert await tokens.find(token("other")) is None  # not asked again at once: anybody can name a key
    clock.now = AGAIN_S
    assert await tokens.find(token("other"))
    assert await tokens.find(token()) is None
    path.unlink()
    clock.now += KEYS_S
    assert await tokens.find(token("other"))  # what was read counts on


async def test_while_keys_are_read_anew_those_known_count_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, begun, end = Clock(), threading.Event(), threading.Event()
    tokens = Tokens(settings(keys(tmp_path / "keys.json", "one")), clock)
    assert await tokens.find(token())

    def slowly(_: str) -> list[jwt.PyJWK]:
        begun.set()
        end.wait(60)
        raise OSError

    monkeypatch.setattr(module, "read_keys", slowly)
    for now in (AGAIN_S, KEYS_S + AGAIN_S):  # for a key that somebody made up, and since it is time
        begun.clear()
        end.clear()
        clock.now = now
        waiting = asyncio.create_task(tokens.find(token("other")))
        try:
            assert await asyncio.to_thread(begun.wait, 60)
            assert await asyncio.wait_for(tokens.find(token()), 10)
        finally:
            end.set()
        assert await waiting is None


@pytest.mark.parametrize("content", [None, *NO_KEYS], ids=lambda content: str(content)[:9])
async def test_while_there_are_no_keys_nobody_is_told_that_his_token_is_bad(
    content: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "none.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(Problem) as told:
        await Tokens(settings(str(path))).find(token())
    assert told.value.status_code == 503


@pytest.fixture
def served() -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [jwk("one")]}).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_the_keys_may_come_from_the_issuer_itself(served: str) -> None:
    tokens = tokens_of(settings(served))
    assert tokens is not None
    found = await asyncio.gather(*(tokens.find(token()) for _ in range(20)))
    assert all(found)


class Ring(KeyRing):
    """One key, without a Redis."""

    def __init__(self) -> None:
        pass

    async def find(self, key: str) -> ApiKey | None:
        return ApiKey(name="shop", scopes=("profiles:read",), created="") if key == "uk_good" else None


async def test_the_gate_takes_a_key_or_a_token_and_a_token_no_further_than_its_scope(tokens: Tokens) -> None:
    api = Api({"profile_id": ANNA})
    api.app._find_key = tokens_or_keys(tokens, Ring())
    path = f"/v1/profiles/{ANNA}/timeline"
    for shown, status in (
        ("uk_good", 200),
        (token(), 200),
        (token(scope="steward:write"), 403),
        (token(exp=time() - 3_600), 401),
        ("uk_bad", 401),
    ):
        assert (await api.call("GET", path, shown)).status_code == status


def test_wrong_settings_are_told_in_one_line(tmp_path: Path) -> None:
    good = keys(tmp_path / "keys.json", "one")
    assert tokens_of(Settings()) is None
    assert tokens_of(settings(good)) is not None
    wrong = {
        "UNIFIER_JWT_AUDIENCE: not set": Settings(jwt_issuer=ISSUER, jwt_keys=good),
        "UNIFIER_JWT_KEYS: cannot read": settings(str(tmp_path / "none.json")),
        "https://": settings("http://login.example.org/keys"),
    }
    for words, told in wrong.items():
        with pytest.raises(SettingsError, match=words) as error:
            tokens_of(told)
        assert "\n" not in str(error.value)
    for content in NO_KEYS:
        (tmp_path / "odd.json").write_text(content, encoding="utf-8")
        with pytest.raises(SettingsError, match=r"odd.json is no JWK set \(.*\)$"):
            tokens_of(settings(str(tmp_path / "odd.json")))
