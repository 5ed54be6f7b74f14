"""The journey models of the rules file, compiled once into tables that the walk reads.

A phase is its place in the model's order; `NONE` stands before the first. Tables by phase have one entry
more than there are phases, so that index `NONE` finds its own at the end.
"""

import zlib
from dataclasses import dataclass

from unifier.events.canonical import CHANNELS
from unifier.rules import Rules
from unifier.rules.phases import PhaseModel

NONE = -1
NEVER = 1 << 62  # a time, in milliseconds, that does not come; fits msgpack and every sum made with it


@dataclass(frozen=True, slots=True)
class Model:
    """One journey model. Times in milliseconds; phases as places in `phases`."""

    name: str
    phases: tuple[str, ...]  # "none" at the end
    touch: int
    interest: int
    preference: int
    purchase: int
    fulfilled: int
    loyal: int
    lapse_after: tuple[int, ...]  # by phase; 0: does not lapse
    lapse_to: tuple[int, ...]
    ends_after: int  # how long the fulfilled phase lasts
    ends_loyal: int
    ends_otherwise: int
    third_view: int
    repeat_within: int
    loyal_for: int
    new_journey_interests: int
    new_journey_within: int
    fulfilled_after: tuple[int, ...]  # by channel


@dataclass(frozen=True, slots=True)
class Models:
    """All models that run side by side; the first is the profile's `phase`."""

    each: tuple[Model, ...]
    form: int  # checksum of the rules they were compiled from: other rules, other walk
    stale_after: int  # milliseconds


def compile_models(rules: Rules) -> Models:
    """The tables of all models in the rules file."""
    told = rules.model_dump_json(include={"journey", "models"})
    each = tuple(_compiled(name, model, rules) for name, model in rules.models.items())
    return Models(each, zlib.crc32(told.encode()), rules.journey.stale_after)


def _compiled(name: str, model: PhaseModel, rules: Rules) -> Model:
    journey = rules.journey
    place = {phase: index for index, phase in enumerate(model.phases)} | {"none": NONE}
    lapse_after = [0] * (len(model.phases) + 1)
    lapse_to = [NONE] * (len(model.phases) + 1)
    for lapse in model.lapse:
        lapse_after[place[lapse.source]] = lapse.after_ms
        lapse_to[place[lapse.source]] = place[lapse.to]
    fulfilled = place[model.on.fulfilment]
    return Model(
        name=name,
        phases=(*model.phases, "none"),
        touch=place[model.on.touch],
        interest=place[model.on.interest],
        preference=place[model.on.preference],
        purchase=place[model.on.purchase],
        fulfilled=fulfilled,
        loyal=place[model.on.loyal],
        lapse_after=tuple(lapse_after),
        lapse_to=tuple(lapse_to),
        ends_after=model.ends.after if model.ends else NEVER,
        ends_loyal=place[model.ends.loyal] if model.ends else fulfilled,
        ends_otherwise=place[model.ends.otherwise] if model.ends else place[model.on.touch],
        third_view=journey.third_view,
        repeat_within=journey.repeat_within,
        loyal_for=journey.loyal_for,
        new_journey_interests=journey.new_journey_interests,
        new_journey_within=journey.new_journey_within,
        fulfilled_after=tuple(
            journey.fulfilled_after_store if channel == "store" else journey.fulfilled_after_online
            for channel in CHANNELS
        ),
    )
