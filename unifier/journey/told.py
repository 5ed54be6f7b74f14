"""What a profile's readers were told, kept so that the next word fits to the last.

`Told` is stored with the profile. It is bounded: per model the newest `TOLD_MAX` transitions and where the
walk stands.
"""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from unifier.events.form import time_text
from unifier.journey.models import NONE, Model, Models
from unifier.journey.walk import State

TOLD_MAX = 8  # newest transitions told that a later correction can still name
FORMER = -2
FORMER_MAX = 4  # models that the rules no longer have, or not those of every worker


class Entry(NamedTuple):
    """A transition that was told."""

    number: int
    at: int  # milliseconds UTC
    phase: int  # place in the model's `phases`; FORMER: the rules no longer have it
    journey: int


class Telling(NamedTuple):
    """One model's part."""

    model: str
    number: int  # of the newest transition told; they count up from 1
    phase: str  # the phase told last: always the phase of the profile
    entries: list[list[int]]  # the newest told, newest last; each an Entry as msgpack knows it
    wrong: list[int]  # numbers that no longer hold, and that no transition has corrected yet
    state: list[Any]  # where the walk stands: State, packed


@dataclass(slots=True)
class Told:
    """What was told of one profile, by model."""

    form: int  # the rules it was walked with
    undone: int  # which orders had been undone, as `undone_sum`
    tellings: list[Telling]  # in the order of the models
    former: list[Telling] = field(default_factory=list)  # of models that the rules had before

    def pack(self) -> list[object]:
        """A list of plain values for msgpack."""
        return [self.form, self.undone, *([[*e] for e in each] for each in (self.tellings, self.former))]

    @classmethod
    def unpack(cls, packed: list[Any]) -> "Told":
        """Inverse of `pack`."""
        form, undone, *both = packed
        return cls(form, undone, *([Telling._make(e) for e in each] for each in both))


def untold(models: Models) -> Told:
    """Of a profile that nothing was told of yet."""
    return Told(models.form, 0, [_silent(model) for model in models.each])


def retold(told: Told, models: Models) -> Told:
    """The same under changed rules: of each model that is still there the last word, to compare with.

    A model that is not may come back, or be there for another worker: it goes on from its last number, since
    no id may stand for two transitions.
    """
    former = {each.model: each for each in (*told.tellings, *told.former)}
    tellings = []
    for model in models.each:
        telling = former.pop(model.name, None) or _silent(model)
        place = {phase: index for index, phase in enumerate(model.phases)} | {"none": NONE}
        last = [
            [number, at, place.get(telling.phase, FORMER), journey]
            for number, at, _, journey in telling.entries[-1:]
        ]
        tellings.append(telling._replace(entries=last))
    gone = [each._replace(entries=each.entries[-1:]) for each in former.values()]
    return Told(models.form, told.undone, tellings, gone[:FORMER_MAX])


def _silent(model: Model) -> Telling:
    return Telling(model.name, 0, "none", [], [], State().pack())


def phase_view(told: Told, model_name: str) -> dict[str, Any]:
    """Where the profile stands in one model, as in its document; `since` None: it was never in a phase."""
    telling = next(each for each in told.tellings if each.model == model_name)
    state = State(*telling.state)
    since = None if state.since is None else time_text(state.since)
    return {"current": telling.phase, "since": since, "journey": state.journey}


def loyal(told: Told) -> bool:
    """Whether the profile is loyal by the first model, as of when it was followed last."""
    return State(*told.tellings[0].state).loyal


def undone_sum(undone: Set[bytes]) -> int:
    """A checksum of the set of undone orders: the same in any order, 0 for none."""
    total = 0
    for order in undone:
        total ^= int.from_bytes(order)
    return total
