"""What is wrong with the content of a TOML file, in one line: where, what, and how to mend it."""

import tomllib
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from unifier.toml_lines import line_of

_MENDS = {
    "missing": "missing; add it, {like}",
    "extra_forbidden": "there is nothing of this name; take it out, or write its name {like}",
    "int_type": "give a whole number",
    "int_from_float": "give a whole number",
    "float_type": "give a number",
    "finite_number": "give a finite number",
    "bool_type": "write true or false",
    "string_type": 'give text in quotes: "…"',
    "tuple_type": 'give a list: ["…", "…"]',
    "dict_type": "give a table, {like}",
    "model_type": "give a table, {like}",
    "literal_error": "write {expected}",
    "greater_than_equal": "give {ge:g} or more",
    "greater_than": "give more than {gt:g}",
    "less_than_equal": "give {le:g} or less",
    "too_short": "give at least {min_length}",
    "too_long": "give {max_length}",
    "string_too_short": "give some text",
    "string_pattern_mismatch": "write small letters, digits and _, a letter first",
}
"""By pydantic's type of error: what to do, with the error's own figures; `like`: where an example stands."""


class NotTomlError(ValueError):
    """A text is no TOML, or more than anybody can read; the message says where and why."""


def parsed(text: str) -> dict[str, Any]:
    """What a TOML text says. Raises NotTomlError."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))  # with which editors of Windows begin a file
    except ValueError as error:  # also of a number with more digits than Python takes
        raise NotTomlError(f"not TOML: {error}") from None
    except RecursionError:
        raise NotTomlError("not TOML that can be read: lists or tables lie too deep in one another") from None


def misfit(place: str, words: str) -> PydanticCustomError:
    """For a validator to raise: something at a place below it, `a.0.b`, does not fit the rest."""
    return PydanticCustomError("misfit", "{words}", {"words": words, "place": place})


def what_is_wrong(error: ValidationError, text: str, like: str) -> str:
    """The first fault: its line, its place, and how to mend it; `like`: "as in …", of an example."""
    first = error.errors(include_url=False, include_input=False)[0]
    context = first.get("ctx", {})
    below = str(context.get("place", ""))
    place = [part for part in first["loc"] if part != "[key]"]  # pydantic's word for a key that is wrong
    place += [int(part) if part.isdigit() else part for part in below.split(".") if part]
    line = line_of(text, place)
    where = ".".join(str(part) for part in place)
    mend = _MENDS.get(first["type"])
    words = mend.format_map({**context, "like": like}) if mend else first["msg"].removeprefix("Value error, ")
    return ": ".join([*([f"line {line}"] if line else []), *([where] if where else []), words])
