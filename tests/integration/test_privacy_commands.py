"""`unifier erase` and `unifier export` against a worker, a broker and a Redis."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.headers import Unreadable
from tests.integration.spine import Publisher, ago, drained, environment, inherit, profiles, read, working
from tests.waiting import eventually
from unifier.cli import main
from unifier.profiles.store.layout import PEOPLE
from unifier.rules import default_rules
from unifier.serving import publisher
from unifier.settings import Settings

ANNA = {"email": "anna@example.org", "loyalty_id": "L1", "first_name": "Anna"}


def unifier(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "unifier", *words],
        env={**os.environ, **environment(settings)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_person_is_exported_and_erased_and_readers_are_told(settings: Callable[..., Settings]) -> None:
    one = settings()
    identifier = ("--identifier", "email=anna@example.org")
    with working(one):
        publisher = Publisher(one)
        publisher.sale(ago(60), "12.50", ANNA)
        publisher.sale(ago(50), "7.00", {"loyalty_id": "L2"})
        publisher.flush()
        drained(one)
        eventually(lambda: len(read(one, "profiles")) == 2)
        exported = unifier(one, "export", *identifier)
        assert exported.returncode == 0, exported.stderr
        export: dict[str, Any] = json.loads(exported.stdout)["export"]
        [profile] = export["profiles"]
        unerased = unifier(one, "verify-erased", *identifier)
        assert unerased.returncode == 1
        assert "fragments" in {left["where"] for left in json.loads(unerased.stdout)["left"]}
        assert profile["traits"] == {"first_name": "Anna"}
        erased = unifier(one, "erase", *identifier, "--reason", "file 7")
        assert erased.returncode == 0, erased.stderr
        request = json.loads(erased.stdout)
        assert request["state"] == "done"
        pid = profile["profile_id"]
        assert pid not in profiles(one)
        eventually(lambda: dict(read(one, "profiles"))[pid] is None)
        told = [m["type"] for key, m in read(one, "identity") if key == pid and m is not None]
        assert told == ["unifier.identity.created.v1", "unifier.identity.erased.v1"]
        verified = unifier(one, "verify-erased", *identifier, "--request", request["request_id"])
        assert verified.returncode == 0, verified.stdout
        finding = json.loads(verified.stdout)
        assert {one.topic("pos")} <= {waiting["where"] for waiting in finding["waiting"]}
        assert finding["others"] == []
        again = unifier(one, "export", *identifier)
        assert (again.returncode, json.loads(again.stdout)["export"]) == (1, None)
    control = json.dumps(read(one, "control"))
    assert "file 7" in control
    assert "anna" not in control


def test_the_verifier_reads_on_after_a_header_whose_name_is_no_text(
    settings: Callable[..., Settings],
) -> None:
    one = settings(partitions=1)
    publisher = Publisher(one)
    publisher.send("pos", {"kind": "no_sale"}, headers=[(Unreadable("name"), b"value")])
    publisher.send("pos", {"customer": {"email": "anna@example.org"}})
    publisher.flush()
    verified = unifier(one, "verify-erased", "--identifier", "email=anna@example.org")
    assert verified.returncode == 0, verified.stderr
    assert [waiting["where"] for waiting in json.loads(verified.stdout)["waiting"]] == [one.topic("pos")]


def test_an_export_is_by_the_model_and_the_forecast_in_force(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    """As the service gives it: made fit for the people known, with the forecast that the settings name."""
    one = settings()
    with working(one):
        publisher = Publisher(one)
        publisher.sale(ago(60), "12.50", ANNA)
        publisher.sale(ago(50), "7.00", {"loyalty_id": "L1", "email": "a.berg@example.org"})
        publisher.flush()
        drained(one)
    with redis.Redis.from_url(one.redis) as client:
        client.hset(PEOPLE.decode(), mapping={"known": 1 << 20, "model": 1 << 20})
    done = unifier(one, "export", "--identifier", "loyalty_id=L1")
    assert done.returncode == 0, done.stderr
    [profile] = json.loads(done.stdout)["export"]["profiles"]
    prior = default_rules().for_people(1 << 20).matching.model.prior_bits
    assert [link["waterfall"]["lines"][0]["bits"] for link in profile["evidence"]["links"]] == [prior]
    wrong = one.model_copy(update={"forecast": str(tmp_path)})
    assert "UNIFIER_FORECAST" in unifier(wrong, "export", "--identifier", "loyalty_id=L1").stderr


def test_who_waits_is_told_of_which_request(settings: Callable[..., Settings]) -> None:
    done = unifier(settings(), "erase", "--identifier", "email=anna@example.org", "--wait", "0")
    request = json.loads(done.stdout)
    assert (done.returncode, request["state"]) == (1, "accepted")
    waiting = f"request {request['request_id']} is with the workers; Ctrl-C ends the waiting alone\n"
    assert done.stderr == waiting


def test_an_erasure_that_no_broker_takes_names_the_address_and_the_mend(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    one = settings()
    monkeypatch.setattr(publisher, "TIMEOUT_S", 2.0)
    for change, words in (
        ({"kafka": "127.0.0.1:1"}, "no broker answers at 127.0.0.1:1: start it, or mend UNIFIER_KAFKA"),
        (
            {"topic_prefix": "nothing"},
            f"the broker at {one.kafka} does not confirm: ask `unifier doctor` why",
        ),
    ):
        inherit(monkeypatch, one.model_copy(update=change))
        assert main(["erase", "--identifier", "email=anna@example.org"]) == 1
        told = capfd.readouterr()
        assert (told.out, told.err) == ("", f"unifier: {words}; then give the request again\n")


def test_wrong_use_is_one_line_that_names_the_mend(settings: Callable[..., Settings]) -> None:
    one = settings()
    for words, hint in [
        (["erase", "--identifier", "anna"], "TYPE=VALUE"),
        (["erase", "--identifier", "shoe=44"], "the rules name account_id"),
        (["erase", "--identifier", "email=n/a"], "give a complete one"),
        (["verify-erased"], "give --identifier or --request"),
        (["verify-erased", "--request", ""], "give --identifier or --request"),
        (
            ["export", "--identifier", "email=a@example.org", "--reason", "A@example.org"],
            "leave the identifiers",
        ),
    ]:
        done = unifier(one, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(("unifier: --", "unifier: verify-erased: "))
        assert hint in done.stderr
        assert done.stderr.count("\n") == 1
