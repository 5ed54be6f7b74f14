"""The vocabulary of the inbound contracts: kinds of fields, their limits, and how a value is read.

Contracts are TypedDicts: pydantic checks them while it parses (half the time of model classes), and the
JSON Schemas in `docs/contracts` come from the same declarations. Unknown fields are ignored.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar
from unicodedata import normalize

from pydantic import Field, TypeAdapter, ValidationError

from unifier.events.canonical import Identifier
from unifier.events.errors import Unreadable

T = TypeVar("T")

Key = Annotated[str, Field(max_length=256)]
"""A value that names something: an id, an identifier. Never cut: half a key is another key."""

RequiredKey = Annotated[str, Field(min_length=1, max_length=256)]

Text = Annotated[str, Field(max_length=200)]
"""A name, a street, a city."""

Words = Annotated[str, Field(max_length=8192)]
"""A free text of which only a part is used: an URL, a user agent."""

Time = Annotated[
    str, Field(max_length=40, description="ISO 8601, since 1970", examples=["2026-11-20T16:03:11.120Z"])
]

Amount = (
    Annotated[
        str,
        Field(
            max_length=40,
            description="Decimal text, exact: at most 12 digits, and 4 after a point; any text where nothing "
            "is counted of it",
        ),
    ]
    | Annotated[float, Field(allow_inf_nan=False, description="Below a trillion; taken to 4 places")]
)
"""Money or a quantity.

Whether it is one is looked at where it counts, in an order: a price that is only shown refuses no event.
"""

Currency = Annotated[
    str,
    Field(
        max_length=200,
        description="ISO 4217 code, such as EUR; any text where nothing is counted in it",
    ),
]
"""As an amount, it is looked at where it counts."""

Consents = Annotated[
    Annotated[dict[Annotated[str, Field(min_length=1, max_length=100)], bool], Field(max_length=50)] | None,
    Field(
        description='Consent by purpose, such as "stitching" or "marketing_email": true given, false refused'
    ),
]

TOO_DEEP = "nest the value less deeply (at most 200 levels)"
AMOUNT_END = 10**16  # in 1/10000: a trillion
PLACE_MAX = 100  # characters of a touchpoint, product or category; the rest is cut off: these only describe
_NOBODY = re.compile(
    # zeros, signs, and letters that nobody sees
    r"[0\W_\u115f\u1160\u3164\uffa0]*|x+|(\d)\1{7,}|123456789?0?|-1|\\n"
    r"|[\W_]*(?:null|none|nil|nan|n[/.]?a|k\.? ?a|true|false|undefined|object object|unknown|anonymous|guest"
    r"|tbd|unbekannt|gast|keine?|keine angabe|ohne|leer|empty|dummy|default|test)[\W_]*",
    re.IGNORECASE,
)
_CURRENCY = re.compile("[A-Za-z]{3}")
_AMOUNT = re.compile(r"(-?[0-9]{1,12})(?:\.([0-9]{1,4})0*)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH = datetime(1970, 1, 1)
_MS = timedelta(milliseconds=1)


def parse_ms(text: str, zone: tzinfo, field: str) -> int:
    """Milliseconds since 1970 of an ISO 8601 time; `zone` is that of a time without one.

    A local time that comes twice (clocks going back) is the first of the two; one that never comes (clocks
    going forward) is read with the offset from before the change.
    """
    try:
        when = datetime.fromisoformat(text.upper())  # RFC 3339 takes a small t and z too
        if when.tzinfo is None:
            at = (when - _LOCAL_EPOCH - _offset(when.replace(second=0, microsecond=0), zone)) // _MS
        else:
            at = (when - _EPOCH) // _MS
    except (ValueError, OverflowError):
        at = -1
    if at < 0:  # raised out here, so that the error has no context with the value in it
        raise Unreadable("bad_time", field, "give an ISO 8601 time since 1970: 2026-11-20T16:03:11Z")
    return at or 1  # what is stored has 0 where there is no time; systems that know none tell this very one


@lru_cache(maxsize=8192)
def _offset(minute: datetime, zone: tzinfo) -> timedelta:
    """Offset of a local time; remembered, since asking the zone takes longer than all the rest."""
    return minute.replace(tzinfo=zone).utcoffset() or timedelta()


def parse_amount(value: str | float, field: str) -> int:
    """The amount in 1/10000 of its unit: exact from text, rounded from a JSON number."""
    if isinstance(value, str):
        return bounded(_scaled(value), field)
    return bounded(round(value * 10_000) if -1e12 < value < 1e12 else None, field)


def bounded(amount: int | None, field: str) -> int:
    """An amount in 1/10000 of its unit, below the bound of all. Raises Unreadable, for None too."""
    if amount is None or abs(amount) >= AMOUNT_END:
        raise Unreadable(
            "bad_amount", field, 'give a decimal below a trillion with up to 4 places, such as "49.90"'
        )
    return amount


def parse_currency(code: str, field: str) -> str:
    """The code in capitals."""
    if _CURRENCY.fullmatch(code) is None:
        raise Unreadable("bad_value", field, "give an ISO 4217 code, such as EUR")
    return code.upper()


@lru_cache(maxsize=8192)
def _scaled(text: str) -> int | None:
    found = _AMOUNT.fullmatch(text)
    return int(found[1] + (found[2] or "").ljust(4, "0")) if found else None


def missing(field: str, message: str = "give this field") -> Unreadable:
    """The error for a field that is required and is not there."""
    return Unreadable("missing_field", field, message)


def exact(text: str) -> str:
    """What names something, in the one form in which it is compared: without blanks around it, and composed
    (NFC): an ö is one character, not an o with two dots after it, as some systems write it."""
    text = text.strip()
    return text if text.isascii() else normalize("NFC", text)


def nobody(value: str) -> bool:
    """Whether a value only fills the field of an identifier: null, 0000000000, what cannot be seen."""
    return _NOBODY.fullmatch(value.strip()) is not None


def online_order(order_id: str | None) -> str:
    """The key of a shop's order; "" if it has no number."""
    number = exact(order_id or "")
    return f"online:{number}" if number else ""


def add(identifiers: list[Identifier], kind: str, value: str | None) -> None:
    """Take an identifier up unless it names nobody or is there already."""
    if value and not nobody(value) and (kind, value) not in identifiers:
        identifiers.append((kind, value))


class Contract(Generic[T]):
    """A TypedDict, or a discriminated union of them, ready to read JSON with."""

    def __init__(self, form: Any, unknown: str = "unknown_type") -> None:
        """`unknown` is the reason given when the discriminator has no known value."""
        self.adapter: TypeAdapter[T] = TypeAdapter(form)
        self._validate = self.adapter.validator.validate_json
        self._unknown = unknown
        schema = self.adapter.json_schema()
        self._names = frozenset(_names(schema))
        self._tagged = "discriminator" in schema

    def read(self, payload: bytes) -> T:
        """The payload in the contract's form. Raises Unreadable, without the value and without a context."""
        try:
            return self._validate(payload, strict=True)  # type: ignore[no-any-return]
        except ValidationError as error:
            problem = self._problem(error)
        raise problem

    def _problem(self, error: ValidationError) -> Unreadable:
        """The first thing that does not fit. Pydantic's words are used where they cannot hold the value."""
        errors = error.errors(include_url=False, include_input=False)
        first = errors[0]
        kind, context, field = first["type"], first.get("ctx", {}), self._path(first["loc"])
        if kind == "json_invalid":
            if "recursion" in context["error"]:
                return Unreadable("too_deep", "", TOO_DEEP)
            return Unreadable("not_json", "", "give one JSON object in UTF-8")
        if kind == "union_tag_not_found":
            return missing(context["discriminator"].strip("'"))
        if kind == "union_tag_invalid":
            field = context["discriminator"].strip("'")
            return Unreadable(self._unknown, field, f"give one of {context['expected_tags']}")
        if kind in ("missing", "string_too_short"):
            return missing(field, "give each entry a name") if "[key]" in first["loc"] else missing(field)
        if kind in ("string_too_long", "too_long"):
            return Unreadable(
                "too_long", field, f"give at most {context['max_length']} characters or entries"
            )
        of_field = {e["type"] for e in errors if self._path(e["loc"]) == field}
        if "finite_number" in of_field:
            return Unreadable("bad_amount", field, "give a finite number")
        if "float_type" in of_field:
            return Unreadable("wrong_type", field, "give a decimal as text or as a number")
        return Unreadable("wrong_type" if kind.endswith("_type") else "bad_value", field, first["msg"])

    def _path(self, loc: tuple[int | str, ...]) -> str:
        """Declared names and positions only: a key of a free-form object may be personal data."""
        if self._tagged:
            loc = loc[1:]  # the discriminator's value
        return ".".join(str(part) for part in loc if isinstance(part, int) or part in self._names)


def _names(schema: Any) -> set[str]:
    """All property names that a JSON Schema declares."""
    names: set[str] = set()
    if isinstance(schema, dict):
        names.update(schema.get("properties", {}))
        for part in schema.values():
            names |= _names(part)
    elif isinstance(schema, list):
        for part in schema:
            names |= _names(part)
    return names
