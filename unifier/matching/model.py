"""The model: what every level of every comparison is worth. Data alone; `unifier train` writes one.

Bits are log2(m/u): how much more often two records of one person agree on this level than records of two
people (Fellegi & Sunter, "A Theory for Record Linkage", JASA 64, 1969). The rules hold policy, the model
weights; a weight that the rules file gives all the same wins.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from hashlib import blake2b
from importlib.resources import files
from itertools import pairwise
from math import log2
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from unifier.matching.addresses import place
from unifier.matching.compare import COMPARISONS, DIFFER, IDENTIFIER, comparison_of
from unifier.matching.spelling import fold
from unifier.matching.texts import text

FREQUENCIES_MAX = 50_000
"""Values of one table of frequencies, some 7 MB; what is not in it is rare, and says what "equal" says."""

_RARER = frozenset(("family", "address", "email", "phone", "national_id"))
"""With identifiers, the fields in which chance agreement gets rarer with the number of people."""
_AS_RARE = {comparison.field for comparison in COMPARISONS} - _RARER

_COMPARABLE: dict[str, Callable[[str], str]] = {"first_name": fold, "last_name": fold, "city": place}


class ModelError(ValueError):
    """The model file cannot be used; the message names the place and the mend, and no value of a person."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; what was worked out of the original and remembered is not the copy's."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


class TrainedOn(_Strict):
    """Where the weights come from."""

    what: str
    rows: int = Field(ge=0)
    date: str = Field(pattern=r"^(\d{4}-\d\d-\d\d)?$")


class Model(_Strict):
    """Weights in bits.

    `levels` has every field of `compare.COMPARISONS`, "identifier" (any identifier without an entry of its
    own) and may have further identifiers and "attribute:NAME". A field's levels are those of its comparison,
    from the best to the worst, and never rise. `frequencies` says of some fields what "equal" is worth for
    single values, as people write them: the commoner, the less. What is like a common value, or a form of it,
    says no more than the value itself.
    """

    version: Literal[1]
    trained_on: TrainedOn
    people: int = Field(ge=1)  # whom the weights are meant for
    prior_bits: float  # odds that two fragments taken at random are one person
    another_holder_bits: float = Field(le=0)  # for each further person who brings an identifier
    household_bits: float = Field(le=0)  # for a positive sum when first names contradict; 0: no households
    levels: dict[str, dict[str, float]]
    frequencies: dict[str, dict[str, float]] = Field(default_factory=dict)

    @field_validator("frequencies")
    @classmethod
    def _as_compared(cls, told: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        """Values in comparable form; the commoner of two that fold alike counts."""
        found = {}
        for field, table in told.items():
            comparable = text if field.startswith("attribute:") else _COMPARABLE.get(field)
            if comparable is None:
                raise ValueError(f"{field}: has no frequencies; take it out")
            if len(table) > FREQUENCIES_MAX:
                raise ValueError(f"{field}: more than {FREQUENCIES_MAX} values; keep the most frequent ones")
            own: dict[str, float] = {}
            for value, bits in sorted(table.items(), key=lambda item: item[1]):
                own.setdefault(comparable(value), bits)
            own.pop("", None)
            numbers = {bits: bits for bits in own.values()}  # one object for each number
            found[field] = {
                value: numbers[bits]
                for value, bits in sorted(own.items(), key=lambda item: (item[1], item[0]))
            }
        return found

    @model_validator(mode="after")
    def _holds_together(self) -> "Model":
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        for comparison in (*COMPARISONS, IDENTIFIER):
            if comparison.field not in self.levels:
                yield f"levels: {comparison.field} is missing"
        for field, bits in self.levels.items():
            wanted = comparison_of(field).levels
            if tuple(bits) != wanted:
                yield f"levels.{field}: give these levels, in this order: {', '.join(wanted)}"
            if any(better < worse for better, worse in pairwise(bits.values())):
                yield f"levels.{field}: a better level has less bits than a worse one"
        for field, table in self.frequencies.items():
            if field not in self.levels:
                yield f"frequencies.{field}: has no levels; give them, or take the table out"
            if any(bits < self.levels[field][DIFFER] for bits in table.values()):
                yield f"frequencies.{field}: a value has less bits than {DIFFER!r}"

    def bits(self, field: str) -> dict[str, float]:
        """Level → bits of a field; an attribute that the model does not know says nothing."""
        if field.startswith("attribute:"):
            return self.levels.get(field) or dict.fromkeys(comparison_of(field).levels, 0.0)
        own = self.levels.get(field)
        return self.levels[IDENTIFIER.field] if own is None else own

    def for_people(self, people: float) -> "Model":
        """The same for another number of people: of more, fewer pairs agree by chance, and more do in all."""
        people = max(2, round(people))
        more = log2(people / self.people)
        levels = {
            field: dict(bits) if field in _AS_RARE or field.startswith("attribute:") else _rarer(bits, more)
            for field, bits in self.levels.items()
        }
        prior = round(self.prior_bits - more, 2)
        return self.model_copy(update={"people": people, "prior_bits": prior, "levels": levels})

    @cached_property
    def fingerprint(self) -> str:
        """8 hex digits that tell models apart."""
        return blake2b(self.model_dump_json().encode(), digest_size=4).hexdigest()

    def to_json(self) -> str:
        """The model as its file."""
        return self.model_dump_json(indent=1) + "\n"


def _rarer(bits: Mapping[str, float], more: float) -> dict[str, float]:
    """Agreement says more by so much, but never less than the best disagreement."""
    least = max((worth for worth in bits.values() if worth <= 0.0), default=0.0)
    return {
        level: max(least, round(worth + more, 2)) if worth > 0.0 else worth for level, worth in bits.items()
    }


def parse_model(told: str | bytes, name: str) -> Model:
    """Read a model file's content; `name` is its name in messages. Raises ModelError."""
    try:
        return Model.model_validate_json(told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"][:2])  # a third part may be a person's name
        words = first["msg"].removeprefix("Value error, ")
        raise ModelError(
            f"{name}: {where + ': ' if where else ''}{words}; `unifier train` makes one"
        ) from None


@cache
def shipped_model() -> Model:
    """The model that ships with the package, set by hand for some 6,000 profiles."""
    return parse_model(files("unifier.matching").joinpath("model.json").read_bytes(), "model.json")
