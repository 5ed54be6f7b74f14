"""Two stories, found in what really came out: recognised at the till, and a household kept apart."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

from unifier.devstack.demo.ledger import Found, Row, persons_by_profile
from unifier.devstack.demo.play import Play
from unifier.devstack.simulate.people import Person
from unifier.devstack.simulate.truth import Truth

NAMELESS = frozenset({"cookie_id", "device_id"})
SHARED = {"email": "mailbox", "phone": "telephone", "payment_account": "bank account", "device_id": "device"}
REASONS = {
    "first_name": "the first names differ",
    "birth_date": "the birth dates differ",
    "household": "one card or address can be a couple's",
    "device": "one device can be a family's",
    "too_many": "too many fragments",
    "separation": "a steward said so",
}


class Story(NamedTuple):
    """`facts` go into the report, `lines` on the screen; no facts: there was none in this run."""

    title: str
    facts: dict[str, Any]
    lines: list[str]


class Evening(NamedTuple):
    """What is known when the week is over."""

    truth: Truth
    rows: list[Row]
    found: Found


# --- An anonymous browser recognised at the till ---------------------------------------------------------


def recognised(play: Play, evening: Evening) -> Story:
    """A profile that began as a browser nobody knew, and ends with a sale in a store."""
    title = "1. An anonymous browser is recognised at the till"
    found = max(_visitors(play, evening), default=None)
    if found is None:
        return Story(title, {}, ["none in this run: take more events"])
    _, pid, rows = found
    sale = next(row for row in rows if row.sale and row.carries)
    nameless = [row for row in rows if row.at < sale.at and row.online and row.carries <= NAMELESS]
    first, last = nameless[0], nameless[-1]
    namer = next(row for row in rows if not row.carries <= NAMELESS)
    profile = play.client.profile(pid)
    rules = [f"{link.rule} {link.bits:+.1f} bits" for link in play.client.evidence(pid).links]
    online, store = (profile.metrics.orders_by_channel.get(one, 0) for one in ("online", "store"))
    lines = [
        f"{when(first.at)}  a browser that nobody knows: {_touch(first)} (event {first.event_id})",
        f"{when(last.at)}  the last of {len(nameless)} such touches: {_touch(last)} (event {last.event_id})",
        f"{when(namer.at)}  {namer.name} tells {_list(namer.carries - NAMELESS)} (event {namer.event_id})",
        f"{when(sale.at)}  {sale.name} of {sale.total} at {sale.touchpoint}, where the customer shows "
        f"{_list(sale.carries)} (event {sale.event_id})",
        f"All of it is one profile, {pid}: {name_of(evening.truth, rows[0].person)}, {profile.kind}, "
        f"{profile.metrics.touches} touches, {online} orders online and {store} in stores, "
        f"now in {profile.phase.current}",
        f"because: {', '.join(rules)}",
    ]
    events = [row.event_id for row in (first, last, namer, sale)]
    return Story(title, {"profile_id": pid, "events": events, "evidence": rules}, lines)


def _visitors(play: Play, evening: Evening) -> Iterator[tuple[tuple[bool, bool, int], str, list[Row]]]:
    """(how good a story, profile, its events): those whom a till event merged, and who were told of before."""
    of: dict[str, list[Row]] = defaultdict(list)
    for row in evening.rows:
        if row.fid in evening.found.pids:
            of[evening.found.pids[row.fid]].append(row)
    at_till = {one["survivor"] for one in play.tally.merged if one["cause"].get("source") == "pos"}
    nobody = {data["profile_id"] for data, _ in play.tally.transitions if data["anonymous"]}
    for pid, rows in of.items():
        rows.sort(key=lambda row: (row.at, row.event_id))
        sale = next((row for row in rows if row.sale and row.carries - {"payment_account"}), None)
        if sale is None or len({row.person for row in rows}) > 1 or not rows[0].carries <= NAMELESS:
            continue
        before = [row for row in rows if row.at < sale.at]
        if any(row.online and row.carries <= NAMELESS for row in before):
            yield (pid in at_till, pid in nobody, -abs(len(before) - 12)), pid, rows


# --- A household kept apart ------------------------------------------------------------------------------


def household(play: Play, evening: Evening) -> Story:
    """Two people of one household who share something, and are two profiles."""
    title = "2. A household is kept apart"
    found = min(_couples(evening), key=lambda one: one[0], default=None)
    if found is None:
        return Story(title, {}, ["none in this run: take more events"])
    _, pair, pids, shared = found
    kind, value = shared
    members = {fid.hex() for fid in evening.found.records[pids[1]][1].members}
    refused = [one for one in play.client.evidence(pids[0]).refused if one.a in members or one.b in members]
    strongest = max(refused, key=lambda one: one.bits, default=None)
    lines = [
        f"{name_of(evening.truth, one.person_id)}, born {one.birth_date}: {pid}, "
        f"{play.client.profile(pid).metrics.touches} touches"
        for one, pid in zip(pair, pids, strict=True)
    ]
    lines.append(f"They live in one household and share a {SHARED[kind]}: {kind} {value}")
    if strongest is not None:
        why = REASONS.get(strongest.reason, f"each has another {strongest.reason.partition(':')[2]}")
        lines.append(
            f"{strongest.rule} speaks for one person with {strongest.bits:+.1f} bits, and was refused: {why}"
        )
    else:
        lines.append("what they share is too little evidence to take them for one person")
    facts = {
        "profile_ids": pids,
        "shared": kind,
        "refused": strongest.reason if strongest else "too little evidence",
        "people": [one.person_id for one in pair],
    }
    return Story(title, facts, lines)


Couple = tuple[tuple[int, str], tuple[Person, Person], list[str], tuple[str, str]]


def _couples(evening: Evening) -> Iterator[Couple]:
    """(order of preference, two people, their profiles, what they share)."""
    homes: dict[str, list[Person]] = defaultdict(list)
    for person in evening.truth.people.values():
        homes[person.household_id].append(person)
    main = main_profiles(evening)
    for people in homes.values():
        for pair in combinations(people, 2):
            pids = [main.get(one.person_id, "") for one in pair]
            if all(pids) and pids[0] != pids[1]:
                first, second = (identifiers(evening.found, pid) for pid in pids)
                for shared in first & second:
                    if shared[0] in SHARED:
                        yield (list(SHARED).index(shared[0]), min(pids)), pair, pids, shared


def main_profiles(evening: Evening) -> dict[str, str]:
    """Person → the profile with most of the person's events."""
    found: dict[str, tuple[int, str]] = {}
    for pid, persons in persons_by_profile(evening.rows, evening.found.pids).items():
        for person, count in persons.items():
            found[person] = max(found.get(person, (0, "")), (count, pid))
    return {person: pid for person, (_, pid) in found.items()}


def identifiers(found: Found, pid: str) -> set[tuple[str, str]]:
    """Every identifier of a profile."""
    component, record = found.records[pid]
    return {pair for fragment in component.fragments(record.members) for pair in fragment.identity.ids}


# --- Words -----------------------------------------------------------------------------------------------


def when(at_ms: int) -> str:
    """A weekday and a time, UTC."""
    return time.strftime("%a %d %b %H:%M", time.gmtime(at_ms / 1000))


def name_of(truth: Truth, person: str) -> str:
    """The name that the truth knows; all people are invented."""
    one = truth.people[person]
    return f"{one.first_name} {one.last_name}"


def _touch(row: Row) -> str:
    return f"{row.name} ({row.touchpoint})"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
