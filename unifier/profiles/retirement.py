"""Retirement: the browsers that somebody has not used for longest become one. Pure.

Each browser that signs in with an account is a fragment, and so is what the browser did before that. Who
clears his cookies every week has a hundred of them in a year, and a component, like the index entry of an
account, holds a bounded number. So one fragment of the account takes over what the older ones hold. They are
taken out of the index and of the component as those of an erasure are (`erasure.py`), but nothing is
forgotten: what is told of them late goes into the one that took over, and a browser that comes back begins
anew.

Many browsers within a few weeks are no person's: they stay apart, until there are so many that the account is
shared. A browser goes as a whole or not at all, and not if anybody else has used it: what is left of it would
be another's.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from typing import Any

from unifier.events.canonical import Identifier
from unifier.matching.identity import Identity
from unifier.profiles.component import Component, Record
from unifier.profiles.fragment import (
    MOMENT,
    PLACES_MAX,
    SEEN_MAX,
    STITCHING,
    TIMELINE_MAX,
    Arrival,
    Fragment,
    Told,
)
from unifier.profiles.marks import DAY_MS, add_marks
from unifier.profiles.orders import Orders
from unifier.profiles.privacy import Intent, Privacy
from unifier.profiles.topics import take_in
from unifier.rules import Rules

SILENT_MS = 28 * DAY_MS
"""A browser that was used since is never retired."""
NOTHING_ERASED = 0
"""Instead of the time up to which an erasure keeps out what is told."""


def step_back(component: Component, rules: Rules, now: int) -> None:
    """Store which fragments are to be taken over by which, where somebody has too many browsers."""
    most = rules.matching.browsers
    if len(component) <= most or (component.privacy is not None and component.privacy.said):
        return
    for record in component.records.values():
        if len(record.members) <= most:
            continue
        heirs: dict[bytes, bytes] = {}  # fragment → who is to take it over
        for one_person in _signed_in(component, record, rules):
            if len(one_person) > most:
                into, others = _old(one_person, rules)
                heirs |= dict.fromkeys(others, into)
        _keep_whole(component, record, heirs, rules)
        for into in sorted(set(heirs.values())):
            fids = frozenset(fid for fid, heir in heirs.items() if heir == into)
            component.privacy = component.privacy or Privacy()
            component.privacy.intents.append(Intent(fids, NOTHING_ERASED, now, "", whole=False, into=into))


def retire(component: Component, intent: Intent) -> int:
    """Let one fragment take over the others. Gives how many these were."""
    fids = sorted(fid for fid in intent.fids if fid in component)
    done = intent.into in component
    if done:
        into = component.fragment(intent.into)
        since = _since(component, into)
        for fid in fids:
            _take_over(into, component.fragment(fid), since)
            component.retire(fid, intent.into)
        for record in component.records.values():
            record.members = tuple(fid for fid in record.members if fid in component)
        for dead in component.dead.values():
            dead.members = tuple(fid for fid in dead.members if fid in component)
    privacy = component.privacy
    assert privacy is not None, "a retirement begins with an intent"
    privacy.intents = [other for other in privacy.intents if other.into != intent.into]
    if privacy == Privacy():
        component.privacy = None
    return len(fids) if done else 0


def tell_late(component: Component, arrival: Arrival, anchor: bytes) -> Told:
    """Fold what is told late of a fragment into the one that took it over; `anchor`: hash of the event's."""
    retired = component.retired[arrival.fid]
    into, event = component.fragment(retired.into), arrival.event
    same = anchor == into.anchor_key
    began, own, since = into.first_at, into.lanes, _since(component, into)
    into.lanes = retired.lanes
    told = into.fold(arrival if same else replace(arrival, event=replace(event, consents=())))
    into.lanes = own
    if told.counted and not same:
        into.first_at, could = began, into.may_stitch
        for purpose, granted in event.consents:
            _hear(into, purpose, [granted, event.at, event.source], since, told, well_known=False)
        told.evidence |= into.may_stitch != could
    return told


def _signed_in(component: Component, record: Record, rules: Rules) -> Iterable[list[Fragment]]:
    """Fragments of a profile that differ by the browser alone, without those that a steward has named."""
    named = _named(component)
    same: dict[tuple[str, Identity], list[Fragment]] = {}
    for fragment in component.fragments(record.members):
        apart = fragment.fid in named or fragment.claims or fragment.source == "pos"
        if not apart and any(kind in rules.naming for kind, _ in fragment.identity.ids):
            browsers = _browsers(fragment, rules)
            rest = tuple(one for one in fragment.identity.ids if one not in browsers)
            same.setdefault((fragment.source, fragment.identity._replace(ids=rest)), []).append(fragment)
    return same.values()


def _old(signed_in: Sequence[Fragment], rules: Rules) -> tuple[bytes, list[bytes]]:
    """Who takes over, and those that it is to take over: none if all were used lately."""
    into = min(signed_in, key=lambda f: (bool(_browsers(f, rules)), f.first_at, f.fid))
    others = sorted([f for f in signed_in if f is not into], key=lambda f: (f.last_at, f.fid))
    lately = others[-1].last_at - SILENT_MS
    old = others[: len(signed_in) - rules.matching.browsers // 2]
    return into.fid, [fragment.fid for fragment in old if fragment.last_at < lately]


def _keep_whole(component: Component, record: Record, heirs: dict[bytes, bytes], rules: Rules) -> None:
    """With those who go, let go what their browsers did by themselves; keep who would leave another behind
    that only such a browser ties to the person, or one of somebody else's.
    """
    named, own = _named(component), set(record.members)
    going = dict(heirs)
    while True:
        owners = {
            browser: heir
            for fid, heir in sorted(going.items())
            for browser in _browsers(component.fragment(fid), rules)
            if "|".join(browser) not in component.shared
        }
        person = {
            one
            for fid in {*going, *going.values()}
            for one in component.fragment(fid).identity.ids
            if one[0] in rules.naming and "|".join(one) not in component.shared
        }
        alone, kept = dict[bytes, bytes](), set[Identifier]()
        for fragment in component.fragments():
            fid, ids = fragment.fid, fragment.identity.ids
            if fid in going or owners.keys().isdisjoint(ids):
                continue
            is_own = fid in own and fid not in named and not fragment.claims and fragment.source != "pos"
            if is_own and fragment.identity == Identity(ids=ids) and owners.keys() >= set(ids):
                alone[fid] = owners[ids[0]]
            elif fid not in own or person.isdisjoint(ids):
                kept |= owners.keys() & set(ids)
        if not kept:
            heirs.clear()
            heirs |= going | alone
            return
        going = {f: heir for f, heir in going.items() if kept.isdisjoint(component.fragment(f).identity.ids)}


def _browsers(fragment: Fragment, rules: Rules) -> Set[Identifier]:
    identifiers = rules.identifiers
    return {one for one in fragment.identity.ids if identifiers[one[0]].strength == "device"}


def _named(component: Component) -> Set[bytes]:
    """Fragments that a steward's word is about."""
    named = {fid for tie in component.ties for fid in (tie.a, tie.b)}
    return named.union(*[one.a | one.b for one in component.separations])


def _since(component: Component, into: Fragment) -> int:
    """When the anchor of a fragment began."""
    return min(f.first_at for f in component.fragments() if f.anchor_key == into.anchor_key)


def _take_over(into: Fragment, old: Fragment, since: int) -> None:
    """Take in what another fragment was told, as if it had been told all of it, within the caps.

    `since`: when the anchor of the first began.
    """
    words, told = old.consents.items(), Told(counted=True)
    if old.anchor_key == into.anchor_key:
        into.first_at = min(into.first_at, old.first_at)
        for purpose, word in words:
            into.tell_consent(purpose, word, told)
    else:
        for purpose, word in words:
            _hear(into, purpose, word, since, told, well_known=word[1] > old.first_at)
    into.last_at = max(into.last_at, old.last_at)
    into.came_at = min(into.came_at or old.came_at, old.came_at or into.came_at)
    into.touches += old.touches
    into.tell_traits(dict(old.traits), old.traits_at)
    for name, (at, value) in old.older.items():
        into.tell_traits({name: value}, at)
    into.marks = add_marks(into.marks, old.all_marks())
    into.seen = (old.seen + into.seen)[-8 * SEEN_MAX :]
    if old.orders is not None:
        into.orders = into.orders or Orders()
        into.orders.take_in(old.orders)
    take_in(into.topics, old.topics)
    _take_over_places(into, old)


def _hear(into: Fragment, purpose: str, word: list[Any], since: int, told: Told, *, well_known: bool) -> None:
    """Take a word of another anchor in, to count as it did under its own (`consent.py`).

    A yes with which an anchor begins overrules no "no": it counts as one with which this one began. A no
    counts from then on at the earliest, or such a yes, against which it stood, would be the newer word.
    """
    granted, at, source, *said = word
    counts = at
    if not granted:
        counts = max(at, since)
    elif not well_known or purpose == STITCHING:
        counts = min(at, since)
    if counts != at and purpose != STITCHING:
        said = said or [at]
    into.tell_consent(purpose, [granted, counts, source, *said], told)


def _take_over_places(into: Fragment, old: Fragment) -> None:
    """Touchpoints, the timeline and the newest visit, which refer to them by their places in a list."""
    places = [*into.places]
    known = {tuple(place[:3]): index for index, place in enumerate(places)}
    moved = []
    for channel, touchpoint, name, count, at in old.places:
        index = known.setdefault((channel, touchpoint, name), len(places))
        if index == len(places):
            places.append([channel, touchpoint, name, count, at])
        else:
            places[index][3] += count
            places[index][4] = max(places[index][4], at)
        moved.append(index)
    moments = [*MOMENT.iter_unpack(into.timeline)]
    moments += [(at, moved[index]) for at, index in MOMENT.iter_unpack(old.timeline)]
    visit = into.visit
    if old.visit[1] > visit[1]:
        visit = [*old.visit[:2], _mask(old.visit[2], moved), old.visit[3]]
    newest_first = sorted(range(len(places)), key=lambda i: (places[i][4], places[i][:3]), reverse=True)
    kept = sorted(newest_first[:PLACES_MAX])
    new = [kept.index(index) if index in kept else -1 for index in range(len(places))]
    into.places = [places[index] for index in kept]
    into.visit = [*visit[:2], _mask(visit[2], new), visit[3]]
    moments = sorted((at, new[index]) for at, index in moments if new[index] >= 0)
    into.timeline = b"".join([MOMENT.pack(*moment) for moment in moments[-TIMELINE_MAX:]])


def _mask(mask: int, moved: Sequence[int]) -> int:
    """The bits of a mask at other places; those moved to -1 are gone."""
    return sum(1 << to for bit, to in enumerate(moved) if to >= 0 and mask >> bit & 1)
