"""The verifier, in Redis: looks at all keys for the identifiers, and for whoever a component says is gone."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
import ormsgpack

from unifier.profiles.component import Component
from unifier.profiles.privacy import NOBODY_ASKED
from unifier.profiles.store import Store
from unifier.profiles.store.layout import FROZEN, HEAD_BYTES, HOLDER_BYTES, LIVE, SHARED, UNTIL_DIGITS
from unifier.profiles.traces import Traces
from unifier.streams.found import Found

STEP = 1_000  # keys read at once
_OUR_OWN = ("token", "sure", "forms", "seals", "behind", "people", "capped", "counted")
"""Numbers and names of the system's own."""


async def look_in_redis(store: Store, traces: Traces, found: Found) -> None:
    """Look at every key."""
    homes, strange, buckets = set[bytes](), list[bytes](), list[bytes]()
    redis: Any = store.redis
    async for key in redis.scan_iter(count=STEP):
        part = _part(key)
        if part == "c":
            homes.add(key[-12:])
        elif part == "i":
            buckets.append(key)
        else:
            strange.append(key)
    alive = set[bytes]()
    for cids in _portions(sorted(homes)):
        for cid, value in zip(cids, await store.homes(cids), strict=True):
            if value is not None and value[:1] == FROZEN:  # the same is, or will be, in another
                _look_at_component(Component.unpack(cid, value[2 * HEAD_BYTES :]), traces, found)
            if value is not None and value[:1] == LIVE:
                component = Component.unpack(cid, value[HEAD_BYTES:])
                _look_at_component(component, traces, found)
                if component.records or (component.privacy and component.privacy.intents):
                    alive.add(cid)
    for keys in _portions(buckets):
        for key in keys:
            for entry in (await redis.hgetall(key)).values():
                found.left["index"] += _rows_of_gone(entry, found.gone)
    for key in strange:
        await _look_at(store, key, traces, alive, homes, found)


def _look_at_component(component: Component, traces: Traces, found: Found) -> None:
    gone = component.privacy.gone if component.privacy else {}
    if component.privacy:
        found.ids.update(pid for pid, up_to in component.privacy.ids.items() if up_to != NOBODY_ASKED)
        found.left["erasures that are not finished"] += sum(
            not (intent.into or intent.expired) for intent in component.privacy.intents
        )
    carried: set[str] = set()
    for fragment in component.fragments():
        keys = [f"{kind}|{value}" for kind, value in fragment.identity.ids] + [*fragment.claims]
        carried.update(keys)
        named = any(map(traces.names, keys))
        # Who is a new relation, or another person with the identifier, is in the index under it.
        if fragment.began <= gone.get(fragment.fid, -1) or (named and fragment.fid not in found.known):
            found.left["fragments"] += 1
        elif named and fragment.began <= found.known[fragment.fid]:
            record = component.record_of(fragment.fid)
            found.others.add(record.pid if record else "")
    found.left["words"] += sum(traces.names(key) and key not in carried for key in component.shared)
    stored = component.packed.keys()
    sides = [(tie.a, tie.b) for tie in component.ties] + [(*one.a, *one.b) for one in component.separations]
    found.left["words"] += sum(map(stored.isdisjoint, sides))
    profiles = component.records | component.dead
    found.left["profiles"] += sum(
        pid in found.ids or not stored >= set(one.members) for pid, one in profiles.items()
    )
    found.gone |= {fid: at for fid, at in gone.items() if fid not in component}


def _rows_of_gone(entry: bytes, gone: dict[bytes, int]) -> int:
    first = 1 if entry[0] <= SHARED else 1 + UNTIL_DIGITS
    return sum(entry[at : at + 12] in gone for at in range(first, len(entry), HOLDER_BYTES))


async def _look_at(
    store: Store, key: bytes, traces: Traces, alive: set[bytes], homes: set[bytes], found: Found
) -> None:
    """A key that is neither home nor index."""
    redis: Any = store.redis
    part = _part(key)
    if part == "out":
        for _, fields in await redis.xrange(key):
            if b"e" in fields:
                for _topic, profile, value in ormsgpack.unpackb(store.seal.open(fields[b"e"])):
                    found.left["outbox"] += _tells_of_gone(profile, value, traces, found)
    elif part in ("timers", "reviews"):
        members = set(await redis.zrange(key, 0, -1))
        found.left[part] += len(members - alive)
    elif part == "dirty":
        found.left[part] += len(set(await redis.smembers(key)) - homes)
    elif part == "todo":
        found.left[part] += len(set(await redis.zrange(key, 0, -1)) - homes)
    elif part == "journey":
        # Names of touchpoints are told by publishers; a number is a sum, and may be anybody's account.
        for field in await redis.hkeys(key):
            found.left[part] += any(
                traces.in_text(one) for one in orjson.loads(field) if isinstance(one, str)
            )
    elif part not in _OUR_OWN:
        async for value in _values(store, key):
            found.left[part] += traces.in_record(value)


def _tells_of_gone(profile: bytes, value: bytes | None, traces: Traces, found: Found) -> bool:
    """A message about an erased profile, other than that it was; or one with the identifier in it."""
    if value is None:
        return False
    erased = profile.decode() in found.ids and b'"unifier.identity.erased.v1"' not in value
    return erased or traces.in_record(value, numbers=False)


async def _values(store: Store, key: bytes) -> AsyncIterator[bytes]:
    """Everything under a key of whatever type, the key's own name, without a shard's number, first."""
    redis: Any = store.redis
    yield key.partition(b":")[2] if key.startswith(b"{") else key
    match await redis.type(key):
        case b"string":
            yield await redis.get(key) or b""
        case b"hash":
            for name, value in (await redis.hgetall(key)).items():
                yield name
                yield value
        case b"set":
            for value in await redis.smembers(key):
                yield value
        case b"zset":
            for value in await redis.zrange(key, 0, -1):
                yield value
        case b"list":
            for value in await redis.lrange(key, 0, -1):
                yield value
        case b"stream":
            for _, fields in await redis.xrange(key):
                for value in fields.values():
                    yield value


def _part(key: bytes) -> str:
    """What a key holds: "c", "i", "out", … or "u:audit" and its like; the name of another may be a value."""
    tag, _, rest = key.partition(b":")
    part = rest.partition(b":")[0].decode(errors="replace")
    if tag.startswith(b"{"):
        return part
    return f"u:{part}" if tag == b"u" else "other keys"


def _portions(items: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(items), STEP):
        yield items[start : start + STEP]
