"""Taking over: one fragment takes in what another holds, as if it had been told all of it, within the caps.

Consent is the exception: it is per anchor (`consent.py`), and the two may have different ones.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from unifier.profiles.component import Component
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
from unifier.profiles.marks import add_marks
from unifier.profiles.orders import Orders
from unifier.profiles.topics import take_in


def began(component: Component, into: Fragment) -> int:
    """When the anchor of a fragment began."""
    return min(f.first_at for f in component.fragments() if f.anchor_key == into.anchor_key)


def take_over(into: Fragment, old: Fragment, since: int) -> None:
    """Take in what another fragment was told; `since`: when the anchor of the first began."""
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


def tell_late(component: Component, arrival: Arrival, anchor: bytes) -> Told:
    """Fold what is told late of a fragment into the one that took it over; `anchor`: hash of the event's."""
    retired = component.retired[arrival.fid]
    into, event = component.fragment(retired.into), arrival.event
    same = anchor == into.anchor_key
    first_at, own, since = into.first_at, into.lanes, began(component, into)
    into.lanes = retired.lanes
    told = into.fold(arrival if same else replace(arrival, event=replace(event, consents=())))
    into.lanes = own
    if told.counted and not same:
        into.first_at, could = first_at, into.may_stitch
        for purpose, granted in event.consents:
            _hear(into, purpose, [granted, event.at, event.source], since, told, well_known=False)
        told.evidence |= into.may_stitch != could
    return told


def _hear(into: Fragment, purpose: str, word: list[Any], since: int, told: Told, *, well_known: bool) -> None:
    """Take a word of another anchor in, to count as it did under its own (`consent.py`).

    A yes with which an anchor begins overrules no "no": it counts as older than any word. A no counts from
    when this anchor began at the earliest, or such a yes, against which it stood, would be the newer word.
    """
    granted, at, source, *said = word
    counts = at
    if not granted:
        counts = max(at, since)
    elif not well_known or purpose == STITCHING:
        counts = 0  # not as the first of this anchor: an event that is told later still may be older
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
