"""Dead letters that were mended go back, each once, and what is refused again can be mended again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.conftest import SettingsFactory
from tests.integration.spine import Publisher, ago, drained, environment, inherit, profiles, read, working
from unifier.cli import main
from unifier.events.canonical import Event
from unifier.events.decode import Decoder
from unifier.profiles.ids import Keys, profile_id
from unifier.profiles.store import seal_of
from unifier.rules import default_rules
from unifier.settings import Settings
from unifier.streams.dead_letters import Kept, kept_in
from unifier.streams.intake import Intake
from unifier.streams.replay import TOGETHER, Outcome, put_back

FIRST = Counter(bad_time=3, not_json=1, too_large=1)
KEY = bytes(range(32)).hex()


def replay(settings: Settings, since_ms: int | None = None, reason: str | None = None) -> Outcome:
    return asyncio.run(put_back(settings, seal_of(settings), since_ms, reason))


def letters(settings: Settings) -> list[Kept]:
    found = [message for _, message in read(settings, "dead-letters") if message]
    kept = [kept_in(json.dumps(message).encode(), seal_of(settings)) for message in found]
    return [one for one in kept if one is not None]


@pytest.mark.parametrize("data_key", ["", KEY])
def test_a_letter_goes_back_once_and_is_a_letter_again_if_it_was_not_mended(
    settings: SettingsFactory, data_key: str
) -> None:
    installation = settings(data_key=data_key)
    say = Publisher(installation)
    for number in range(3):
        say.online("Product Viewed", "soon", anonymousId=f"c{number}", key=f"c{number}")
    say.online("Product Viewed", ago(60), anonymousId="good")
    say.send("pos", b"not json", key="till", headers=[("h", b"v")])
    say.send("crm", b"x" * 300_000)
    say.flush()
    with working(installation):
        drained(installation)
    assert Counter(one.reason for one in letters(installation)) == FIRST

    assert replay(installation, reason="wrong_type") == (Counter(), Counter())
    assert replay(installation, since_ms=int(time.time() * 1000) + 60_000) == (Counter(), Counter())
    assert replay(installation, reason="not_json") == (Counter(not_json=1), Counter())
    assert replay(installation) == (Counter(bad_time=3), Counter(too_large=1))
    assert replay(installation) == (Counter(), Counter(too_large=1)), "each once"
    with working(installation):
        drained(installation)
    assert Counter(one.reason for one in letters(installation)) == FIRST + Counter(bad_time=3, not_json=1)
    of_till = [one for one in letters(installation) if one.reason == "not_json"]
    first, again = sorted(of_till, key=lambda one: len(one.headers))
    assert (again.value, again.key, again.partition) == (b"not json", b"till", first.partition)
    assert dict(again.headers) == {"h": b"v", "unifier-origin": first.position.encode()}
    assert replay(installation) == (Counter(bad_time=3, not_json=1), Counter(too_large=1)), "of those again"
    assert len(profiles(installation)) == 1


def test_a_steward_who_spoke_too_early_is_heard(
    settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installation = settings()
    inherit(monkeypatch, installation)
    rules = default_rules()
    decoder, keys = Decoder(rules, installation.timezone), Keys(installation.secret)
    events = [{"record_id": f"r{n}", "source": "crm", "occurred_at": ago(60)} for n in range(2)]
    read_events = [decoder.decode("crm", json.dumps(one).encode(), (), "", -1) for one in events]
    intake = Intake(decoder, keys, rules, installation.country)
    ids = [profile_id(intake.named(one).fid) for one in read_events if isinstance(one, Event)]
    say = Publisher(installation)
    say.send("control", {"command": "link", "command_id": "c1", "by": "s", "reason": "one", "profiles": ids})
    say.flush()
    with working(installation):
        drained(installation)
        for event in events:
            say.send("crm", event)
        say.flush()
        drained(installation)
        assert sorted(profiles(installation)) == sorted(ids)
        assert main(["replay", "--dead-letters", "--reason", "unknown_profile"]) == 0
        told = capsys.readouterr()
        assert (told.out, told.err) == ("unknown_profile\t1\n", "1 put back\n")
        drained(installation)
        assert len(profiles(installation)) == 1
        assert main(["replay", "--dead-letters"]) == 0
        assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("dies", "left"), [("before", 20), ("after", 0)])
def test_a_call_that_is_killed_half_way_is_taken_up_where_it_ended(
    settings: SettingsFactory, dies: str, left: int
) -> None:
    """Before, or after, the broker has the end of its second transaction."""
    installation = settings(partitions=1)
    say = Publisher(installation)
    for number in range(TOGETHER + 20):
        say.send("pos", f"no json {number}".encode())
    say.flush()
    with working(installation):
        drained(installation)
    command = [sys.executable, "-c", KILLED, dies, "replay", "--dead-letters"]
    killed = subprocess.run(command, env={**os.environ, **environment(installation)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert replay(installation) == (Counter(not_json=left), Counter())
    with working(installation):
        drained(installation)
    again = [one.value for one in letters(installation) if dict(one.headers).get("unifier-origin")]
    assert sorted(again) == sorted(f"no json {number}".encode() for number in range(TOGETHER + 20))


KILLED = """
import os, signal, sys
from aiokafka import AIOKafkaProducer
from unifier.cli import main

commit, transactions = AIOKafkaProducer.commit_transaction, []

async def mortal(producer):
    transactions.append(producer)
    if len(transactions) < 2:
        return await commit(producer)
    if sys.argv[1] == "after":
        await commit(producer)
    os.kill(os.getpid(), signal.SIGKILL)

AIOKafkaProducer.commit_transaction = mortal
main(sys.argv[2:])
"""
