"""Who an event says it is about, in comparable form.

Normalising never raises: what cannot be made comparable, and what only fills a field (Kunde,
1900-01-01, 000 000), becomes "". Everything slow is remembered by the raw value.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple
from zlib import crc32

from unifier.events.canonical import Identifier
from unifier.matching.addresses import place, postcode, street
from unifier.matching.contacts import email, phone
from unifier.matching.dates import birth_date
from unifier.matching.names import full_name, name_part
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
_NO_VALUE = re.compile(r"[0\s-]*|null|none|nil|nan|n/a|undefined|unknown|anonymous|unbekannt", re.IGNORECASE)


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
    first, middle, last = (
        name_part(get("first_name", "")),
        name_part(get("middle_name", "")),
        name_part(get("last_name", "")),
    )
    if not first and not last and (whole := get("full_name")):
        first, middle, last = full_name(whole)
    road, house_no = street(get("street", ""), get("house_no", ""))
    return Identity(
        first,
        middle,
        last,
        birth_date(get("birth_date", ""), region),
        road,
        house_no,
        postcode(get("postal_code", "")),
        place(get("city", "")),
        place(get("region", "")),
        own_country,
        _attributes(traits),
        _identifiers(identifiers, region),
    )


def _attributes(traits: tuple[tuple[str, str], ...]) -> tuple[Identifier, ...]:
    found = [(name[len(_ATTRIBUTE) :], text(raw)) for name, raw in traits if name.startswith(_ATTRIBUTE)]
    return tuple(sorted([pair for pair in found if pair[1]])) if found else ()


def _identifiers(identifiers: tuple[Identifier, ...], country: str) -> tuple[Identifier, ...]:
    if len(identifiers) == 1:  # the anonymous browser, most of all events
        kind, raw = identifiers[0]
        value = identifier(kind, raw, country)
        return ((kind, value),) if value else ()
    found = {(kind, value) for kind, raw in identifiers if (value := identifier(kind, raw, country))}
    return tuple(sorted(found))


def identifier(kind: str, raw: str, country: str = "") -> str:
    """One exact identifier in comparable form; "" if it names nobody. Case is kept except in addresses."""
    if kind == "email":
        return email(raw)
    if kind == "phone":
        return phone(raw, country)
    value = raw.strip()
    return "" if _NO_VALUE.fullmatch(value) else value


@lru_cache(maxsize=1_024)
def country_code(raw: str) -> str:
    """ISO 3166 alpha-2 in upper case, "" for anything else."""
    code = raw.strip().upper()
    return code if len(code) == 2 and code.isalpha() and code.isascii() else ""


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
        by_kind.setdefault(kind, []).append(".*".join(map(re.escape, value.split("*"))))
    return {kind: re.compile("|".join(values)) for kind, values in by_kind.items()}


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
