"""What a steward is asked, worked out from the components that the lists in Redis name.

The lists only say where there is something to ask; what it is comes from the component as it is now, by the
same partition as in the stream. So a page never shows a pair whose evidence is no longer as it says.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, Protocol

from unifier.matching.score import probability
from unifier.profiles.between import apart, linked
from unifier.profiles.component import Component
from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.ids import asked_fragment
from unifier.profiles.partition import Partition, Review, decide
from unifier.profiles.regroup import contents, reviews_of
from unifier.profiles.reviews import Task, named
from unifier.profiles.store import Store
from unifier.profiles.view import view
from unifier.rules import Rules
from unifier.serving import audit
from unifier.serving.reader import StoreReader

PORTION = 20  # components that are read at once
PORTIONS_MOST = 10
"""Behind one page; under other rules than in the stream, components may have nothing to ask."""


class Reviews(Protocol):
    """Every method raises RedisError when the store does not answer."""

    async def page(self, limit: int, below: int | None, by: str) -> dict[str, Any]:
        """The fields of `models.ReviewPage`, from components below a place in the list (None: its top)."""

    async def find(self, review_id: str) -> Review | None:
        """The task of this id, if it is still asked."""


class StoreReviews:
    """The reviews over Redis."""

    def __init__(self, store: Store, reader: StoreReader, rules: Rules) -> None:
        self._store = store
        self._reader = reader
        self._rules = rules

    async def page(self, limit: int, below: int | None, by: str) -> dict[str, Any]:
        """Tasks of one component after the other."""
        seen = {"limit": limit, "after": below}
        await audit.record(self._store.redis, by, "read reviews", seen, "", audit.AUDIT_OF_READING)
        found: list[dict[str, Any]] = []
        for _ in range(PORTIONS_MOST):
            listed = await self._store.doubtful(PORTION, below)
            components = await self._reader.components(cid for _, cid in listed)
            for place, cid in listed:
                below = place
                if (component := components.get(cid)) is not None:
                    found += [self._told(component, *asked) for asked in self._asked(component)]
                    await asyncio.sleep(0)  # other requests get their turn
                if len(found) >= limit:
                    return {"reviews": found, "next": str(place)}
            if len(listed) < PORTION:
                return {"reviews": found, "next": None}
        return {"reviews": found, "next": str(below)}

    async def find(self, review_id: str) -> Review | None:
        """The task of this id."""
        fid = asked_fragment(review_id)
        components = await self._reader.components([] if fid is None else [fid])
        for component in components.values():
            for task, *_ in self._asked(component):
                if task.review_id == review_id:
                    return task.review
        return None

    def _asked(self, component: Component) -> Iterator[tuple[Task, Evidence, Partition]]:
        """The tasks of a component, each with the evidence that it comes from."""
        for part in contents(component, self._rules):
            evidence = Evidence(*part, self._rules)
            partition, _ = decide(evidence, Groups, reviews_of(component))
            for task in named(partition.reviews):
                if task.review_id not in component.unsure:
                    yield task, evidence, partition

    def _told(
        self, component: Component, task: Task, evidence: Evidence, partition: Partition
    ) -> dict[str, Any]:
        """The fields of `models.ReviewTask`."""
        a, b, bits, _ = task.review
        together = any({a[0], b[0]} <= set(group) for group in partition.groups)
        verdict = (
            linked(evidence, a, b, partition.links)
            if together
            else apart(evidence, a, b, partition.refused, together=True)
        )
        return {
            "review_id": task.review_id,
            "one_person": verdict.one_person,
            "bits": round(bits, 2),
            "probability": round(probability(bits), 6),
            "reason": verdict.reason,
            "because": verdict.because,
            "waterfall": verdict.waterfall.told(),
            "sides": [self._side(component, side) for side in (a, b)],
        }

    def _side(self, component: Component, fids: tuple[bytes, ...]) -> dict[str, Any]:
        """The fields of `models.ReviewSide`."""
        fragments = list(component.fragments(fids))
        told = view(fragments, self._rules)
        record = component.record_of(fids[0])
        return {
            "profile_id": record.pid if record else "",
            "fragments": [fid.hex() for fid in fids],
            "sources": sorted({fragment.source for fragment in fragments}),
            "first_seen_at": told["metrics"]["first_seen_at"],
            "last_seen_at": told["metrics"]["last_seen_at"],
            "traits": told["traits"],
            "identifiers": told["identifiers"],
        }
