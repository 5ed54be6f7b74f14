"""The naive model: what each profile must be, worked out from a list of all events and all stewards' words.

It keeps nothing and shares with the product only what is given: events in their canonical form, what
identities and their agreement are worth, ids, and the rules file. It is slow and means to be obvious.
"""

import json
from collections.abc import Sequence
from typing import Any

from tests.naive.fragments import Fragment, fragments
from tests.naive.journey import stand, told
from tests.naive.parts import Word, shared_values, unstitched
from tests.naive.persons import persons
from tests.naive.profile import (
    consents,
    identifiers,
    metrics,
    time_of,
    touches_of,
    touchpoints,
    traits,
    undone_orders,
)
from tests.naive.segments import segments
from unifier.events.canonical import Event
from unifier.matching.addresses import BOXES
from unifier.matching.names import COMPANY
from unifier.matching.phonetics import cologne
from unifier.matching.scale import scale_of
from unifier.profiles.ids import Keys
from unifier.rules import Rules

NOT_TOLD = ("profile_id", "version", "predictions", "next_action")
"""Ids and versions are given once, in the order of arrival; the others are another model's to say."""

Profile = dict[str, Any]


def profiles(
    events: Sequence[Event],
    words: Sequence[Word],
    rules: Rules,
    keys: Keys,
    now: int,
    *,
    country: str = "DE",
    one_part: bool = False,
) -> list[Profile]:
    """Every profile that there must be. `one_part`: everybody is held together, whatever holds them."""
    told_by = fragments(events, keys, country, rules)
    people = persons(told_by, words, rules, keys, one_part)
    shared = shared_values(told_by, rules)
    alone = unstitched(told_by, shared)
    speaking = [[fragment for fragment in person if fragment.fid not in alone] for person in people]
    return comparable(
        [
            {**_profile(person, rules, now), "household_id": _household(own, speaking, shared, rules, keys)}
            for person, own in zip(people, speaking, strict=True)
        ]
    )


def comparable(found: Sequence[Profile]) -> list[Profile]:
    """In an order and form that no id decides."""
    return sorted(({k: v for k, v in p.items() if k not in NOT_TOLD} for p in found), key=_text)


def _text(profile: Profile) -> str:
    """Whatever tells it from others, however its dictionaries are ordered."""
    return json.dumps(
        [profile[name] for name in ("identifiers", "metrics", "touchpoints", "traits", "consents")],
        sort_keys=True,
    )


def _profile(person: Sequence[Fragment], rules: Rules, now: int) -> Profile:
    naming = {kind for kind, rule in rules.identifiers.items() if rule.strength == "person"}
    known = any(f.identity.first or f.identity.last or naming & dict(f.identity.ids).keys() for f in person)
    walks = {
        name: stand(model, rules, touches_of(person), undone_orders(person), now)
        for name, model in rules.models.items()
    }
    phases = {name: {**told(walk), "since": time_of(walk.since)} for name, walk in walks.items()}
    first = next(iter(phases))
    loyal = walks[first].loyal_until != float("inf")
    return {
        "kind": "known" if known else "anonymous",
        "phase": {"model": first, **phases[first]},
        "phases": {name: phase for name, phase in phases.items() if name != first},
        "loyal": loyal,
        "traits": traits(person),
        "identifiers": identifiers(person),
        "consents": consents(person),
        "metrics": metrics(person),
        "touchpoints": touchpoints(person),
        "segments": segments(person, known, loyal, now),
        "fragments": len(person),
    }


# --- Households: house and surname; else the house of the one other with an identifier in common; else a card


def _household(
    person: Sequence[Fragment],
    people: Sequence[Sequence[Fragment]],
    shared: set[str],
    rules: Rules,
    keys: Keys,
) -> str | None:
    anchor = _home(person)
    if not anchor and (own := _values(person, shared, rules)):
        near = [other for other in people if other is not person and own & _values(other, shared, rules)]
        homes = {home for other in near if (home := _home(other))}
        cards = [v for v in own if rules.identifiers[v.partition("|")[0]].strength == "household"]
        anchor = homes.pop() if len(homes) == 1 else min(cards, default="")
    return keys.household(anchor) if anchor else None


def _home(person: Sequence[Fragment]) -> str:
    newest = sorted(
        ((max((e.at for e in f.events if e.traits), default=0), f.identity) for f in person), reverse=True
    )
    told = [identity for _, identity in newest]
    houses = [(one.street, one.house_no) for one in told if one.street not in BOXES]
    houses = [house for house in houses if all(house)]
    lasts = [one.last for one in told if one.last]
    if not houses or not lasts or COMPANY in [one.first for one in told]:
        return ""
    street, house_no = houses[0]
    there = [one for one in told if (one.street, one.house_no) == houses[0]]
    places = [one.postcode for one in there + told] + [one.city for one in there + told]
    places = [place for place in places if place]
    if not places:
        return ""
    number = "".join(c for c in street if c.isdigit())
    surname = lasts[0].split()[-1]
    return f"{places[0]}|{number}{cologne(street)} {house_no}|{cologne(surname) or surname}"


def _values(person: Sequence[Fragment], shared: set[str], rules: Rules) -> set[str]:
    ids = {p for f in person for p in scale_of(rules).facts(f.identity).ids}
    return {"|".join(pair) for pair in ids} - shared
