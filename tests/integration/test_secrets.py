"""Personal data stay inside: they are in no log line, metric, error text, and no key of Redis or Kafka.

With a data key they are in nothing at all that Redis stores, and in no dead letter.
"""

import base64
import csv
import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import redis
from kafka import KafkaConsumer, TopicPartition

from tests.conftest import SettingsFactory
from tests.integration.sealed import ONE, stored
from tests.integration.service import new_key, running_api
from tests.integration.spine import (
    Publisher,
    Worker,
    ago,
    drained,
    environment,
    profiles,
    read,
    working,
)
from tests.waiting import eventually
from unifier.devstack.server import free_port
from unifier.settings import Settings
from unifier.streams.kafka_config import kafka_python_config
from unifier.streams.topics import OUTBOUND

SECRETS = (
    "greta.geheim@example.org", "Greta", "Geheimnisvoll", "+491701234567", "1701234567", "Verborgene Gasse",
    "1971-03-17", "LOYAL-4711", "ACCOUNT-4712", "COOKIE-4713", "PAR-4714", "RECORD-4715", "DEVICE-4716",
)  # fmt: skip
CUSTOMER = {
    "email": "greta.geheim@example.org",
    "phone": "+491701234567",
    "loyalty_id": "LOYAL-4711",
    "first_name": "Greta",
    "last_name": "Geheimnisvoll",
    "birth_date": "1971-03-17",
    "address": {"street": "Verborgene Gasse 3", "postal_code": "1010", "city": "Wien", "country": "AT"},
}
SCOPES = ("profiles:read", "steward:write", "privacy:write", "journey:read")
OFFICERS = ("export", "restrict", "release", "erase")
LOUD = (  # all that the log has to say
    "import logging, sys; from functools import partial; from unifier import logs, cli;"
    "logs.configure = partial(logs.configure, level=logging.DEBUG);"
    "sys.exit(cli.main(sys.argv[1:]))"
)


def shown(text: str) -> list[str]:
    """The secrets that a text shows."""
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


def publish(settings: Settings) -> None:
    """A customer by every input; four records that cannot be read, and one that names itself in its key."""
    say = Publisher(settings)
    cookie = {"anonymousId": "COOKIE-4713", "userId": "ACCOUNT-4712"}
    card = [{"kind": "card", "amount": "10.00", "payment_account": "PAR-4714"}]
    say.sale(ago(900), "10.00", CUSTOMER, tenders=card)
    say.online("Product Viewed", ago(800), context={"device": {"id": "DEVICE-4716"}}, **cookie)
    say.identify(ago(700), {"email": "greta.geheim@example.org"}, **cookie)
    crm = {
        "record_id": "RECORD-4715",
        "source": "crm",
        "occurred_at": ago(600),
        "traits": {"lastName": "Geheimnisvoll"},
    }
    say.send("crm", crm)
    for bad in (
        {**crm, "occurred_at": "Greta"},
        {**crm, "traits": {"birthday": ["1971-03-17"]}},
        "Geheimnisvoll",
    ):
        say.send("crm", json.dumps(bad).encode())
    say.send("pos", json.dumps(CUSTOMER).encode(), key="LOYAL-4711", headers=[("who", b"Greta")])
    say.flush()


def records(settings: Settings, *topics: str) -> Iterator[Any]:
    """Everything on these topics, by default on all outbound ones."""
    config = kafka_python_config(settings)
    with KafkaConsumer(
        **config, isolation_level="read_committed", auto_offset_reset="earliest", consumer_timeout_ms=1_000
    ) as consumer:
        names = [settings.topic(topic) for topic in topics or OUTBOUND]
        consumer.assign([TopicPartition(name, n) for name in names for n in range(settings.partitions)])
        yield from consumer


def without_data(value: bytes | None) -> str:
    """A message without what it is there to tell: a profile, a dead letter's record. Others are whole."""
    if value is None:
        return ""
    message = json.loads(value)
    told = {"unifier.profile.v1": message["data"], "unifier.dead-letter.v1": ("payload", "key", "headers")}
    kept = {k: v for k, v in message["data"].items() if k not in told.get(message["type"], ())}
    return json.dumps({**message, "data": kept})


@pytest.mark.parametrize("data_key", ["", ONE])
def test_personal_data_stay_inside_the_worker(settings: SettingsFactory, data_key: str) -> None:
    installation = settings(snapshot_s=0.1, data_key=data_key)
    port = free_port()
    worker = Worker(installation, "--http-port", str(port), interpreter=("-c", LOUD))
    try:
        publish(installation)
        drained(installation)
        eventually(lambda: len(read(installation, "profiles")) >= len(profiles(installation)))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            metrics = answer.read().decode()
        with redis.Redis.from_url(installation.redis) as client:
            keys = "\n".join(key.decode("latin-1") for key in client.scan_iter(count=1_000))
            content = stored(client).decode("latin-1")
        worker.stop()
    finally:
        worker.kill()
    told = list(records(installation))
    assert {one.topic for one in told} == {installation.topic(name) for name in OUTBOUND}
    letters = [
        json.loads(one.value)["data"] for one in told if b"unifier.dead-letter.v1" in (one.value or b"")
    ]
    assert len(letters) == 4
    outside = {
        "log": worker.log(),
        "metrics": metrics,
        "messages": "\n".join(without_data(one.value) for one in told),
        "Redis keys": keys,
        "Kafka keys": "\n".join(one.key.decode() for one in told),
        "Kafka headers": repr([one.headers for one in told]),
    }
    for place, text in outside.items():
        assert text
        assert not shown(text), place
    assert "greta.geheim@example.org" in json.dumps(list(profiles(installation).values())), "they are stored"
    kept = b"".join(
        base64.b64decode(part)
        for letter in letters
        for part in (letter["payload"], letter["key"] or "", *(h["value"] for h in letter["headers"]))
    ).decode("latin-1")
    assert bool(shown(content)) == bool(shown(kept)) == (not data_key)


def asked_wrongly(contract: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Every call there is, with secrets wherever there is room for something."""
    for path, methods in contract["paths"].items():
        for method, call in methods.items():
            query = {"Greta": "Geheimnisvoll"}
            for parameter in call.get("parameters", ()):
                if parameter["in"] == "path":
                    path = path.replace(f"{{{parameter['name']}}}", str(CUSTOMER["email"]))
                else:
                    query[parameter["name"]] = "Greta"
            body = {
                name: list(SECRETS) for name in ("Greta", "identifiers", "reason", "profiles", "decision")
            }
            yield method, f"{path}?{urlencode(query)}", body if "requestBody" in call else None


def test_personal_data_stay_inside_the_service(settings: SettingsFactory) -> None:
    installation = settings(snapshot_s=0.1)
    worker = Worker(installation)
    try:
        publish(installation)
        drained(installation)
        worker.stop()
    finally:
        worker.kill()
    key = {"Authorization": f"Bearer {new_key(installation.redis, *SCOPES)}"}
    email = CUSTOMER["email"]
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/v1/profiles/lookup", {"identifiers": {"email": "another." + str(email)}}),
        ("POST", "/v1/profiles/lookup", {"identifiers": {email: email}}),
        ("POST", "/v1/profiles/lookup", {"identifiers": {"email": [email]}, email: 1}),
        ("POST", "/v1/profiles/lookup", email),
        ("POST", "/v1/profiles/batch", {"ids": [email] * 501}),
        ("POST", "/v1/profiles/match", {"traits": {"email": email, "birthday": ["1971-03-17"]}}),
        ("POST", "/v1/steward/link", {"profiles": [email, "Greta"], "reason": ["Geheimnisvoll"]}),
        ("GET", f"/v1/profiles/{email}", None),
        ("GET", f"/v1/{email}?name=Greta", None),
    ]
    prefix = installation.topic_prefix
    served = running_api(installation.redis, interpreter=("-c", LOUD), UNIFIER_TOPIC_PREFIX=prefix)
    with served as (url, process):
        answers = [httpx.request(method, url + path, json=body, headers=key) for method, path, body in asked]
        assert all(400 <= answer.status_code < 500 for answer in answers), [a.status_code for a in answers]
        contract = httpx.get(f"{url}/openapi.json").json()
        answers += [
            httpx.request(method, url + path, json=body, headers=key)
            for method, path, body in asked_wrongly(contract)
        ]
        right = httpx.post(f"{url}/v1/profiles/lookup", json={"identifiers": {"email": email}}, headers=key)
        assert right.json()["traits"]["first_name"] == "Greta"
        outside = {
            "answers": "\n".join(f"{answer.text} {answer.headers}" for answer in answers),
            "headers": repr(right.headers),
            "metrics": httpx.get(f"{url}/metrics").text,
        }
        process.terminate()
        assert process.stderr is not None
        outside["log"] = process.stderr.read()
    for place, text in outside.items():
        assert not shown(text), place


def test_what_officers_do_leaves_no_personal_data(settings: SettingsFactory) -> None:
    """Only the export itself tells; neither the requests, nor the audit trail, nor the topic."""
    installation = settings(snapshot_s=0.1)
    publish(installation)
    kafka = {"UNIFIER_KAFKA": installation.kafka, "UNIFIER_TOPIC_PREFIX": installation.topic_prefix}
    key = {"Authorization": f"Bearer {new_key(installation.redis, *SCOPES)}"}
    answers, email = [], CUSTOMER["email"]
    with (
        working(installation),
        running_api(installation.redis, **kafka) as (url, _),
        httpx.Client(base_url=url, headers=key) as api,
    ):
        drained(installation)
        found = api.post("/v1/profiles/lookup", json={"identifiers": {"email": email}}).json()
        answers.append(api.get(f"/v1/profiles/{found['profile_id']}/next-action"))
        of_crm = {"crm_id": "crm:RECORD-4715"}
        for what, who in [*((what, {"email": email}) for what in OFFICERS), ("erase", of_crm)]:
            asked = api.post(f"/v1/privacy/{what}", json={"identifiers": who, "reason": "file 7"})
            state = partial(api.get, f"/v1/privacy/requests/{asked.json()['request_id']}")
            eventually(lambda state=state: state().json()["state"] in ("done", "erased"))  # type: ignore[misc]
            answers += [asked] if what == "export" else [asked, state()]
        assert all(answer.is_success for answer in answers)
    with redis.Redis.from_url(installation.redis) as store:
        kept = stored(store).decode("latin-1")  # all that is left when she was erased
    told = list(records(installation, "control"))
    assert len(told) == 4
    outside = {
        "answers": "\n".join(f"{answer.text} {answer.headers}" for answer in answers),
        "Redis": kept,
        "control": repr([(one.key, one.value, one.headers) for one in told]),
    }
    for place, text in outside.items():
        assert not shown(text), place


def test_personal_data_stay_out_of_what_commands_say(settings: SettingsFactory, tmp_path: Path) -> None:
    installation = settings()
    publish(installation)
    good, bad, spec = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "spec.toml"
    columns = {"id": "RECORD-4715", "last": "Geheimnisvoll", "first": "Greta", "born": "1971-03-17"}
    with good.open("w") as written:
        writer = csv.writer(written)
        writer.writerow(columns)
        writer.writerows([[f"RECORD-4715-{n}", *list(columns.values())[1:]] for n in range(20)])
    bad.write_bytes(good.read_bytes() + b'RECORD-4715,"Geheimnisvoll\xff\n')
    spec.write_text('id = "id"\n[columns]\nlast = "last_name"\nfirst = "first_name"\nborn = "birth_date"\n')
    unifier = unifier_command(environment(installation))
    for file in (good, bad):
        for words in (
            ["link", str(file), "--spec", str(spec), "--out", str(tmp_path / "out.csv")],
            ["train", str(file), "--spec", str(spec), "--out", str(tmp_path / "model.json")],
            ["import", str(file), "--spec", str(spec)],
            ["explain", "RECORD-4715-1", "another", "--in", str(file), "--spec", str(spec)],
        ):
            assert not shown(unifier(words).stderr), words[0]
    for words in (
        ["doctor"],
        ["explain", "greta.geheim@example.org"],
        ["replay", "--dead-letters"],
        ["erase", "--identifier", "greta.geheim@example.org"],
        ["erase", "--identifier", "Greta=Geheimnisvoll"],
        ["export", "--identifier", "phone=greta.geheim@example.org"],
        ["export", "--identifier", "email=greta.geheim@example.org"],  # nobody has taken her in yet
        ["verify-erased", "--identifier", "email=Geheimnisvoll"],
        ["verify-erased", "--identifier", "loyalty_id=LOYAL-4711"],  # it is on the input topic
        ["keys", "add", "greta.geheim@example.org", "--scope", "profiles:read"],
    ):
        done = unifier(words)
        assert done.stdout + done.stderr or words[0] == "replay"
        assert not shown(done.stdout + done.stderr), words


def unifier_command(env: Mapping[str, str]) -> Callable[[list[str]], "subprocess.CompletedProcess[str]"]:
    def run(words: list[str]) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", LOUD, *words]
        return subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)

    return run
