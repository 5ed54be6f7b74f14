"""Stewards' words that changed nothing, with the reason: a rule comes before them, or a newer word.

Who gave one must not be left to believe that it was done.
"""

from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from unifier.events.canonical import Command
from unifier.profiles.component import Component
from unifier.profiles.consent import unstitched
from unifier.profiles.members import Refused

Sides = tuple[frozenset[bytes], frozenset[bytes]]
"""Fragments that somebody says are, or are not, one person with those of the other side."""


class Unheeded(NamedTuple):
    """A word of no effect between the profiles of two fragments."""

    command: Command
    a: bytes
    b: bytes
    # That of the rule (`members.Refused`), "consent", "restricted", or "newer_word". Of those that could not
    # be kept "too_many_words", "no_two_sides", or "too_many", where the sides do not fit into one component.
    reason: str


def waited(component: Component, called: Set[bytes]) -> Iterator[tuple[Command, Sides]]:
    """The words that named these fragments before anybody told of them, as far as they are kept."""
    sides: dict[tuple[str, str, int], Sides] = {}
    for tie in component.ties:
        if not called.isdisjoint(tie[:2]):
            left, right = sides.get(key := ("link", tie.event_id, tie.at), (frozenset(), frozenset()))
            sides[key] = left | {tie.a}, right | {tie.b}
    for one in component.separations:
        if not called.isdisjoint(one.a | one.b):
            sides["separate", one.event_id, one.at] = one.a, one.b
    for (kind, event_id, at), both in sides.items():
        yield Command(event_id, kind, "", "", at), both


def unheeded(
    component: Component, command: Command, sides: Sides, refused: Sequence[Refused]
) -> Iterator[Unheeded]:
    """What came of nothing of one word; `component` and `refused` are as they were worked out with it."""
    left, right = sides
    words = component.ties if command.command == "link" else component.separations
    if not any(word.event_id == command.command_id for word in words):
        yield Unheeded(command, min(left), min(right), "too_many_words")
    elif command.command == "separate":
        for record in component.records.values():
            if (one := left.intersection(record.members)) and (other := right.intersection(record.members)):
                reason = "restricted" if component.is_restricted(record) else "newer_word"
                yield Unheeded(command, min(one), min(other), reason)
    else:
        owner = {fid: record.pid for record in component.records.values() for fid in record.members}
        by_itself = dict.fromkeys(unstitched(component.fragments(), component.shared), "consent")
        by_itself |= dict.fromkeys(component.restricted, "restricted")
        by_rule = {frozenset((owner[no.a], owner[no.b])): no.reason for no in refused if no.rule == "steward"}
        # Who is yet to come is left out.
        ties = [
            tie for tie in component.ties if tie.event_id == command.command_id and {*tie[:2]} <= owner.keys()
        ]
        told = set[frozenset[str]]()
        for tie in ties:
            between = frozenset((owner[tie.a], owner[tie.b]))
            if len(between) > 1 and between not in told:
                told.add(between)
                reason = by_itself.get(tie.a) or by_itself.get(tie.b) or by_rule.get(between, "newer_word")
                yield Unheeded(command, tie.a, tie.b, reason)
        # Of a profile that is tied by one of its fragments the others may stay behind.
        behind = {owner[fid]: fid for fid in sorted(left | right) if fid in owner}
        for tied in {owner[fid] for tie in ties for fid in tie[:2]}:
            behind.pop(tied, None)
        by_any = {frozenset((owner[no.a], owner[no.b])): no.reason for no in refused}
        for pid, fid in sorted(behind.items()) if ties else ():
            reason = by_any.get(frozenset((owner[ties[0].a], pid)), "below")
            yield Unheeded(command, ties[0].a, fid, reason)
