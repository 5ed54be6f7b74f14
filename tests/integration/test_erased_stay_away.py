"""Whoever was erased stays away: when dead letters are put back, and when all is read again."""

import json
from collections import Counter
from typing import Any

import pytest
from redis import Redis

from tests.conftest import SettingsFactory
from tests.integration.sealed import ONE, stored
from tests.integration.spine import (
    Publisher,
    ago,
    drained,
    inherit,
    profiles,
    read,
    read_all_again,
    working,
)
from tests.waiting import eventually
from unifier.cli import main
from unifier.profiles.store import seal_of
from unifier.settings import Settings
from unifier.streams.dead_letters import kept_in

ANNA = {"email": "anna@example.org", "loyalty_id": "L1", "first_name": "Anna"}
BOB = {"email": "bob@example.org", "loyalty_id": "L2", "first_name": "Bob"}
IDENTIFIER = ["--identifier", "email=anna@example.org"]


def keeping(settings: Settings, name: str) -> int:
    """The newest dead letters whose records, once opened, tell a name."""
    newest: dict[str, Any] = dict(read(settings, "dead-letters"))
    kept = [kept_in(json.dumps(one).encode(), seal_of(settings)) for one in newest.values() if one]
    return sum(name.encode() in one.value for one in kept if one is not None)


def test_by_replay_and_by_reading_all_again_nobody_comes_back(
    settings: SettingsFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    installation = settings(snapshot_s=0.1, data_key=ONE)
    inherit(monkeypatch, installation)
    say = Publisher(installation)
    for who, cookie in ((ANNA, "c1"), (BOB, "c2")):
        say.sale(ago(60), "12.50", who)
        say.identify(ago(50), {"email": who["email"]}, anonymousId=cookie)
        say.identify("soon", {"email": who["email"], "firstName": who["first_name"]}, anonymousId=cookie)
    say.flush()
    with Redis.from_url(installation.redis) as client:
        with working(installation):
            drained(installation)
            assert (keeping(installation, "Anna"), keeping(installation, "Bob")) == (1, 1)
            both = profiles(installation)
            assert main(["erase", *IDENTIFIER, "--reason", "file 7"]) == 0
            left = profiles(installation)
            assert len(left) == len(both) - 1
            assert "anna" not in json.dumps(left)
            eventually(lambda: not keeping(installation, "Anna"))
            capsys.readouterr()
            assert main(["replay", "--dead-letters"]) == 0
            assert capsys.readouterr().out == "bad_time\t1\n", "of Bob; hers has no record any more"
            drained(installation)
            assert profiles(installation) == left
        read_all_again(installation)
        with working(installation):
            drained(installation)
            assert profiles(installation) == left
            eventually(lambda: not keeping(installation, "Anna"))
            assert main(["verify-erased", *IDENTIFIER]) == 0
        assert b"bob@example.org" not in stored(client)
    told = Counter(m["type"] for _, m in read(installation, "identity") if m)
    assert (told["unifier.identity.created.v1"], told["unifier.identity.erased.v1"]) == (2, 1)
