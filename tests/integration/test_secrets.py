"""Personal data stay inside: they are in no log line, metric, error text, and no key of Redis or Kafka."""

import json
import urllib.request

import pytest
import redis

from tests.conftest import SettingsFactory
from tests.integration.spine import Publisher, Worker, ago, drained, profiles, read
from tests.waiting import eventually
from unifier.devstack.server import free_port

SECRETS = (
    "greta.geheim@example.org", "Greta", "Geheimnisvoll", "+491701234567", "1701234567", "Verborgene Gasse",
    "1971-03-17", "LOYAL-4711", "ACCOUNT-4712", "COOKIE-4713", "PAR-4714", "RECORD-4715",
)  # fmt: skip


@pytest.fixture
def customer() -> dict[str, object]:
    return {
        "email": "greta.geheim@example.org",
        "phone": "+491701234567",
        "loyalty_id": "LOYAL-4711",
        "first_name": "Greta",
        "last_name": "Geheimnisvoll",
        "birth_date": "1971-03-17",
        "address": {"street": "Verborgene Gasse 3", "postal_code": "1010", "city": "Wien", "country": "AT"},
    }


def test_personal_data_stay_inside(settings: SettingsFactory, customer: dict[str, object]) -> None:
    installation = settings(snapshot_s=0.1)
    port = free_port()
    worker = Worker(installation, "--http-port", str(port))
    try:
        publish = Publisher(installation)
        publish.sale(
            ago(900),
            "10.00",
            customer,
            tenders=[{"kind": "card", "amount": "10.00", "payment_account": "PAR-4714"}],
        )
        publish.online("Product Viewed", ago(800), anonymousId="COOKIE-4713", userId="ACCOUNT-4712")
        publish.identify(
            ago(700), {"email": "greta.geheim@example.org"}, userId="ACCOUNT-4712", anonymousId="COOKIE-4713"
        )
        crm = {
            "record_id": "RECORD-4715",
            "source": "crm",
            "occurred_at": ago(600),
            "traits": {"lastName": "Geheimnisvoll"},
        }
        publish.send("crm", crm)
        for bad in (
            {**crm, "occurred_at": "Greta"},
            {**crm, "traits": {"birthday": ["1971-03-17"]}},
            "Geheimnisvoll",
        ):
            publish.send("crm", json.dumps(bad).encode())
        publish.send("pos", json.dumps(customer).encode())
        publish.flush()
        drained(installation)
        eventually(lambda: len(read(installation, "profiles")) >= len(profiles(installation)))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            metrics = answer.read().decode()
        worker.stop()
    finally:
        worker.kill()
    letters = [message for _, message in read(installation, "dead-letters") if message]
    assert len(letters) == 4
    with redis.Redis.from_url(installation.redis) as client:
        redis_keys = [key.decode("latin-1") for key in client.scan_iter(count=1_000)]
    outside = {
        "log": worker.log(),
        "metrics": metrics,
        "errors": json.dumps(
            [{k: v for k, v in m["data"].items() if k not in ("payload", "key")} for m in letters]
        ),
        "attributes": json.dumps(
            [
                {k: v for k, v in m.items() if k != "data"}
                for t in ("journey", "identity", "profiles")
                for _, m in read(installation, t)
                if m
            ]
        ),
        "Redis keys": "\n".join(redis_keys),
        "Kafka keys": "\n".join(
            key
            for t in ("journey", "identity", "profiles", "dead-letters")
            for key, _ in read(installation, t)
        ),
    }
    assert "greta.geheim@example.org" in json.dumps(list(profiles(installation).values())), "they are stored"
    for place, text in outside.items():
        assert text
        assert not [secret for secret in SECRETS if secret.lower() in text.lower()], place
