"""How a command ends by Ctrl-C and SIGTERM, whenever they come."""

import os
import signal
import subprocess
import sys
from functools import partial

import pytest

# When the module is looked for, the process gets the signal: by itself, so that no time has to be met.
CODE = """
import os, sys, weakref
from unifier.__main__ import main

class Anything: pass

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(Finder)
            {kill}

def kill(_=None): os.kill(os.getpid(), {number})

sys.meta_path.insert(0, Finder)
sys.argv = ["unifier", *{arguments!r}.split()]
sys.exit(main())
"""
PLAINLY = "kill()"
WHERE_IT_IS_SWALLOWED = "thing = Anything(); reference = weakref.ref(thing, kill); del thing"


def ended(module: str, arguments: str, number: int, kill: str, *before: str) -> tuple[int, str, str]:
    code = CODE.format(module=module, kill=kill, number=number, arguments=arguments)
    done = subprocess.run(
        [*before, sys.executable, "-c", code],
        env=os.environ | {"UNIFIER_SECRET": "0123456789abcdef", "UNIFIER_REDIS": "redis://127.0.0.1:1"},
        capture_output=True,
        text=True,
        # Also where the tests themselves run behind an ampersand, and ignore Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("kill", [PLAINLY, WHERE_IT_IS_SWALLOWED])
@pytest.mark.parametrize("module", ["unifier.cli", "pydantic.main"])
def test_a_command_that_still_loads_ends_in_silence(module: str, kill: str, number: int) -> None:
    assert ended(module, "doctor", number, kill) == (130, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("unifier.serving.keys", "keys list"),
        ("unifier.streams.worker", "worker"),
        ("unifier.devstack.stack", "up"),
        ("unifier.serving.privacy", "erase --identifier email=anna@example.org"),
    ],
)
def test_a_command_that_loads_what_it_needs_does_so_too(module: str, arguments: str, number: int) -> None:
    assert ended(module, arguments, number, PLAINLY) == (130, "", "")


def test_behind_an_ampersand_of_a_script_it_is_ended_by_sigterm_and_not_by_ctrl_c() -> None:
    ignoring = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
    code, _, err = ended("unifier.cli", "keys list", signal.SIGINT, PLAINLY, *ignoring)
    assert (code, err.count("\n"), "start it" in err) == (1, 1, True)
    module = "unifier.serving.keys"
    assert ended(module, "keys list", signal.SIGTERM, PLAINLY, *ignoring) == (130, "", "")
