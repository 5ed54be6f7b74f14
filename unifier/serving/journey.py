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
from unifier.journey.touchpoints import touchpoints
from unifier.journey.visits import CHANNEL, cells_of
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


class UnknownModelError(ValueError):
    """The rules name no such journey model; the message names those there are."""


class Journey(Protocol):
    """Every method raises RedisError, and those with a model UnknownModelError; "" is the first model."""

    async def summary(self, model: str, days: Days) -> dict[str, Any]:
        """The fields of `journey_models.Summary`."""

    async def flows(self, model: str, days: Days) -> dict[str, Any]:
        """The fields of `journey_models.Flows`."""

    async def touchpoints(self, days: Days, channel: str) -> dict[str, Any]:
        """The fields of `journey_models.Touchpoints`; channel "": all."""

    async def weak_points(self, days: Days, channel: str) -> dict[str, Any]:
        """The fields of `journey_models.WeakPoints`; channel "": all."""


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
        }

    async def flows(self, model: str, days: Days) -> dict[str, Any]:
        """Moves between phases."""
        wanted = self._model(model)
        return {"model": wanted.name, "flows": flows(await self._counts(days), wanted)}

    async def touchpoints(self, days: Days, channel: str) -> dict[str, Any]:
        """Intensity and resonance; the base rate is that of all channels."""
        found = touchpoints(await self._counts(days), self._clock() // DAY_MS)
        each = [one for one in found["each"] if channel in ("", one["channel"])]
        return {**found, "each": each}

    async def weak_points(self, days: Days, channel: str) -> dict[str, Any]:
        """Those that lasted on one of the days, held against all that is kept, up to yesterday."""
        yesterday = self._clock() // DAY_MS - 1
        counts = await self._counts(Days(yesterday - KEPT_DAYS, yesterday))
        found = await asyncio.to_thread(weak_points, cells_of(counts, self._steps))
        return {
            "weak_points": [
                point.document(self._steps.following[point.step], None)
                for point in found
                if point.since <= days.last
                and (point.until is None or point.until > days.first)
                and channel in ("", point.where.get(CHANNEL, channel))
            ]
        }

    def _model(self, name: str) -> Model:
        models = self._models
        if name and name not in models:
            raise UnknownModelError(f"There is no journey model of this name; there are {', '.join(models)}.")
        return models[name] if name else next(iter(models.values()))

    async def _counts(self, days: Days) -> Counts:
        found: Counts = {}
        for first in range(days.first, days.last + 1, AT_ONCE):
            found.update(await self._read(range(first, min(first + AT_ONCE, days.last + 1))))
            await asyncio.sleep(0)
        return found
