"""The tables beside this package: TOML files of words, each with its source and licence at its head."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The file `name`.toml, read once."""
    return tomllib.loads(files("unifier.matching").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def words(text: str) -> frozenset[str]:
    """A list that is written as one text."""
    return frozenset(text.split())


def short_forms(section: dict[str, str]) -> dict[str, str]:
    """short = "long other" as a look-up from every form, the short one too, to the short one."""
    return {form: short for short, forms in section.items() for form in (short, *forms.split())}
