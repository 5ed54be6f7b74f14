"""What the journeys of everybody add up to, out of the counts that the relays keep."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple, Protocol

from unifier.journey.counted import NOW
from unifier.journey.counts import Counts
from unifier.journey.models import Model, compile_models
from unifier.journey.paths import dwell, flows, phases
from unifier.journey.responses import response_times
from unifier.journey.ropo import credited
from unifier.journey.touchpoints import touchpoints
from unifier.journey.visits import CHANNEL, cells_of, learnt, why
from unifier.journey.weak_points import weak_points
from unifier.profiles.marks import DAY_MS
from unifier.profiles.store.counts import KEPT_DAYS
from unifier.rules import Rules

AT_ONCE = 10  # days that are read before other requests get their turn

Read = Callable[[Iterable[int]], Awaitable[dict[tuple[str | int, ...], int]]]
"""`profiles.store.JourneyCounts.read`"""


class Days(NamedTuple):
    """From a day on up to another one, both inclusive, counted from 1970, UTC."""

    first: int
    last: int


class NotCountedError(ValueError):
    """The counts cannot say what is asked for; the message names the parameter and what to ask instead."""


class Journey(Protocol):
    """Every method raises RedisError and NotCountedError. Model "" is the first one, channel "" all."""

    async def summary(self, model: str, days: Days) -> dict[str, Any]:
        """The fields of `journey_models.Summary`."""

    async def flows(self, model: str, days: Days, channel: str) -> dict[str, Any]:
        """The fields of `journey_models.Flows`."""

    async def touchpoints(self, model: str, days: Days, channel: str) -> dict[str, Any]:
        """The fields of `journey_models.Touchpoints`."""

    async def weak_points(self, model: str, days: Days, channel: str) -> dict[str, Any]:
        """The fields of `journey_models.WeakPoints`."""


class CountedJourney:
    """The journeys over Redis."""

    def __init__(
        self, read: Read, rules: Rules, clock: Callable[[], int] = lambda: int(time.time() * 1000)
    ) -> None:
        self._read = read
        self._models = {model.name: model for model in compile_models(rules).each}
        self._steps = rules.steps
        self._clock = clock

    async def summary(self, model: str, days: Days) -> dict[str, Any]:
        """People per phase now, how far journeys got, how long stays lasted."""
        wanted, counts = self._model(model), await self._counts(days)
        now = Counter[str]()
        for (_, what, *rest), number in (await self._read([NOW])).items():
            if what == "now" and rest[0] == wanted.name:
                now[str(rest[1])] += number
        return {
            "model": wanted.name,
            "phases": phases(now, counts, wanted),
            "dwell": dwell(counts, wanted),
            "responses": response_times(counts),
            **{kind: credited(counts, kind) for kind in ("ropo", "showrooming")},
        }

    async def flows(self, model: str, days: Days, channel: str) -> dict[str, Any]:
        """Moves between phases; of a channel those that a touch in it caused."""
        wanted = self._model(model)
        return {"model": wanted.name, "flows": flows(await self._counts(days), wanted, channel)}

    async def touchpoints(self, model: str, days: Days, channel: str) -> dict[str, Any]:
        """Intensity and resonance; the base rate is that of all channels."""
        if self._model(model) is not (first := self._model("")):
            raise NotCountedError(
                f"model: touchpoints are judged by {first.name}; leave it out, or ask flows or summary."
            )
        found = touchpoints(await self._counts(days), self._clock() // DAY_MS)
        each = [one for one in found["each"] if channel in ("", one["channel"])]
        return {**found, "each": each}

    async def weak_points(self, model: str, days: Days, channel: str) -> dict[str, Any]:
        """Those that lasted on one of the days, held against all that is kept, up to yesterday.

        They are of steps, and so the same for every model.
        """
        self._model(model)
        yesterday = self._clock() // DAY_MS - 1
        counts = await self._counts(Days(yesterday - KEPT_DAYS, yesterday))
        following = learnt(counts) if self._steps.learnt else self._steps.following
        found = await asyncio.to_thread(weak_points, cells_of(counts, following))
        return {
            "weak_points": [
                point.document(following[point.step], why(point, following[point.step], counts))
                for point in found
                if point.since <= days.last
                and (point.until is None or point.until > days.first)
                and channel in ("", point.where.get(CHANNEL, channel))
            ]
        }

    def _model(self, name: str) -> Model:
        models = self._models
        if name and name not in models:
            raise NotCountedError(f"model: there is no such journey model; there are {', '.join(models)}.")
        return models[name] if name else next(iter(models.values()))

    async def _counts(self, days: Days) -> Counts:
        found: Counts = {}
        for first in range(days.first, days.last + 1, AT_ONCE):
            found.update(await self._read(range(first, min(first + AT_ONCE, days.last + 1))))
            await asyncio.sleep(0)
        return found
