"""Values: everything known of a fragment, or of several put together, as sets."""

from collections.abc import Iterable
from dataclasses import dataclass

from unifier.events.canonical import Identifier
from unifier.matching.identity import Identity

Texts = frozenset[str]
NOTHING: Texts = frozenset()


@dataclass(slots=True, frozen=True, eq=False)
class Values:
    """Sets of values per field. People have several addresses, e-mails and spellings."""

    firsts: Texts
    middles: Texts
    lasts: Texts
    births: Texts
    addresses: Texts
    cities: Texts
    ids: dict[str, Texts]  # by type, in the order of the types


def address(identity: Identity) -> str:
    """ "postcode|street house number"; "" without a street."""
    return f"{identity.postcode}|{identity.street} {identity.house_no}" if identity.street else ""


def _texts(value: str) -> Texts:
    return frozenset((value,)) if value else NOTHING


def values_of(identity: Identity, identifiers: tuple[Identifier, ...] | None = None) -> Values:
    """The values of one fragment; of its identifiers only these, by default all."""
    ids: dict[str, Texts] = {}
    for kind, value in identity.ids if identifiers is None else identifiers:
        ids[kind] = ids.get(kind, NOTHING) | {value}
    return Values(
        _texts(identity.first),
        _texts(identity.middle),
        _texts(identity.last),
        _texts(identity.birth),
        _texts(address(identity)),
        _texts(identity.city),
        ids,
    )


def merged(parts: Iterable[Values]) -> Values:
    """The union, field by field."""
    parts = list(parts)
    kinds = sorted({kind for part in parts for kind in part.ids})
    return Values(
        NOTHING.union(*[part.firsts for part in parts]),
        NOTHING.union(*[part.middles for part in parts]),
        NOTHING.union(*[part.lasts for part in parts]),
        NOTHING.union(*[part.births for part in parts]),
        NOTHING.union(*[part.addresses for part in parts]),
        NOTHING.union(*[part.cities for part in parts]),
        {kind: NOTHING.union(*[part.ids.get(kind, NOTHING) for part in parts]) for kind in kinds},
    )
