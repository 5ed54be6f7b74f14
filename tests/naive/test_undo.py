"""Invariants 4, reversible, and 5, rules hold: a steward's word is done, undone, or refused with a reason."""

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import ormsgpack
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.naive.agreement import agree
from tests.naive.histories import NOW, History, Ordered, Said, history
from tests.naive.product import Core, Delivery, expected, intake_of
from tests.naive.workers import phases_told
from unifier.events.canonical import Command
from unifier.profiles.component import Component
from unifier.profiles.fold import Work
from unifier.profiles.ids import fragment_of
from unifier.profiles.privacy import Restriction
from unifier.streams.effects import COUNTS

HISTORIES = st.builds(history, st.integers(0, 2**32), st.integers(2, 30))
OLD = 1  # a time before all events


class Desk:
    """A steward, and a history that has come in."""

    def __init__(self, told: History) -> None:
        self.core = Core()
        self.delivery = Delivery(told, list(told.messages), intake_of(self.core.rules))
        self.words: list[Ordered] = []
        self.now = NOW
        for message in told.messages:
            self.now += 1
            self.core.take([message], self.delivery, self.now)

    def say(self, command: str, *fids: bytes, at: int | None = None) -> None:
        """The first is, or is not, one person with the others; newer than what was said before."""
        number = len(self.words)
        picks = tuple(self.delivery.fids.index(fid) for fid in fids)
        self.words.append(Ordered(command, f"w{number}", NOW + number if at is None else at, picks))
        self.now += 1
        self.core.take(self.words[-1:], self.delivery, self.now)

    def component(self) -> Component:
        return self.core.component()

    def profiles(self) -> dict[str, dict[str, Any]]:
        """By id, without the version."""
        return {p["profile_id"]: {**p, "version": 0} for p in self.core.profiles()}

    def agrees(self) -> None:
        """With what the naive model says of events and words together."""
        wanted = expected(
            self.delivery, self.core.rules, NOW, [self.delivery.history.messages, self.words], True
        )
        agree(self.core.profiles(), phases_told(self.core.messages), wanted)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The data of all messages of one type so far."""
        return told_by(self.core, kind)


def told_by(core: Core, kind: str) -> list[dict[str, Any]]:
    messages = [
        json.loads(value)
        for packed in filter(None, core.messages)
        for topic, _, value in ormsgpack.unpackb(packed)
        if value and topic != COUNTS
    ]
    return [{"id": m["id"], **m["data"]} for m in messages if m["type"].split(".")[2] == kind]


def two_of(desk: Desk, rng: random.Random) -> tuple[bytes, bytes]:
    """Two fragments of different profiles."""
    assume(desk.delivery.fids)
    records = list(desk.component().records.values())
    assume(len(records) > 1)
    one, other = rng.sample(records, 2)
    return rng.choice(one.members), rng.choice(other.members)


def together(desk: Desk, fids: Iterable[bytes]) -> bool:
    return len({record.pid for fid in fids if (record := desk.component().record_of(fid))}) == 1


@settings(max_examples=60, deadline=None, derandomize=True)
@example(history(91, 12), 61, 1)  # the ids of two parts come from one fragment
@example(history(707, 13), 28, 1)  # another id lives in what goes back
@example(history(1329, 26), 68, 1)  # what an earlier id stood for is a small part of what stays
@example(history(2485, 2 + 2485 % 29), 60, 1)  # two parts have as much of what goes apart
@example(history(6257, 2 + 6257 % 29), 49, 1)  # an earlier id stood for what a living one has
@given(HISTORIES, st.integers(0, 99), st.integers(1, 3))
def test_a_link_taken_back_leaves_every_field_and_id_as_it_was(told: History, seed: int, times: int) -> None:
    desk = Desk(told)
    pair = two_of(desk, random.Random(seed))
    before = desk.profiles()
    for _ in range(times):  # a chain of doing and undoing
        desk.say("link", *pair)
        desk.agrees()
        desk.say("separate", *pair)
        desk.agrees()
        assert desk.profiles() == before


@settings(max_examples=40, deadline=None, derandomize=True)
@given(HISTORIES, st.integers(0, 99))
def test_an_undo_is_undone_by_a_newer_link(told: History, seed: int) -> None:
    desk = Desk(told)
    pair = two_of(desk, random.Random(seed))
    desk.say("link", *pair)
    assume(together(desk, pair))
    linked = desk.profiles()
    desk.say("separate", *pair)
    assert not together(desk, pair)
    desk.say("link", *pair)
    assert desk.profiles() == linked


@settings(max_examples=40, deadline=None, derandomize=True)
@given(HISTORIES, HISTORIES, st.integers(0, 99))
def test_a_separated_pair_never_merges_again_whatever_evidence_comes(
    told: History, further: History, seed: int
) -> None:
    desk, rng = Desk(told), random.Random(seed)
    pair = two_of(desk, rng)
    desk.say("separate", *pair)
    # All that the people of another history tell, and a card, an address and a source that name both.
    both = [fragment.identity.ids for fragment in desk.component().fragments(pair)]
    naming: list[dict[str, Any]] = [
        {
            "record_id": "both", "source": "crm", "event_id": f"both{n}",
            "occurred_at": "2026-09-01T10:00:00Z",
            "traits": {kind: value for kind, value in ids if kind in ("email", "phone")},
            "identifiers": dict(ids),
        }
        for n, ids in enumerate([*both, (*both[0], *both[1])])
    ]  # fmt: skip
    coming = [*further.messages, *(Said("crm", json.dumps(message).encode()) for message in naming)]
    rng.shuffle(coming)
    for one in coming:
        desk.core.take([one], Delivery(History([one]), [one], desk.core.intake), NOW)
        assert not together(desk, pair)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(HISTORIES, st.integers(0, 99))
def test_a_link_is_obeyed_or_refused_with_the_reason(told: History, seed: int) -> None:
    desk = Desk(told)
    pair = two_of(desk, random.Random(seed))
    desk.say("link", *pair)
    refusals = desk.told("refused")
    assert bool(refusals) is not together(desk, pair)
    for refusal in refusals:
        assert refusal["command_id"] == "w0"
        assert refusal["reason"].startswith(("unique:", "separation", "consent"))
        assert len(refusal["profiles"]) == 2


def record(number: int, **identifiers: str) -> Said:
    told = {"record_id": f"r{number}", "source": "crm", "occurred_at": "2026-09-01T10:00:00Z"}
    return Said("crm", json.dumps({**told, "event_id": f"e{number}", "identifiers": identifiers}).encode())


def test_the_reason_of_a_refused_word_is_told() -> None:
    desk = Desk(History([record(1, loyalty_id="L1"), record(2, loyalty_id="L2"), record(3), record(4)]))
    by_name = {dict(f.identity.ids)["crm_id"]: f.fid for f in desk.component().fragments()}
    one, two, three, four = (by_name[f"crm:r{n}"] for n in (1, 2, 3, 4))
    desk.say("link", one, two)
    desk.say("separate", three, four)
    desk.say("link", three, four, at=OLD)
    desk.say("link", one, three)
    desk.say("separate", one, three, at=OLD)
    desk.say("link", one, four)
    assert [(told["command_id"], told["command"], told["reason"]) for told in desk.told("refused")] == [
        ("w0", "link", "unique:loyalty_id"),
        ("w2", "link", "newer_word"),
        ("w4", "separate", "newer_word"),
        ("w5", "link", "separation"),
    ]
    assert all(told["because"] for told in desk.told("refused"))
    desk.agrees()


def test_a_word_on_somebody_who_is_restricted_is_told_so_and_counts_after_the_release() -> None:
    shared = {"email": "a@example.org"}
    desk = Desk(History([record(1, **shared), record(2, **shared), record(3)]))
    by_name = {dict(f.identity.ids)["crm_id"]: f.fid for f in desk.component().fragments()}
    one, two, three = (by_name[f"crm:r{n}"] for n in (1, 2, 3))
    desk.core.work(Work(restrict=[Restriction(one, True, NOW, "on")]), NOW)
    before = desk.profiles()
    desk.say("link", one, three)
    desk.say("separate", one, two)
    assert [(told["command_id"], told["reason"]) for told in desk.told("refused")] == [
        ("w0", "restricted"),
        ("w1", "restricted"),
    ]
    assert desk.profiles().keys() == before.keys()
    desk.core.work(Work(restrict=[Restriction(one, False, NOW + 9, "off")]), NOW + 9)
    assert together(desk, (one, three))
    assert not together(desk, (one, two))


def test_a_word_is_refused_once_for_two_profiles_however_many_fragments_it_names() -> None:
    both = {"email": "b@example.org", "loyalty_id": "L2"}
    desk = Desk(History([record(1, loyalty_id="L1"), record(2, **both), record(3, **both)]))
    assert len(desk.component().records) == 2
    first = next(f.fid for f in desk.component().fragments() if ("crm_id", "crm:r1") in f.identity.ids)
    desk.say("link", first, *(fid for fid in desk.delivery.fids if fid != first))
    assert [told["reason"] for told in desk.told("refused")] == ["unique:loyalty_id"]


def test_a_word_that_could_not_be_kept_is_told_under_the_same_id_when_it_is_read_again() -> None:
    desk = Desk(History([record(1)]))
    [fid] = desk.delivery.fids
    word = Command("w", "link", "s", "r", NOW, fragments=(fid.hex(), bytes(12).hex()))
    for _ in range(2):  # the other is in a component that has no room
        desk.core.work(Work(commands=[word]), NOW)
    one, again = desk.told("refused")
    assert (one["id"], one["reason"]) == (again["id"], "too_many")


def test_a_word_on_somebody_who_was_yet_to_come_is_told_as_refused_when_he_comes() -> None:
    desk = Desk(History([record(1, loyalty_id="L1"), record(2, loyalty_id="L2"), record(3), record(4)]))
    for command, (held, late) in (("link", (0, 1)), ("separate", (2, 3))):
        core = Core()
        by_name = {dict(f.identity.ids)["crm_id"]: f.fid for f in desk.component().fragments()}
        fids = [by_name[f"crm:r{n + 1}"] for n in (held, late)]
        words = [Command("w", command, "s", "r", 5, fragments=tuple(fid.hex() for fid in fids))]
        if command == "separate":
            words.append(replace(words[0], command_id="newer", command="link", at=6))
        for coming in (held, None, late):
            if coming is None:
                core.work(Work(commands=words, coming={fids[1]}), NOW)
                assert refused(core) == []
            else:
                core.take([desk.delivery.history.messages[coming]], desk.delivery, NOW)
        reason = "unique:loyalty_id" if command == "link" else "newer_word"
        assert refused(core) == [("w", command, reason)]


def refused(core: Core) -> list[tuple[str, str, str]]:
    return [(told["command_id"], told["command"], told["reason"]) for told in told_by(core, "refused")]


def test_of_several_words_that_come_at_once_each_is_the_cause_of_what_it_did() -> None:
    desk = Desk(History([record(n) for n in range(4)]))
    assert len(desk.component().records) == 4
    for command in ("link", "separate"):
        words = [Ordered(command, f"{command}{n}", desk.now + n, (2 * n, 2 * n + 1)) for n in range(2)]
        desk.now += 9
        desk.core.take(words, desk.delivery, desk.now)
    causes = [
        (kind, desk.delivery.fids.index(fragment_of(told["profile_id"]) or b"") // 2, told["cause"])
        for kind in ("merged", "split")
        for told in desk.told(kind)
    ]
    assert sorted(causes, key=repr) == [
        (kind, n, {"command_id": f"{command}{n}"})
        for kind, command in (("merged", "link"), ("split", "separate"))
        for n in range(2)
    ]


def test_transitions_correct_themselves_when_a_merge_is_taken_back() -> None:
    def track(number: int, event: str, cookie: str) -> Said:
        told = {"type": "track", "messageId": f"m{number}", "event": event, "anonymousId": cookie}
        return Said(
            "online",
            json.dumps({**told, "timestamp": f"2026-09-2{number}T10:00:00Z"}).encode(),
        )

    desk = Desk(History([track(0, "Product Viewed", "a"), track(1, "Product Added", "b")]))
    pair = tuple(desk.delivery.fids)
    before = desk.profiles()
    desk.say("link", *pair)
    [merged] = desk.profiles().values()
    desk.say("separate", *pair)
    assert desk.profiles() == before
    mine = [
        (told["from"], told["to"], next(iter(told["cause"])), len(told["corrects"]))
        for told in desk.told("transition")
        if told["profile_id"] == merged["profile_id"] and told["model"] == "six-phase"
    ]
    assert mine == [
        ("none", "consideration", "event_id", 0),
        ("consideration", "preference", "merge", 0),
        ("preference", "consideration", "split", 1),
    ]
