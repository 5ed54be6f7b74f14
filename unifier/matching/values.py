"""Values: everything known of a fragment, or of several put together, as sets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from unifier.events.canonical import Identifier
from unifier.matching.identity import Identity
from unifier.matching.titles import suffix_apart

Texts = tuple[str, ...]
"""Sorted, without repetitions; a quarter of the memory of a set."""
NOTHING: Texts = ()
_NONE: dict[str, Texts] = {}


@dataclass(slots=True, eq=False)  # never changed; to freeze it doubles the time it takes to make one
class Values:
    """Values per field. People have several addresses, e-mails and spellings."""

    firsts: Texts
    middles: Texts  # without the suffix
    suffixes: Texts  # what tells father from son
    lasts: Texts
    births: Texts
    addresses: Texts
    postcodes: Texts
    cities: Texts
    attributes: dict[str, Texts]  # by name, in the order of the names
    ids: dict[str, Texts]  # by type, in the order of the types


def address(identity: Identity) -> str:
    """ "postcode|street house number"; "" without a street."""
    return f"{identity.postcode}|{identity.street} {identity.house_no}" if identity.street else ""


def common(mine: Texts, theirs: Texts) -> Texts:
    """What both have."""
    if len(mine) == 1 == len(theirs):
        return mine if mine == theirs else NOTHING
    return tuple([value for value in mine if value in theirs])


def _texts(value: str) -> Texts:
    return (value,) if value else NOTHING


def _by_kind(pairs: Iterable[Identifier]) -> dict[str, Texts]:
    found: dict[str, Texts] = {}
    for kind, value in pairs:
        found[kind] = (*found.get(kind, NOTHING), value)
    return found


def values_of(identity: Identity, identifiers: tuple[Identifier, ...] | None = None) -> Values:
    """The values of one fragment; of its identifiers only these, by default all."""
    middle, suffix = suffix_apart(identity.middle) if identity.middle else ("", "")
    return Values(
        _texts(identity.first),
        _texts(middle),
        _texts(suffix),
        _texts(identity.last),
        _texts(identity.birth),
        _texts(address(identity)),
        _texts(identity.postcode),
        _texts(identity.city),
        _by_kind(identity.attributes) if identity.attributes else _NONE,
        _by_kind(identity.ids if identifiers is None else identifiers),
    )


def merged(parts: Iterable[Values]) -> Values:
    """The union, field by field, of one or several."""
    parts = list(parts)
    fields = zip(*map(_TEXTS, parts), strict=True)
    firsts, middles, suffixes, lasts, births, addresses, postcodes, cities = map(_together, fields)
    attributes, ids = _union([part.attributes for part in parts]), _union([part.ids for part in parts])
    return Values(firsts, middles, suffixes, lasts, births, addresses, postcodes, cities, attributes, ids)


_TEXTS = attrgetter("firsts", "middles", "suffixes", "lasts", "births", "addresses", "postcodes", "cities")


def _union(parts: list[dict[str, Texts]]) -> dict[str, Texts]:
    kinds = sorted(set[str]().union(*parts))
    return {kind: _together([part.get(kind, NOTHING) for part in parts]) for kind in kinds}


def _together(parts: Sequence[Texts]) -> Texts:
    told = set(parts)
    told.discard(NOTHING)
    if len(told) < 2:
        return told.pop() if told else NOTHING
    return tuple(sorted(set[str]().union(*told)))
