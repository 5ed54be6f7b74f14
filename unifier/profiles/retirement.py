"""Retirement: the browsers that somebody has not used for longest become one. Pure.

Each browser that signs in with an account is a fragment, and so is what the browser did before that. Who
clears his cookies every week has a hundred of them in a year, and a component, like the index entry of an
account, holds a bounded number. So one fragment of the account takes over what the older ones hold. They are
taken out of the index and of the component as those of an erasure are (`erasure.py`), but nothing is
forgotten: what is told of them late goes into the one that took over, and a browser that comes back begins
anew.

Many browsers within a few weeks are no person's: they stay apart, until there are so many that the account is
shared.
"""

from collections.abc import Iterable, Sequence, Set

from unifier.events.canonical import Identifier
from unifier.matching.identity import Identity
from unifier.profiles.component import Component, Record, Retired
from unifier.profiles.consent import consents
from unifier.profiles.fragment import (
    LANES_MAX,
    MOMENT,
    PLACES_MAX,
    SEEN_MAX,
    TIMELINE_MAX,
    Fragment,
)
from unifier.profiles.marks import DAY_MS, add_marks
from unifier.profiles.orders import union
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
        for one_person in _signed_in(component, record, rules):
            if len(one_person) > most and (old := _old(one_person, rules)):
                into, *others = old
                others += _alone(component, record, others, rules)
                fids = frozenset(fragment.fid for fragment in others)
                component.privacy = component.privacy or Privacy()
                component.privacy.intents.append(
                    Intent(fids, NOTHING_ERASED, now, "", whole=False, into=into.fid)
                )


def retire(component: Component, intent: Intent) -> int:
    """Let one fragment take over the others. Gives how many these were."""
    fids = sorted(fid for fid in intent.fids if fid in component)
    done = intent.into in component
    if done:
        into = component.fragment(intent.into)
        for fid in fids:
            old = component.fragment(fid)
            _take_over(into, old)
            component.retire(fid, Retired(into.fid, old.last_at))
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


def _old(signed_in: Sequence[Fragment], rules: Rules) -> list[Fragment]:
    """Who takes over, and those that it is to take over; none if all were used lately."""
    into = min(signed_in, key=lambda f: (bool(_browsers(f, rules)), f.first_at, f.fid))
    others = sorted([f for f in signed_in if f is not into], key=lambda f: (f.last_at, f.fid))
    lately = others[-1].last_at - SILENT_MS
    old = [f for f in others[: len(signed_in) - rules.matching.browsers // 2] if f.last_at < lately]
    return [into, *old] if old else []


def _alone(
    component: Component, record: Record, signed_in: Sequence[Fragment], rules: Rules
) -> list[Fragment]:
    """What these browsers did by themselves, where nobody else has used them."""
    browsers = {one for fragment in signed_in for one in _browsers(fragment, rules)}
    named, theirs = _named(component), {fragment.fid for fragment in signed_in}
    found = []
    for fragment in component.fragments():
        own = set(fragment.identity.ids)
        if fragment.fid in theirs or browsers.isdisjoint(own):
            continue
        bare = fragment.identity == Identity(ids=fragment.identity.ids) and own <= browsers
        if bare and not fragment.claims and fragment.fid in record.members and fragment.fid not in named:
            found.append(fragment)
        else:
            browsers -= own
    return [fragment for fragment in found if browsers.issuperset(fragment.identity.ids)]


def _browsers(fragment: Fragment, rules: Rules) -> Set[Identifier]:
    identifiers = rules.identifiers
    return {one for one in fragment.identity.ids if identifiers[one[0]].strength == "device"}


def _named(component: Component) -> Set[bytes]:
    """Fragments that a steward's word is about."""
    named = {fid for tie in component.ties for fid in (tie.a, tie.b)}
    return named.union(*[one.a | one.b for one in component.separations])


def _take_over(into: Fragment, old: Fragment) -> None:
    """Take in what another fragment was told, as if it had been told all of it, within the caps."""
    into.first_at = min(into.first_at, old.first_at)
    into.last_at = max(into.last_at, old.last_at)
    into.came_at = min(into.came_at or old.came_at, old.came_at or into.came_at)
    into.touches += old.touches
    into.tell_traits(dict(old.traits), old.traits_at)
    for name, (at, value) in old.older.items():
        into.tell_traits({name: value}, at)
    words = consents([into, old])
    into.consents = {purpose: [word.granted, word.at, word.source] for purpose, word in words.items()}
    into.marks = add_marks(into.marks, old.all_marks())
    into.seen = (old.seen + into.seen)[-8 * SEEN_MAX :]
    for lane, offset in old.lanes.items():
        into.lanes[lane] = max(offset, into.lanes.get(lane, -1))
    for lane in list(into.lanes)[:-LANES_MAX]:
        del into.lanes[lane]
    if old.orders is not None:
        into.orders = union([into.orders, old.orders] if into.orders is not None else [old.orders])
        into.orders.close_oldest()
    take_in(into.topics, old.topics)
    _take_over_places(into, old)


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
