"""The stack that all processes of a test run share: `python shared_stack.py FOLDER`.

Writes its settings, or why there is none, to FOLDER/stack.json. It lives as long as anybody holds
FOLDER/stack.users with a shared lock: a killed test process lets go too.
"""

import fcntl
import json
import sys
from pathlib import Path

from unifier.devstack.errors import StackError
from unifier.devstack.stack import Stack


def serve(folder: Path) -> None:
    """Start the stack, and end it when the last user is gone."""
    address = folder / "stack.json"
    with (folder / "stack.users").open("w") as users:
        try:
            with Stack() as stack:
                _write(address, dict(stack.env()))
                fcntl.flock(users, fcntl.LOCK_EX)
        except StackError as error:
            _write(address, {"error": str(error)})
            fcntl.flock(users, fcntl.LOCK_EX)
        address.unlink()


def _write(address: Path, content: dict[str, str]) -> None:
    half = address.with_suffix(".half")
    half.write_text(json.dumps(content))
    half.rename(address)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
