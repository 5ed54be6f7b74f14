"""`unifier schema`: the contracts as JSON on stdout."""

import sys
from importlib.util import find_spec
from typing import Any

import orjson

from unifier import __version__


def run(kind: str, name: str | None) -> int:
    """Print a contract: `kind` asyncapi, openapi or json; `name` one schema of json. Gives the exit code."""
    contract: Any
    if kind == "asyncapi":
        from unifier.events import asyncapi

        contract = asyncapi.document(__version__)
    elif kind == "openapi":
        if find_spec("fastapi") is None:
            return _refuse("schema openapi needs the HTTP service: pip install 'unifier[api]'")
        from unifier.serving import openapi

        contract = openapi.document()
    else:
        from unifier.events.schemas import json_schemas

        schemas = json_schemas()
        if name is not None and name not in schemas:
            return _refuse(f"no such schema; one of {', '.join(schemas)}")
        contract = schemas[name] if name else schemas
    if name is not None and kind != "json":
        return _refuse("only `schema json` takes a name")
    text = orjson.dumps(contract, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    sys.stdout.write(text)
    return 0


def _refuse(words: str) -> int:
    sys.stderr.write(f"unifier: {words}\n")
    return 2
