"""Guidance of a profile: its next action and its segments, and what of them is news to its readers."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from unifier.journey.facts import ProfileFacts
from unifier.journey.playbook import NextAction, Pushed, next_action, turns_at
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
    going: dict[str, Pushed] = field(default_factory=dict)  # actions told and neither stopped nor replaced
    out: dict[str, Pushed] = field(default_factory=dict)  # what of each went out last, by the last transition
    segments: list[str] = field(default_factory=list)
    action: NextAction | None = None

    def pack(self) -> list[object]:
        """A list of plain values for msgpack."""
        return [
            self.form,
            {name: [*each] for name, each in self.going.items()},
            {name: [*each] for name, each in self.out.items()},
            self.segments,
            None if self.action is None else [*self.action],
        ]

    @classmethod
    def unpack(cls, packed: list[Any] | None) -> "Guided":
        """Inverse of `pack`; None: nothing was told."""
        if packed is None:
            return cls()
        form, going, out, told, action = packed
        return cls(
            form,
            {name: Pushed(*each) for name, each in going.items()},
            {name: Pushed(*each) for name, each in out.items()},
            told,
            None if action is None else NextAction(*action),
        )

    def gone_out(self, now: int) -> dict[str, Pushed]:
        """What of each action went out last: before its time comes none does."""
        out = dict(self.out)
        for name, push in self.going.items():
            if push.at <= now:
                out[name] = max(push, out.get(name, push))
        return out


def inherited(kept: Guided, others: Iterable[Guided], now: int, journey: int) -> Guided:
    """What was told of one, with what was told of others who turned out to be the same person: that is to be
    stopped as well, and not to be told again too soon. Journeys are counted anew: all of it is of the
    `journey` that there is now, if the times say so."""
    going, out = _of_journey(kept.going, journey), _of_journey(kept.out, journey)
    for other in others:
        for name, push in _of_journey(other.out, journey).items():
            out[name] = max(push, out.get(name, push))
        for name, push in _of_journey(other.going, journey).items():
            known = going.get(name, push)
            gone = [each for each in (known, push) if each.at <= now]
            first = max(gone) if gone else min(known, push)
            going[name] = first._replace(until=max(known.until, push.until))
    return replace(kept, going=going, out=out)


def parted(kept: Guided, whole: Guided, now: int, journey: int) -> Guided:
    """What was told of one who comes out of another: what had gone out to both has gone out to either."""
    return inherited(kept, [Guided(out=whole.gone_out(now))], now, journey)


def _of_journey(pushes: Mapping[str, Pushed], journey: int) -> dict[str, Pushed]:
    return {name: push._replace(journey=journey) for name, push in pushes.items()}


class Guidance(NamedTuple):
    """What there is to tell now."""

    guided: Guided
    tells: NextAction | None  # what the transition carries: the next action, unless it has gone out
    stops: list[str]  # actions told before that are no longer to be carried out
    entered: list[str]
    left: list[str]
    due: int | None  # when to look again though nothing happens, milliseconds UTC


def guide(
    kept: Guided, facts: ProfileFacts, guides: Guides, now: int, moved: bool, stale: bool = False
) -> Guidance:
    """Work guidance out; `moved`: a transition is told with it, on which the action rides.

    What was told before is stopped then, and the action takes its place. What has gone out in this stay is
    not told again, and a transition that is `stale` carries none: such an action goes on as it was told.
    """
    inside, turns = segments(facts, guides.segments, now)
    due = [turns]
    going, out, action, tells, stops = kept.going, kept.out, None, None, []
    if (playbook := guides.playbook) is not None:
        if moved:
            gone = kept.gone_out(now)
            out = {each.name: gone[each.name] for each in playbook.actions if each.name in gone}
        action = next_action(facts, playbook, out, now)
        due.append(turns_at(facts, playbook, action, now))
        if moved:
            goes_on = ""
            if action is not None:
                last = out.get(action.name)
                if stale or (last is not None and last.is_of(facts)):
                    goes_on = action.name
                else:
                    tells = action
            stops = sorted(name for name, push in going.items() if push.until > now and name != goes_on)
            going = {name: push for name, push in going.items() if name == goes_on}
            if tells is not None:
                going[tells.name] = Pushed(tells.at, tells.until, facts.journey)
    return Guidance(
        Guided(guides.form, going, out, inside, action),
        tells,
        stops,
        sorted({*inside} - {*kept.segments}),
        sorted({*kept.segments} - {*inside}),
        min((at for at in due if at is not None), default=None),
    )
