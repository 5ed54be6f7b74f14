"""Guidance of a profile: its next action and its segments, and what of them is news to its readers."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from unifier.journey.facts import ProfileFacts
from unifier.journey.playbook import Acted, NextAction, next_action, stopped, turns_at
from unifier.journey.segments import Segment, compile_segments, segments
from unifier.rules import Playbook, Rules


@dataclass(frozen=True, slots=True)
class Guides:
    """The rules of guidance."""

    playbook: Playbook | None
    segments: Sequence[Segment]
    form: int  # checksum of both: other rules, other guidance


def compile_guides(rules: Rules) -> Guides:
    """Of the rules file."""
    told = rules.model_dump_json(include={"playbook", "segments", "ropo"})
    return Guides(rules.playbook, compile_segments(rules.segments), zlib.crc32(told.encode()))


@dataclass(slots=True)
class Guided:
    """What readers were told. Of bounded size: each action and each segment of the rules once."""

    form: int = 0
    acted: dict[str, Acted] = field(default_factory=dict)
    segments: list[str] = field(default_factory=list)
    action: NextAction | None = None

    def pack(self) -> list[object]:
        """A list of plain values for msgpack."""
        return [
            self.form,
            {name: [*each] for name, each in self.acted.items()},
            self.segments,
            None if self.action is None else [*self.action],
        ]

    @classmethod
    def unpack(cls, packed: list[Any] | None) -> "Guided":
        """Inverse of `pack`; None: nothing was told."""
        if packed is None:
            return cls()
        form, acted, told, action = packed
        return cls(
            form,
            {name: Acted(*each) for name, each in acted.items()},
            told,
            None if action is None else NextAction(*action),
        )


def inherited(kept: Guided, others: Iterable[Guided]) -> Guided:
    """What was told of one, with the actions told of others who turned out to be the same person: they are
    to be stopped as well, and not to be told again too soon."""
    acted = dict(kept.acted)
    for other in others:
        for name, last in other.acted.items():
            known = acted.get(name, last)
            acted[name] = Acted(max(known.at, last.at), max(known.until, last.until))
    return replace(kept, acted=acted)


class Guidance(NamedTuple):
    """What there is to tell now."""

    guided: Guided
    stops: list[str]  # actions told before that are no longer to be carried out
    entered: list[str]
    left: list[str]
    due: int | None  # when to look again though nothing happens, milliseconds UTC


def guide(
    kept: Guided, facts: ProfileFacts, guides: Guides, now: int, moved: bool, stale: bool = False
) -> Guidance:
    """Work guidance out; `moved`: a transition is told with it, on which the action rides.

    One that is `stale` carries none, but says what is not to be carried out any more.
    """
    inside, turns = segments(facts, guides.segments, now)
    due = [turns]
    acted, action, stops = kept.acted, None, []
    if guides.playbook is not None:
        action = next_action(facts, guides.playbook, acted, now)
        due.append(turns_at(facts, guides.playbook, action, now))
        if moved:
            stops = stopped(acted, now, action)
            acted = {
                action_.name: last._replace(until=now) if action_.name in stops else last
                for action_ in guides.playbook.actions
                if (last := acted.get(action_.name)) is not None
                if action_.name not in stops or last.at <= now  # else it never went out: nothing to cool down
            }
            if action is not None and not stale:
                acted[action.name] = Acted(action.at, action.until)
    return Guidance(
        Guided(guides.form, acted, inside, action),
        stops,
        sorted({*inside} - {*kept.segments}),
        sorted({*kept.segments} - {*inside}),
        min((at for at in due if at is not None), default=None),
    )
