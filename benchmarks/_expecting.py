"""What it costs to say what is expected of people, in a live stream.

The facts of each transition that carries predictions are kept while a simulated town goes through the
pipeline. Then each is worked out again as a worker does, with predictions and without, by turns, in small
parts; of each part the quickest of several runs counts, so that others on the machine do not.
"""

import asyncio
import gc
import time
from collections.abc import Sequence
from statistics import fmean
from typing import Any, NamedTuple
from unittest.mock import patch

from benchmarks._in_process import feeding, redis_server
from unifier.devstack.simulate import simulate
from unifier.journey.facts import ProfileFacts
from unifier.journey.guide import Guided, Guides, compile_guides, guide
from unifier.journey.predictions import predictions
from unifier.journey.told import Told
from unifier.profiles.fragment import Fragment
from unifier.profiles.marks import SIZE
from unifier.rules import Rules, default_rules

END_MS = 1_790_000_000_000
SOME, RUNS = 25, 20
AT_ONCE = 25  # messages of a batch, as at a steady pace


class Kept(NamedTuple):
    """The facts of a transition."""

    fragments: Sequence[Fragment]
    told: Told
    now: int


class Cost(NamedTuple):
    """Of a live stream."""

    event_us: float
    transitions: float  # with predictions, an event
    marks: float  # of a profile that makes one
    fragments: float

    def __str__(self) -> str:
        return (
            f"what is expected costs {self.event_us:.1f} us an event: {self.transitions:.3f} transitions an "
            f"event carry it, of profiles with {self.marks:.0f} marks in {self.fragments:.0f} fragments"
        )


def cost(people: int, days: int, seed: int) -> Cost:
    """Of one simulated town."""
    with redis_server() as server:
        events, kept = asyncio.run(_live(server.url, people, days, seed))
    rules = default_rules()
    guides = compile_guides(rules)
    gc.disable()
    parts = [kept[start : start + SOME] for start in range(0, len(kept), SOME)]
    seconds = sum(_more(some, rules, guides) for some in parts)
    gc.enable()
    return Cost(
        seconds / events * 1e6,
        len(kept) / events,
        fmean(sum(len(each.marks) // SIZE for each in one.fragments) for one in kept),
        fmean(len(one.fragments) for one in kept),
    )


async def _live(url: str, people: int, days: int, seed: int) -> tuple[int, list[Kept]]:
    kept: list[Kept] = []

    def noted(facts: ProfileFacts, with_hour: bool = True) -> dict[str, Any] | None:
        packed = [(each.fid, each.pack()) for each in facts._fragments]  # as they are now
        fragments = [Fragment.unpack(*each) for each in packed]
        kept.append(Kept(fragments, Told.unpack(facts._told.pack()), facts._now))
        return predictions(facts, with_hour)

    messages = list(simulate(people, days, seed, END_MS))
    async with feeding(url, default_rules(), END_MS) as feed:
        with patch("unifier.streams.telling.predictions", noted):
            for start in range(0, len(messages), AT_ONCE):
                some = messages[start : start + AT_ONCE]
                feed.now_ms = some[-1].at_ms
                await feed.take(some)
                await feed.fire()
                await feed.told()
    return len(messages), kept


def _more(some: Sequence[Kept], rules: Rules, guides: Guides) -> float:
    """Seconds of CPU that predictions take."""
    turns = [[_taken(some, rules, guides, expecting) for expecting in (False, True)] for _ in range(RUNS)]
    without, with_ = map(min, zip(*turns, strict=True))
    return float(with_ - without)


def _taken(some: Sequence[Kept], rules: Rules, guides: Guides, with_predictions: bool) -> float:
    start = time.process_time()
    for fragments, told, now in some:
        facts = ProfileFacts(fragments, told, rules, now)
        guide(Guided(), facts, guides, now, moved=True)
        if with_predictions:
            predictions(facts, with_hour=False)
    return time.process_time() - start
