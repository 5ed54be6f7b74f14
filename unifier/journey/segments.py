"""Segments: the groups of people that a profile is in, by the conditions of the rules file."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from unifier.journey.facts import ProfileFacts
from unifier.rules.conditions import Condition


class Segment(NamedTuple):
    """A segment's conditions: those that last until something happens, and those that time alone turns."""

    name: str
    lasting: tuple[Condition, ...]
    passing: tuple[Condition, ...]


class Inside(NamedTuple):
    """The segments that a profile is in, sorted, and when time alone may change that (milliseconds UTC)."""

    names: list[str]
    turns_at: int | None


def compile_segments(rules: Mapping[str, Sequence[Condition]]) -> list[Segment]:
    """`rules`: name → conditions that all have to hold. In the order of the names."""
    return [
        Segment(name, tuple(c for c in when if not c.span), tuple(c for c in when if c.span))
        for name, when in sorted(rules.items())
    ]


def segments(facts: ProfileFacts, rules: Sequence[Segment], now: int) -> Inside:
    """Which segments the profile is in."""
    names: list[str] = []
    turns: list[int] = []
    for name, lasting, passing in rules:
        for condition in lasting:
            if not condition.holds(facts, now):
                break
        else:
            inside = True
            for condition in passing:
                inside = inside and condition.holds(facts, now)
                if (at := condition.flips_at(facts, now)) is not None:
                    turns.append(at)
            if inside:
                names.append(name)
    return Inside(names, min(turns, default=None))
