"""Who these traits may be: the matching, asked about somebody who is not stored. It writes nothing."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

from unifier import metrics
from unifier.events.canonical import Identifier
from unifier.events.person import Person, tell
from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import Identity, exact_keys, identify
from unifier.profiles.between import as_one
from unifier.profiles.component import Component, Record
from unifier.profiles.evidence import Evidence
from unifier.profiles.ids import Keys
from unifier.profiles.members import Member
from unifier.profiles.regroup import content
from unifier.profiles.store import Store
from unifier.profiles.verdict import Verdict
from unifier.rules import Rules
from unifier.serving.reader import StoreReader

FRAGMENTS_MOST = 200
"""Whose profiles are weighed; those with the most in common, by which people are looked up, come first."""
MEMBERS_MOST = 2_000  # fragments of all their components: some 100 ms
ASKED = b"asked"
"""In place of the id of a fragment, that of the traits."""


class UnusableError(ValueError):
    """The traits lead to nobody."""


Match = Callable[[Person, int], Awaitable[list[dict[str, Any]]]]
"""`Matcher.match`"""


class Candidate(NamedTuple):
    """A profile that the traits may be of."""

    profile_id: str
    verdict: Verdict

    def told(self) -> dict[str, Any]:
        """The fields of `models.Candidate`."""
        verdict, waterfall = self.verdict, self.verdict.waterfall.told()
        return {
            "profile_id": self.profile_id,
            "one_person": verdict.one_person,
            "bits": waterfall["bits"],
            "probability": waterfall["probability"],
            "reason": verdict.reason,
            "because": verdict.because,
            "waterfall": waterfall,
        }


class Matcher:
    """Finds candidates in Redis, by the index and the rules of the stream."""

    def __init__(self, store: Store, reader: StoreReader, keys: Keys, rules: Rules, country: str) -> None:
        self._store = store
        self._reader = reader
        self._keys = keys
        self._rules = rules
        self._country = country

    async def match(self, traits: Person, limit: int) -> list[dict[str, Any]]:
        """At most so many `models.Candidate`, the most probable first.

        Raises UnusableError, and RedisError when the store does not answer.
        """
        identity = self._identity(traits)
        found: list[Candidate] = []
        for component, records in await self._places(identity):
            found += candidates(identity, component, records, self._rules)
            await asyncio.sleep(0)  # other requests get their turn
        found.sort(key=lambda one: (-one.verdict.waterfall.bits, one.profile_id))
        return [candidate.told() for candidate in found[:limit]]

    def _identity(self, traits: Person) -> Identity:
        identifiers: list[Identifier] = []
        known: dict[str, str] = {}
        tell(traits, identifiers, known)
        return identify(tuple(identifiers), tuple(sorted(known.items())), self._country)

    async def _places(self, identity: Identity) -> list[tuple[Component, list[Record]]]:
        """The profiles of whoever is found by the traits, by component, within what may be weighed."""
        keys = [*exact_keys(identity, self._rules), *blocking_keys(identity)]
        if not keys:
            raise UnusableError
        entries = await self._store.lookup([self._keys.index(key) for key in keys])
        found = Counter(fid for entry in entries if entry and not entry.shared for fid in entry.holders)
        nearest = sorted(found, key=lambda fid: (-found[fid], fid))
        if len(nearest) > FRAGMENTS_MOST:
            metrics.capped_total.labels("match").inc()
        components = await self._reader.components(nearest[:FRAGMENTS_MOST])
        places: dict[bytes, tuple[Component, list[Record]]] = {}
        members = 0
        for fid in nearest[:FRAGMENTS_MOST]:
            if (component := components.get(fid)) is None or (record := component.record_of(fid)) is None:
                continue
            if component.is_restricted(record):
                continue
            if component.cid not in places:
                members += len(component)
                if members > MEMBERS_MOST:
                    metrics.capped_total.labels("match").inc()
                    break
            _, records = places.setdefault(component.cid, (component, []))
            if record not in records:
                records.append(record)
        return list(places.values())


def candidates(
    identity: Identity, component: Component, records: list[Record], rules: Rules
) -> Iterator[Candidate]:
    """Those of a component's profiles that an identity is likelier to be of than of anybody at random."""
    members, ties, separations, shared = content(component)
    evidence = Evidence([*members, Member(ASKED, identity)], ties, separations, shared, rules)
    for record in records:
        verdict = as_one(evidence, record.members, [ASKED])
        prior, *_ = verdict.waterfall.lines
        if verdict.waterfall.bits > prior.bits:
            yield Candidate(record.pid, verdict)
