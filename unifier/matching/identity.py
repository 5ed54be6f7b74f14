"""Who an event says it is about, in comparable form.

Normalising never raises: what cannot be made comparable, and what only fills a field (Kunde,
1900-01-01, 000 000), becomes "". Everything slow is remembered by the raw value.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple
from zlib import crc32

import ormsgpack

from unifier.events.canonical import Identifier
from unifier.events.fields import exact, nobody
from unifier.matching.addresses import address, flat, place
from unifier.matching.contacts import email, phone
from unifier.matching.countries import country_code
from unifier.matching.dates import birth_date
from unifier.matching.house_numbers import flat_told
from unifier.matching.names import COMPANY, Name, full_name, person
from unifier.matching.spelling import plain
from unifier.matching.texts import text
from unifier.rules import Rules


class Identity(NamedTuple):
    """The normalised values of one fragment; "" where nothing is known."""

    first: str = ""
    middle: str = ""
    last: str = ""
    birth: str = ""  # YYYY-MM-DD
    street: str = ""
    house_no: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""  # only if the event told it: the default region tells nobody apart
    attributes: tuple[Identifier, ...] = ()  # (name, text) of whatever else is compared; sorted
    ids: tuple[Identifier, ...] = ()  # sorted, without repetitions

    def texts(self) -> list[str]:
        """All values in one row, by which identities are told apart."""
        *named, attributes, ids = self
        described = [(_ATTRIBUTE + name, value) for name, value in attributes]
        return [*named, *[part for pair in (*described, *ids) for part in pair]]

    def names_as(self, other: "Identity") -> bool:
        """The two differ by nothing but attributes."""
        return self[:_NAMED] == other[:_NAMED] and self.ids == other.ids


_NAMED = len(Identity._fields) - 2
_ATTRIBUTE = "attribute:"
FLAT = "flat"
"""The attribute that is found in the address, if no field tells it: the flat within the house."""
_GROUPED = re.compile(r"[\s./-]+")
_NO_NATIONAL_ID = re.compile(r"(.)\1*|1?23456789|12345678|987654321|.*XXXX.*")
# Shown in part: ***-**-6789, a***@example.org. What is left names many; of a card or an account it may be all
# that a shop ever has.
_MASKED = re.compile(r"\*\*|••")
_NOT_IN_PART = ("email", "phone", "national_id")


def identify(
    identifiers: tuple[Identifier, ...], traits: tuple[tuple[str, str], ...], country: str
) -> Identity:
    """Make identifiers and traits comparable; `country` (ISO 3166, "" unknown) is the default region.

    A trait "attribute:NAME" is any other text that is compared.
    """
    if not traits:
        return Identity(ids=_identifiers(identifiers, country))
    told = dict(traits)
    get = told.get
    own_country = country_code(get("country", ""))
    region = own_country or country
    first, middle, last = person(
        get("first_name", ""), get("middle_name", ""), get("last_name", ""), get("title", "")
    )
    if not (first and last) and (whole := get("full_name")):
        first, middle, last = _completed(Name(first, middle, last), full_name(whole, region))
    road, house_no, post, city = address(
        get("street", ""), get("house_no", ""), get("postal_code", ""), get("city", ""), region
    )
    return Identity(
        first,
        middle,
        last,
        "" if first == COMPANY else birth_date(get("birth_date", ""), region),
        road,
        house_no,
        post,
        city,
        place(get("region", "")),
        own_country,
        _attributes(traits, flat(get("street", ""), get("house_no", ""), region)),
        _identifiers(identifiers, region),
    )


def _attributes(traits: tuple[tuple[str, str], ...], flat_of_address: str) -> tuple[Identifier, ...]:
    found = {name[len(_ATTRIBUTE) :]: raw for name, raw in traits if name.startswith(_ATTRIBUTE)}
    if not found and not flat_of_address:
        return ()
    told = {name: text(raw) for name, raw in found.items()}
    told[FLAT] = flat_told(plain(found.get(FLAT, ""))) or flat_of_address
    return tuple(sorted([pair for pair in told.items() if pair[1]]))


def _completed(told: Name, whole: Name) -> Name:
    """What the fields leave open, from the full name."""
    if whole.first == COMPANY:
        return told if told.first or told.last else whole
    return Name(told.first or whole.first, told.middle or whole.middle, told.last or whole.last)


def _identifiers(identifiers: tuple[Identifier, ...], country: str) -> tuple[Identifier, ...]:
    if len(identifiers) == 1:  # the anonymous browser, most of all events
        kind, raw = identifiers[0]
        value = identifier(kind, raw, country)
        return ((kind, value),) if value else ()
    found = {(kind, value) for kind, raw in identifiers if (value := identifier(kind, raw, country))}
    return tuple(sorted(found))


def identifier(kind: str, raw: str, country: str = "") -> str:
    """One exact identifier in comparable form; "" if it names nobody. Case is kept except in addresses."""
    if kind in _NOT_IN_PART and _MASKED.search(raw):
        return ""
    if kind == "email":
        return email(raw)
    if kind == "phone":
        return phone(raw, country)
    value = exact(raw)
    if kind == "national_id":  # printed in groups: 123-45-6789
        value = _GROUPED.sub("", value).upper()
        if _NO_NATIONAL_ID.fullmatch(value):
            return ""
    return "" if nobody(value) else value


def exact_keys(identity: Identity, rules: Rules) -> list[str]:
    """Index keys of the identifiers that may name somebody: "email|anna@example.org"."""
    return [f"{kind}|{value}" for kind, value in identity.ids if not names_nobody(kind, value, rules)]


def names_nobody(kind: str, value: str, rules: Rules) -> bool:
    """The rules say that this value never identifies anybody, or do not know its type."""
    if kind not in rules.identifiers:
        return True
    banned = _banned(rules.matching.shared_values).get(kind)
    return banned is not None and bool(banned.fullmatch(value))


@cache
def _banned(patterns: tuple[str, ...]) -> dict[str, re.Pattern[str]]:
    """`shared_values` ("email:info@*") as one expression per type; * stands for any text."""
    by_kind: dict[str, list[str]] = {}
    for pattern in patterns:
        kind, _, value = pattern.partition(":")
        begin, *parts = map(re.escape, _as_compared(kind, value).split("*"))
        # The first place of a part is as good as any: tried one by one, five of them take minutes.
        middle, end = "".join([f"(?>.*?{part})" for part in parts[:-1]]), "".join(parts[-1:])
        by_kind.setdefault(kind, []).append(f"{begin}{middle}.*{end}" if parts else begin)
    return {kind: re.compile("|".join(values)) for kind, values in by_kind.items()}


def _as_compared(kind: str, value: str) -> str:
    """A value of the rules in the form in which identifiers are compared, as far as one with * has it."""
    if "*" not in value:
        return identifier(kind, value) or value
    if kind == "phone":
        return _NOT_OF_PHONES.sub("", value)
    return exact(value).lower() if kind == "email" else exact(value)


_NOT_OF_PHONES = re.compile(r"[^\d+*]")
_INITIALS = 64
"""Marks below this are initials of first names, the others come from an account or a card."""


def person_mark(identity: Identity) -> int:
    """A small number that tells people apart, 0 if nothing does: the more marks, the more people.

    The initial survives nicknames and typing errors better than the name, and twins are rare.
    """
    if identity.first:
        return 1 + ord(identity.first[0]) % (_INITIALS - 1)
    ids = dict(identity.ids)
    # A loyalty card comes last: behind the house card of a till, only what is paid with tells people apart.
    for kind in ("account_id", "payment_account", "loyalty_id"):
        if kind in ids:
            return _INITIALS + crc32(ids[kind].encode()) % (256 - _INITIALS)
    return 0


def people(marks: set[int]) -> int:
    """How many people at least these marks show; one may show an initial here and an account there."""
    named = sum(0 < mark < _INITIALS for mark in marks)
    return max(1, named, len(marks) - named - (0 in marks))


@lru_cache(maxsize=4_000)
def pack_identity(identity: Identity) -> bytes:
    """Identity as MessagePack, its attributes last if it has any; the same few come again and again."""
    *named, attributes, ids = identity
    return ormsgpack.packb([*named, ids, attributes] if attributes else [*named, ids])


@lru_cache(maxsize=4_000)
def unpack_identity(packed: bytes) -> Identity:
    """Inverse of `pack_identity`."""
    told = ormsgpack.unpackb(packed)
    *named, ids, attributes = told if len(told) == len(Identity._fields) else [*told, ()]
    return Identity._make([*named, _pairs(attributes), _pairs(ids)])


def _pairs(told: Iterable[tuple[str, str]]) -> tuple[Identifier, ...]:
    return tuple((kind, value) for kind, value in told)
