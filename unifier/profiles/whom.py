"""Whom a privacy request means: a person named by identifiers, or by their keyed hashes.

A hashed identifier is written "email:0123…": its type, and in hexadecimal its place in the index.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

from unifier.events.canonical import Identifier
from unifier.matching.identity import exact_keys, identify
from unifier.profiles.component import Component, Record
from unifier.profiles.ids import Keys
from unifier.rules import Rules


def hashed(identifiers: Iterable[Identifier], keys: Keys, rules: Rules, country: str) -> list[str]:
    """The hashes of those identifiers that can name somebody."""
    named = exact_keys(identify(tuple(identifiers), (), country), rules)
    return [hash_of(key.partition("|")[0], keys.index(key)) for key in named]


def hash_of(kind: str, place: bytes) -> str:
    """A hashed identifier, from its place in the index."""
    return f"{kind}:{place.hex()}"


def place_of(hashed_identifier: str) -> bytes:
    """Its place in the index."""
    return bytes.fromhex(hashed_identifier.partition(":")[2])


def most_named(
    carriers: Sequence[Set[bytes]], components: Mapping[bytes, Component]
) -> tuple[Component, Record] | None:
    """The profile that carries most of the identifiers; of several, as a look-up, the one with most holders.

    `carriers`: of each identifier the fragments that carry it; `components`: fragment → where it is stored.
    """
    places: dict[str, tuple[Component, Record]] = {}
    carried: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for fids in carriers:
        found = set()
        for fid in fids:
            component = components.get(fid)
            if component is not None and (record := component.record_of(fid)) is not None:
                places[record.pid] = component, record
                found.add(record.pid)
                told[record.pid] += 1
        carried.update(found)
    if not places:
        return None
    return places[min(places, key=lambda pid: (-carried[pid], -told[pid], places[pid][1].born, pid))]
