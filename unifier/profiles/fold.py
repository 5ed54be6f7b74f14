"""Fold what is known of a component and what is new into its next state. Pure: no I/O, no clock.

Only fragments and evidence are changed here; who is one person is worked out anew by `partition`
whenever evidence changed, and `assign` carries the ids over.
"""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

import ormsgpack

from unifier.events.canonical import Command, Signal
from unifier.profiles.assign import Assigned, assign
from unifier.profiles.component import Component, Record
from unifier.profiles.erasure import begin, drop
from unifier.profiles.fragment import STITCHING, Arrival, Fragment, label
from unifier.profiles.marks import Mark
from unifier.profiles.partition import Partition, Separation, Tie
from unifier.profiles.privacy import Intent, Privacy, Restriction
from unifier.profiles.regroup import look_again, regroup
from unifier.profiles.restriction import keep_with, restrict
from unifier.profiles.retirement import begin_retirement, retire
from unifier.profiles.reviews import Task, put_aside
from unifier.profiles.taking_over import tell_late
from unifier.profiles.topics import respond
from unifier.profiles.unheeded import Sides
from unifier.profiles.view import is_known
from unifier.rules import Rules

_REFUSED = ormsgpack.packb(STITCHING) + b"\x93\xc2"  # in a packed fragment: a list of three begins with a no
_UNUSUAL = (Signal.TOUCH, Signal.TROUBLE)
EVIDENCE_MAX = 1_000  # steward's words kept in one component, of each kind
AWAITED_MAX = 200  # fragments that stewards named and nobody has told of yet, in one component


Places = dict[tuple[str, str], int]


class Came(NamedTuple):
    """A visit of a fragment came to a step, at a place at which it had not been. Times: milliseconds UTC."""

    fid: bytes
    step: str
    start: int  # of the visit
    first_at: int  # of the fragment
    visited: list[tuple[str, str]]  # (label, channel) of all places of the visit so far, this one too
    attributes: tuple[tuple[str, str], ...]


class Unusual(NamedTuple):
    """A visit of a fragment met what is no ordinary part of a journey."""

    fid: bytes
    label: str
    start: int  # of the visit, milliseconds UTC
    step: int  # that it had got to, counted from 1


@dataclass(slots=True)
class Work:
    """What is to happen to one component."""

    arrivals: list[Arrival] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    coming: set[bytes] = field(default_factory=set)  # fragments that these name, and that nobody has told of
    shared: set[str] = field(default_factory=set)  # exact keys that have become shared
    regroup: bool = False  # other components were absorbed
    # Of the blocking keys that its fragments have in common, those that are dead; None: nobody has looked.
    dead_keys: set[str] | None = None
    erase: list[Intent] = field(default_factory=list)  # erasures to begin
    marked: list[Intent] = field(default_factory=list)  # and those to finish: the index has nothing of them
    restrict: list[Restriction] = field(default_factory=list)
    # New fragments that are a new relation of somebody who was erased: they tell of no time up to then.
    since: dict[bytes, int] = field(default_factory=dict)


@dataclass(slots=True)
class Folded:
    """What happened to it."""

    touched: set[bytes] = field(default_factory=set)  # fragments whose state changed
    founded: set[bytes] = field(default_factory=set)  # fragments that are new
    awaited: set[bytes] = field(default_factory=set)  # that are yet to come, and belong here
    called: set[bytes] = field(default_factory=set)  # that were awaited, and are here now
    repeated: set[bytes] = field(default_factory=set)  # fragments that were told an event again
    fresh: dict[bytes, list[Mark]] = field(default_factory=dict)  # new marks by fragment
    # By fragment, when each (channel, touchpoint) was touched last before, and the new touches.
    met: dict[bytes, tuple[Places, list[tuple[int, tuple[str, str]]]]] = field(default_factory=dict)
    undone: set[bytes] = field(default_factory=set)  # fragments with orders that may have come undone
    partition: Partition | None = None  # None: the evidence is as before
    assigned: Assigned = field(default_factory=Assigned)
    tasks: list[Task] = field(default_factory=list)  # what a steward is asked, if the evidence changed
    words: list[tuple[Command, Sides]] = field(default_factory=list)  # of stewards, heard for the first time
    astray: list[Command] = field(default_factory=list)  # words that name no two sides in the component
    came: list[Came] = field(default_factory=list)  # steps of visits, in the order in which they came
    unusual: list[Unusual] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)  # when something was asked or answered
    duplicates: int = 0
    late: int = 0  # events of the time up to an erasure, not taken in
    begun: int = 0  # erasures
    restricted: list[Record] = field(default_factory=list)  # profiles that are so from now on
    released: list[Record] = field(default_factory=list)  # and those that no longer are
    cut: list[Record] = field(default_factory=list)  # profiles that lost a part to an erasure
    erased: list[tuple[Record, Intent]] = field(default_factory=list)  # profiles, and by which erasure
    capped: Counter[str] = field(default_factory=Counter)


def fold(component: Component, work: Work, anchors: dict[bytes, bytes], rules: Rules, now: int) -> Folded:
    """Take the work in; `anchors` gives the anchor hash of each arrival's fragment.

    The component is changed in place: it was unpacked for this fold alone.
    """
    folded = Folded()
    if component.privacy is not None:
        admitted = component.privacy.admitted(work.arrivals)
        folded.late, work.arrivals = len(work.arrivals) - len(admitted), admitted
    evidence = work.regroup
    for arrival in work.arrivals:
        evidence |= _arrive(component, arrival, anchors, rules, folded)
    for fid in folded.founded & work.since.keys():
        component.privacy = component.privacy or Privacy()
        component.privacy.gone[fid] = max(work.since[fid], component.privacy.gone.get(fid, -1))
    for command in work.commands:
        evidence |= _obey(component, command, work.coming, rules, folded)
    if not work.shared <= component.shared:
        component.shared |= work.shared
        evidence = True
    for intent in sorted(work.marked, key=lambda one: bool(one.into)):  # nobody takes over who is erased
        evidence = True
        if intent.into:
            if retired := retire(component, intent):
                folded.touched.add(intent.into)
                folded.capped["browsers"] += retired
            continue
        erased, cut = drop(component, intent, rules)
        folded.erased += [(record, intent) for record in erased]
        folded.cut += cut
    for word in work.restrict:
        changed = restrict(component, word, rules)
        (folded.restricted if word.on else folded.released).extend(changed)
        evidence |= bool(changed)
    if work.dead_keys is not None:
        evidence |= look_again(component, work.dead_keys, rules)
    if evidence:
        keep_with(component, rules)
        folded.partition = regroup(component, rules)
        folded.assigned = assign(component, folded.partition.groups, now)
        folded.tasks = put_aside(component, folded.partition.reviews)
        if folded.assigned.forgotten:
            folded.capped["merged_ids"] += folded.assigned.forgotten
    if folded.founded:
        begin_retirement(component, rules, now)
    folded.begun = sum([begin(component, wanted) for wanted in work.erase])
    if component.privacy is not None and (forgotten := component.privacy.forget(component.packed)):
        folded.capped["erased"] += forgotten
    return folded


def _arrive(
    component: Component, arrival: Arrival, anchors: dict[bytes, bytes], rules: Rules, folded: Folded
) -> bool:
    """Fold one event into its fragment. True when the evidence changed."""
    fid = component.now_in(arrival.fid, arrival.event.at)
    founded = fid not in component
    if founded:
        event = arrival.event
        anchor = event.anchor[0] if event.anchor else ""
        folded.called |= component.awaited & {fid}
        component.found(Fragment(fid, event.source, anchor, anchors[fid], arrival.identity, event.event_id))
        folded.founded.add(fid)
    fragment = component.fragment(fid)
    if fid not in folded.met:
        folded.met[fid] = fragment.last_touches(), []
    late = fid != arrival.fid
    told = tell_late(component, arrival, anchors[arrival.fid]) if late else fragment.fold(arrival)
    if not told.counted:
        folded.duplicates += 1
        if not late:  # the index has nothing of one that was taken over
            folded.repeated.add(fid)
        return founded
    folded.touched.add(fid)
    if told.arrived:
        event, visit = arrival.event, fragment.visit
        name = label(event.name, event.touchpoint)
        step = rules.steps.place.get(name)
        if step is not None or rules.steps.learnt:
            fragment.got_to(step or 0)
            came = Came(fid, name, visit[0], fragment.first_at, fragment.visited(), event.attributes)
            folded.came.append(came)
        elif visit[3] and event.signal in _UNUSUAL:
            folded.unusual.append(Unusual(fid, name, visit[0], visit[3]))
    if (asking := rules.asking.get(arrival.event.name)) is not None:
        if respond(fragment.topics, *asking, arrival.event.at):
            folded.capped["topics"] += 1
        folded.answered.add(arrival.event.at)
    if told.mark is not None:
        folded.met[fid][1].append((arrival.event.at, (arrival.event.channel, arrival.event.touchpoint)))
        folded.fresh.setdefault(fid, []).append(told.mark)
    evidence = founded or told.evidence or (told.stitching and _refused_elsewhere(component, fid))
    if told.orders and arrival.event.order is not None:
        elsewhere = _told_elsewhere(component, fid, arrival.orders)
        # A sale may be told after its return, also by another fragment.
        if elsewhere or not told.new_order or arrival.of or arrival.event.order.kind != "sale":
            folded.undone.add(fid)
        evidence |= elsewhere and told.new_order
    if told.capped:
        folded.capped[told.capped] += 1
    return evidence


def _refused_elsewhere(component: Component, fid: bytes) -> bool:
    """Whether another fragment says no to stitching; the packed ones are searched as they are."""
    others = component.packed.keys() - {fid}
    return any(
        _REFUSED in component.packed[other] if live is None else not live.may_stitch
        for other in others
        for live in (component.live.get(other),)
    )


def _told_elsewhere(component: Component, fid: bytes, keys: Set[bytes]) -> bool:
    """Whether another fragment tells of one of the orders. The packed ones are searched as they are:
    unpacking costs more than looking once too often at bytes that happen to be the same."""
    for other, packed in component.packed.items():
        if other != fid:
            live = component.live.get(other)
            there = packed if live is None else live.order_keys()
            if any([key in there for key in keys]):  # noqa: C419 - half the time
                return True
    return False


def _obey(component: Component, command: Command, coming: Set[bytes], rules: Rules, folded: Folded) -> bool:
    """Store a steward's word as evidence. True when it is new."""
    sides = steward_sides(component, command, coming)
    if sides is None:
        folded.astray.append(command)
        return False
    if command.command == "unsure":
        if len(component.unsure) >= EVIDENCE_MAX:
            folded.capped["steward_evidence"] += 1
            return False
        new = command.review not in component.unsure
        component.unsure.add(command.review)
        return new
    left, right = sides
    words: list[Tie] | list[Separation] = (
        component.ties if command.command == "link" else component.separations
    )
    if any(word.event_id == command.command_id for word in words):
        folded.duplicates += 1
        return False
    folded.words.append((command, sides))
    if len(words) >= EVIDENCE_MAX:
        folded.capped["steward_evidence"] += 1
        return True
    if not _all_here(component, left | right, folded):
        return True
    if command.command == "link":
        # Profiles hold together by themselves; fragments that are named are each tied to the first.
        first = _spokesman(component, left, rules)
        others = sorted(right) if command.fragments else [_spokesman(component, right, rules)]
        component.ties += [Tie(first, fid, "steward", command.command_id, command.at) for fid in others]
    else:
        component.separations.append(Separation(left, right, command.command_id, command.by, command.at))
    return True


def _all_here(component: Component, fids: frozenset[bytes], folded: Folded) -> bool:
    """Wait for those of the fragments that are yet to come. False when too many are awaited already."""
    new = fids - component.packed.keys() - component.awaited
    if len(component.awaited) + len(new) > AWAITED_MAX:
        folded.capped["awaited"] += 1
        return False
    component.awaited |= new
    folded.awaited |= new
    return True


def _spokesman(component: Component, fids: frozenset[bytes], rules: Rules) -> bytes:
    """The fragment that stands for a profile: one that names the person, or only a browser would move."""
    return min(
        fids, key=lambda fid: (fid not in component or not is_known([component.fragment(fid)], rules), fid)
    )


def steward_sides(component: Component, command: Command, coming: Set[bytes] = frozenset()) -> Sides | None:
    """The fragments that the two sides of a link or separate command stand for; None when one is unknown.

    A merged-away id stands for the fragments it had; its survivor, beside it, for the others. A fragment that
    was taken over stands for who took it over. Fragments that are named may be yet to come.
    """
    if command.profiles:
        return sides_of(component, command.profiles)
    sides = command.sides or (command.fragments[:1], command.fragments[1:])
    left, right = (frozenset(component.heir(bytes.fromhex(fid)) for fid in side) for side in sides)
    return _both_known(left, right, component.packed.keys() | component.awaited | coming)


def sides_of(component: Component, profiles: Sequence[str]) -> Sides | None:
    """The fragments that two profile ids stand for; None when they do not tell two sides."""
    left, right = (_members(component, pid) for pid in profiles)
    if left < right:
        right -= left
    elif right < left:
        left -= right
    return _both_known(left, right, component.packed.keys())


def _both_known(left: frozenset[bytes], right: frozenset[bytes], known: Set[bytes]) -> Sides | None:
    if not left or not right or left & right or not (left | right) <= known:
        return None
    return left, right


def _members(component: Component, pid: str) -> frozenset[bytes]:
    if (record := component.records.get(pid)) is not None:
        return frozenset(record.members)
    dead = component.dead.get(pid)
    return frozenset(dead.members) if dead is not None else frozenset()
