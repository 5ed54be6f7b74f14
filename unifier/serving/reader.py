"""What the service reads: profiles, worked out by the same pure functions as in the stream."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from redis.exceptions import RedisError

from unifier.journey.profile import document
from unifier.matching.identity import exact_keys, identify
from unifier.profiles.component import Component, Record
from unifier.profiles.ids import Keys, fragment_of
from unifier.profiles.store import IndexEntry, Store
from unifier.profiles.store.follow import follow
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.profiles.view import timeline
from unifier.rules import Rules
from unifier.serving.evidence import Asked, evidence, verdict
from unifier.serving.gathering import Gathering

AT_ONCE = 25  # documents that are worked out before other requests get their turn


class Found(NamedTuple):
    """A document about one profile, with its `profile_id`, and the id that was asked for.

    The two differ when the id asked for was merged away: the document is the survivor's.
    """

    document: dict[str, Any]
    requested_id: str


class Erased:
    """Answer for an id whose person was erased."""


ERASED: Final = Erased()


class Restricted:
    """Answer for somebody of whom nothing may be read."""


RESTRICTED: Final = Restricted()
Answer = Found | Erased | Restricted | None


class Reader(Protocol):
    """Every method raises RedisError when the store does not answer. Answers come one per entry, in order."""

    async def profiles(self, ids: Sequence[str]) -> list[Answer]:
        """Profiles by id."""

    async def lookups(self, entries: Sequence[Mapping[str, str]]) -> list[Answer]:
        """For each entry (type → value) the profile of its first identifier that is known."""

    async def next_action(self, profile_id: str) -> Answer:
        """{profile_id, phase, segments, next_action}; next_action None: nothing but wait."""

    async def timeline(self, profile_id: str) -> Answer:
        """{profile_id, touches: [{at, channel, touchpoint, name}]}, newest first."""

    async def evidence(self, profile_id: str, other: str | None = None) -> Answer:
        """The fields of `models.Evidence`; with `other`, why the two are or are not one person."""

    async def ready(self) -> bool:
        """Whether the store answers."""


Place = tuple[Component, Record]
Work = Callable[[Component, Record], dict[str, Any]]


class StoreReader:
    """The reader over Redis. It keeps nothing: every answer is what is stored at that moment."""

    def __init__(self, store: Store, keys: Keys, rules: Rules, country: str) -> None:
        self._redis = store.redis
        self._homes = Gathering(store.homes)
        self._index = Gathering(store.lookup)
        self._keys = keys
        self._rules = rules
        self._country = country
        # Of many fragments it takes a second of the processor: one at a time, beside whoever else asks.
        self._weighing = asyncio.Lock()

    async def profiles(self, ids: Sequence[str]) -> list[Answer]:
        """Profiles by id."""
        return await self._answers(ids, self._document)

    async def lookups(self, entries: Sequence[Mapping[str, str]]) -> list[Answer]:
        """Profiles by identifiers."""
        named = [[text for pair in entry.items() for text in self._index_keys(*pair)] for entry in entries]
        texts = list(dict.fromkeys(text for keys in named for text in keys))
        entered = await self._index([self._keys.index(text) for text in texts])
        known = {text: entry for text, entry in zip(texts, entered, strict=True) if entry is not None}
        carriers = {fid for entry in known.values() if not entry.shared for fid in entry.holders}
        components = await self.components(carriers)
        places = [_first_known(keys, known, components) for keys in named]
        seen = [place for place in places if place is not None and not place[0].is_restricted(place[1])]
        told = dict(zip([r.pid for _, r in seen], await self._documents(seen, self._document), strict=True))
        answers: list[Answer] = []
        for place in places:
            pid = None if place is None else place[1].pid
            answers.append(None if pid is None else Found(told[pid], pid) if pid in told else RESTRICTED)
        return answers

    async def timeline(self, profile_id: str) -> Answer:
        """Touches, newest first."""
        return (await self._answers([profile_id], _timeline))[0]

    async def next_action(self, profile_id: str) -> Answer:
        """What to do next for a profile."""
        return (await self._answers([profile_id], self._next_action))[0]

    async def evidence(self, profile_id: str, other: str | None = None) -> Answer:
        """Links, refused links and separations; None too when the other is unknown."""
        asked = [profile_id] if other is None else [profile_id, other]
        answers = await self._find(asked)
        hidden = answers.get(profile_id)
        if isinstance(hidden, Erased | Restricted):
            return hidden
        places = _alive(answers)
        if len(places) < len(set(asked)):
            return None
        async with self._weighing:
            document = await asyncio.to_thread(self._weigh, [Asked(*places[pid], pid) for pid in asked])
        return Found(document, profile_id)

    async def ready(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(await self._redis.ping())
        except RedisError:
            return False

    async def places(self, ids: Iterable[str]) -> dict[str, Place]:
        """The component and the record that each id stands for today; of those that are known."""
        return _alive(await self._find(ids))

    async def _find(self, ids: Iterable[str]) -> dict[str, Place | Erased | Restricted]:
        """What each id stands for today; of those that are known."""
        homes = {pid: fid for pid in ids if (fid := fragment_of(pid)) is not None}
        components = await self.components(homes.values())
        found: dict[str, Place | Erased | Restricted] = {}
        for pid, fid in homes.items():
            if (component := components.get(fid)) is None:
                continue
            if record := component.stands_for(pid):
                found[pid] = RESTRICTED if component.is_restricted(record) else (component, record)
            elif component.privacy is not None and pid in component.privacy.ids:
                found[pid] = ERASED
        return found

    async def _answers(self, ids: Sequence[str], work: Work) -> list[Answer]:
        answers = await self._find(ids)
        places = _alive(answers)
        documents = dict(zip(places, await self._documents(list(places.values()), work), strict=True))
        return [Found(documents[pid], pid) if pid in documents else _hidden(answers.get(pid)) for pid in ids]

    async def _documents(self, places: Sequence[Place], work: Work) -> list[dict[str, Any]]:
        made: dict[str, dict[str, Any]] = {}
        for number, (component, record) in enumerate(places, 1):
            if record.pid not in made:
                made[record.pid] = work(component, record)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        return [made[record.pid] for _, record in places]

    async def components(self, fids: Iterable[bytes]) -> dict[bytes, Component]:
        """The component of each fragment that is stored, found along the signposts."""
        found = await follow(self._homes, {fid: [fid] for fid in fids})
        opened = {cid: Component.unpack(cid, value[HEAD_BYTES:]) for cid, value in found.values.items()}
        return {fid: opened[root] for fid, root in found.roots.items() if root is not None}

    def _weigh(self, asked: Sequence[Asked]) -> dict[str, Any]:
        """The evidence of the first, and of both if there are two."""
        one = asked[0]
        told = evidence(one.component, one.record, self._rules)
        for two in asked[1:]:
            found = verdict(one, two, self._rules)
            told["other"] = found and {"profile_id": two.record.pid, **found.told(bytes.hex)}
        return told

    def _index_keys(self, kind: str, value: str) -> list[str]:
        return exact_keys(identify(((kind, value),), (), self._country), self._rules)

    def _document(self, component: Component, record: Record) -> dict[str, Any]:
        return document(component, record, self._rules, self._keys, int(time.time() * 1000))

    def _next_action(self, component: Component, record: Record) -> dict[str, Any]:
        whole = self._document(component, record)
        return {name: whole[name] for name in ("profile_id", "phase", "segments", "next_action")}


def _hidden(answer: Place | Erased | Restricted | None) -> Answer:
    return answer if isinstance(answer, Erased | Restricted) else None


def _alive(answers: Mapping[str, Place | Erased | Restricted]) -> dict[str, Place]:
    return {pid: answer for pid, answer in answers.items() if not isinstance(answer, Erased | Restricted)}


def _first_known(
    keys: Iterable[str], known: Mapping[str, IndexEntry], components: Mapping[bytes, Component]
) -> Place | None:
    """The profile of the first identifier that is known; a shared one names nobody.

    Where rules keep several profiles with one value apart, the one that has it from the most sources.
    """
    for key in keys:
        entry = known.get(key)
        if entry is None or entry.shared:
            continue
        places: dict[str, Place] = {}
        carried: Counter[str] = Counter()
        for fid in entry.holders:
            component = components.get(fid)
            if component is not None and (record := component.record_of(fid)) is not None:
                places[record.pid] = component, record
                carried[record.pid] += 1
        if places:
            return places[min(places, key=lambda pid: (-carried[pid], places[pid][1].born, pid))]
    return None


def _timeline(component: Component, record: Record) -> dict[str, Any]:
    return {"profile_id": record.pid, "touches": timeline(list(component.fragments(record.members)))}
