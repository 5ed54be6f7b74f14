"""The whole way, on a real broker and Redis with real workers: events in, profiles and transitions out."""

import asyncio
from collections import Counter
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.conftest import SettingsFactory
from tests.integration.spine import NOW_MS, Publisher, ago, profiles, read, settled, told, working
from tests.waiting import eventually
from unifier.devstack.simulate import simulate
from unifier.devstack.simulate.publish import publish as publish_simulated
from unifier.events.schemas import json_schemas
from unifier.settings import Settings
from unifier.streams.topics import INBOUND


@pytest.fixture
def installation(settings: SettingsFactory) -> Settings:
    return settings(snapshot_s=0.1)


def transitions(settings: Settings, profile_id: str, model: str = "six-phase") -> list[tuple[str, str]]:
    told = [message["data"] for key, message in read(settings, "journey") if message and key == profile_id]
    return [(data["from"], data["to"]) for data in told if data["model"] == model]


def identity(settings: Settings) -> list[dict[str, Any]]:
    return [message for _, message in read(settings, "identity") if message is not None]


def test_an_anonymous_browser_is_recognised_at_the_till(installation: Settings) -> None:
    with working(installation):
        publish = Publisher(installation)
        for second, name in enumerate(("Page", "Product Viewed", "Product Added")):
            publish.online(name, ago(600 - second), anonymousId="c1")
        publish.flush()
        settled(installation)
        [anonymous] = profiles(installation).values()
        assert (anonymous["kind"], anonymous["phase"]["current"]) == ("anonymous", "preference")
        publish.identify(ago(500), {"email": "anna.huber@example.org"}, anonymousId="c1")
        publish.sale(ago(60), "49.90", {"email": "Anna.Huber@example.org", "loyalty_id": "L1"})
        publish.flush()
        settled(installation)
    [profile] = profiles(installation).values()
    assert profile["profile_id"] == anonymous["profile_id"]
    assert profile["kind"] == "known"
    assert profile["identifiers"]["loyalty_id"] == ["L1"]
    assert profile["metrics"]["revenue"] == {"EUR": "49.90"}
    assert transitions(installation, profile["profile_id"]) == [
        ("none", "awareness"),
        ("awareness", "consideration"),
        ("consideration", "preference"),
        ("preference", "purchase"),
    ]
    assert told(installation) == {profile["profile_id"]: profile}


def test_a_record_that_cannot_be_read_is_put_aside_and_the_rest_goes_on(installation: Settings) -> None:
    publish = Publisher(installation)
    for n in range(40):
        publish.sale(ago(60), "1.00", {"loyalty_id": "L1"})
        if n == 20:
            publish.send("pos", b'{"store_id": "17", "total": "secret@example.org"', "17-3")
    publish.flush()
    with working(installation):
        settled(installation)
    [profile] = profiles(installation).values()
    assert profile["metrics"]["orders"] == 40
    [(_, letter)] = read(installation, "dead-letters")
    assert letter is not None
    assert letter["data"]["reason"] == "not_json"
    assert letter["data"]["source"]["topic"] == installation.topic("pos")
    assert letter["data"]["source"]["offset"] == 21
    assert "secret" not in letter["data"]["error"]


def test_what_a_publisher_repeats_counts_once(installation: Settings) -> None:
    publish = Publisher(installation)
    with working(installation):
        for _ in range(3):
            publish.online("Product Viewed", ago(60), anonymousId="c1", messageId="same")
            publish.flush()
            settled(installation)
        sale = publish.sale(ago(50), "10.00", {"loyalty_id": "L1"})
        publish.send("pos", sale, "17-3")
        publish.flush()
        settled(installation)
    metrics = {p["kind"]: p["metrics"] for p in profiles(installation).values()}
    assert metrics["anonymous"]["touches"] == 1
    assert (metrics["known"]["orders"], metrics["known"]["revenue"]) == (1, {"EUR": "10.00"})


def test_a_return_without_a_card_finds_its_customer_by_the_receipt(installation: Settings) -> None:
    publish = Publisher(installation)
    with working(installation):
        sale = publish.sale(ago(900), "30.00", {"loyalty_id": "L1"})
        receipt = {k: sale[k] for k in ("store_id", "workstation_id", "business_day", "sequence_number")}
        publish.sale(ago(60), "30.00", {}, kind="return", refers_to=receipt)
        publish.flush()
        settled(installation)
    [profile] = profiles(installation).values()
    assert profile["metrics"] | {"orders": 0, "returns": 1, "revenue": {"EUR": "0.00"}} == profile["metrics"]


def test_a_receipt_sent_later_names_the_customer_of_a_sale_for_cash(installation: Settings) -> None:
    publish = Publisher(installation)
    with working(installation):
        sale = publish.sale(ago(900), "30.00", {})
        publish.flush()
        settled(installation)
        publish.send("pos", {**sale, "customer": {"email": "anna@example.org"}}, "17-3")
        publish.flush()
        settled(installation)
    [profile] = profiles(installation).values()
    assert (profile["kind"], profile["metrics"]["orders"]) == ("known", 1)


def test_a_household_on_one_mailbox_stays_two_people(installation: Settings) -> None:
    home = {"street": "Lindenweg 4", "postal_code": "80331", "city": "München", "country": "DE"}
    publish = Publisher(installation)
    for n, first in enumerate(("Sabine", "Thomas", "Sabine", "Thomas")):
        customer = {
            "first_name": first,
            "last_name": "Krämer",
            "email": "kraemer@example.org",
            "address": home,
        }
        publish.sale(ago(900 - n), "5.00", customer)
    publish.flush()
    with working(installation):
        settled(installation)
    told = profiles(installation).values()
    assert Counter(p["traits"]["first_name"] for p in told) == {"Sabine": 1, "Thomas": 1}
    assert [p["metrics"]["orders"] for p in told] == [2, 2]


def test_a_steward_takes_a_merge_back_and_it_stays_back(installation: Settings) -> None:
    publish = Publisher(installation)
    with working(installation):
        publish.sale(ago(900), "10.00", {"loyalty_id": "L1"})
        publish.sale(ago(800), "20.00", {"email": "b@example.org"})
        publish.flush()
        settled(installation)
        before = profiles(installation)
        publish.sale(ago(700), "1.00", {"loyalty_id": "L1", "email": "b@example.org"})
        publish.flush()
        settled(installation)
        [merged] = profiles(installation).values()
        assert merged["metrics"]["revenue"] == {"EUR": "31.00"}
        command = {"command": "separate", "command_id": "s1", "by": "steward", "reason": "two people"}
        publish.send("control", {**command, "profiles": sorted(before)}, "s1")
        publish.sale(ago(600), "1.00", {"loyalty_id": "L1", "email": "b@example.org"})
        publish.flush()
        settled(installation)
        after = profiles(installation)
    assert after.keys() >= before.keys()
    assert sum(p["metrics"]["orders"] for p in after.values()) == 4
    kinds = [message["type"].split(".")[2] for message in identity(installation)]
    assert kinds.count("merged") == 1
    assert kinds.count("split") == 1
    assert [value for key, value in read(installation, "profiles") if value is None], (
        "the merged id got its tombstone"
    )


def test_a_timer_fires_when_nobody_sends_anything(installation: Settings) -> None:
    publish = Publisher(installation)
    with working(installation):
        publish.sale(ago(3600 - 3), "10.00", {"loyalty_id": "L1"})
        publish.flush()
        settled(installation)
        [(pid, _)] = profiles(installation).items()
        assert transitions(installation, pid) == [("none", "purchase")]
        eventually(
            lambda: transitions(installation, pid) == [("none", "purchase"), ("purchase", "after_sale")]
        )
        [*_, last] = [m for _, m in read(installation, "journey") if m and m["data"]["model"] == "six-phase"]
        assert last["data"]["cause"] == {"timer": "fulfilled"}


def test_every_message_on_every_topic_fits_its_contract(installation: Settings) -> None:
    publish = Publisher(installation)
    with working(installation):
        asyncio.run(publish_simulated(list(simulate(people=60, days=3, seed=3, end_ms=NOW_MS)), installation))
        publish.sale(ago(900), "10.00", {"loyalty_id": "L1"})
        publish.sale(ago(800), "20.00", {"email": "b@example.org"})
        publish.flush()
        settled(installation)
        publish.sale(ago(700), "1.00", {"loyalty_id": "L1", "email": "b@example.org"})
        publish.flush()
        settled(installation)
        merges = [m["data"] for m in identity(installation) if m["type"].endswith("merged.v1")]
        ours = {
            pid for pid, p in profiles(installation).items() if "L1" in p["identifiers"].get("loyalty_id", ())
        }
        pair = next([merge["survivor"], merge["merged"][0]] for merge in merges if merge["survivor"] in ours)
        word = {
            "command": "separate",
            "command_id": "s1",
            "by": "steward",
            "reason": "a trial",
            "profiles": pair,
        }
        publish.send("control", word, "s1")
        publish.send("online", b"{}")
        publish.flush()
        settled(installation)
    seen = Counter[str]()
    for topic in ("online", "pos", "crm", "control", "journey", "identity", "profiles", "dead-letters"):
        for key, message in read(installation, topic):
            if message:
                contract = message.get("type", "") if topic not in INBOUND else topic
                assert not list(validator(contract).iter_errors(message)), (topic, message)
                assert topic in INBOUND or message["subject"] == key
                seen[contract] += 1
    assert seen.keys() >= {"online", "pos", "crm", "control"}
    said = {name.removeprefix("unifier.").removesuffix(".v1") for name in seen if name.startswith("unifier.")}
    assert said >= {
        "journey.transition",
        "identity.created",
        "identity.merged",
        "identity.split",
        "profile",
        "dead-letter",
    }


@cache
def validator(contract: str) -> Draft202012Validator:
    return Draft202012Validator(json_schemas()[contract])
