"""A spec: what the columns of a file of people are. TOML: `Spec` has its keys, `KINDS` the kinds."""

from collections.abc import Mapping
from functools import cached_property
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from unifier.events.canonical import Identifier
from unifier.matching.identity import Identity, identify
from unifier.regions import known_region
from unifier.toml_errors import NotTomlError, misfit, parsed, what_is_wrong

IDENTIFIERS = ("email", "phone")
TRAIT_OF = {
    **{kind: kind for kind in ("first_name", "middle_name", "last_name", "full_name", "birth_date")},
    **{kind: kind for kind in ("street", "house_no", "city", "region", "country")},
    "postcode": "postal_code",
    "address": "street",  # a street takes a whole line, number, postcode and place with it
}
KINDS = (*IDENTIFIERS, *TRAIT_OF, "identifier:TYPE", "attribute:NAME")
_LIKE = "as docs/linking.md shows"
CELL_MAX = 1_000
"""Characters of a cell; what is longer is no value of a person and says nothing."""


class SpecError(ValueError):
    """The spec cannot be used; the message names the place and the mend."""


class Spec(BaseModel):
    """The spec of one file; `columns` gives column → kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str = Field(min_length=1)
    columns: dict[str, str] = Field(min_length=1)
    truth: str = ""  # who it really is; for reports, never a feature
    household: str = ""  # with whom they really live; for reports, never a feature
    source: str = ""
    time: str = ""
    country: str = ""  # default region of phones, postcodes, street words

    @field_validator("columns")
    @classmethod
    def _known_kinds(cls, columns: dict[str, str]) -> dict[str, str]:
        traits: dict[str, str] = {}
        for column, kind in columns.items():
            group, _, name = kind.partition(":")
            if group == "identifier" and "|" in name:
                raise ValueError(f"{column}: a type of identifiers has no |; give it another name")
            if group in ("identifier", "attribute") and name and kind != "identifier:":
                continue
            if kind not in KINDS[:-2]:
                raise ValueError(f"{column}: no kind {kind!r}; there are {', '.join(KINDS)}")
            other = traits.setdefault(TRAIT_OF.get(kind, column), column)
            if other != column:
                raise ValueError(f"{column}: {other} is the {kind} already; make one of them an attribute")
        return columns

    @model_validator(mode="after")
    def _truth_is_no_feature(self) -> Self:
        for name, column in (("truth", self.truth), ("household", self.household)):
            if column and column in self.columns:
                raise misfit(name, f"{column} is to be found out, no feature; take it out of [columns]")
        return self

    @field_validator("country")
    @classmethod
    def _known_country(cls, country: str) -> str:
        return country and known_region(country)

    @property
    def needed(self) -> list[str]:
        """Every column that a file must have."""
        told = (self.id, *self.columns, self.truth, self.household, self.source, self.time)
        return list(dict.fromkeys(column for column in told if column))

    @property
    def identifier_types(self) -> list[str]:
        """The types of the exact identifiers."""
        return [kind.partition(":")[2] for kind in self.columns.values() if kind.startswith("identifier:")]

    def identity(self, row: Mapping[str, str]) -> Identity:
        """A row as an event would bring it; a column that it does not have is empty."""
        return identify(*self.told(row), self.country)

    def told(self, row: Mapping[str, str]) -> tuple[tuple[Identifier, ...], tuple[Identifier, ...]]:
        """(identifiers, traits) of a row, as an event tells them."""
        identifiers: list[Identifier] = []
        traits: list[Identifier] = []
        for column, name, identifies in self._told_as:
            value = row.get(column, "")
            if value and len(value) <= CELL_MAX:
                (identifiers if identifies else traits).append((name, value))
        return tuple(identifiers), tuple(sorted(traits))

    @cached_property
    def _told_as(self) -> list[tuple[str, str, bool]]:
        """(column, what an event calls it, whether it is an identifier)."""
        return [
            (column, kind.removeprefix("identifier:"), True)
            if kind in IDENTIFIERS or kind.startswith("identifier:")
            else (column, TRAIT_OF.get(kind, kind), False)
            for column, kind in self.columns.items()
        ]


def parse_spec(told: str, name: str) -> Spec:
    """Read a spec; `name` is its name in messages. Raises SpecError."""
    try:
        return Spec.model_validate(parsed(told))
    except NotTomlError as error:
        raise SpecError(f"{name}: {error}") from None
    except ValidationError as error:
        raise SpecError(f"{name}: {what_is_wrong(error, told, _LIKE)}") from None
