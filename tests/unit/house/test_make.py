"""The make targets are there, and do what the command line can do."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from unifier.cli import parser

ROOT = Path(__file__).parents[3]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = ("demo", "test", "test-all", "lint", "bench", "docs", "build", "lock", "clean")


def test_make_alone_lists_the_targets() -> None:
    command = ["make", "--no-print-directory"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in told.splitlines()} == {"help", *TARGETS}


@pytest.mark.parametrize("words", re.findall(r"\$\(BIN\)/unifier (.+)$", MAKEFILE, re.MULTILINE))
def test_every_command_of_the_makefile_is_one_of_the_command_line(words: str) -> None:
    parsed = parser().parse_args(shlex.split(re.sub(r"\$\(if \$\(\w+\),(\S+)\)", r"\1", words)))
    assert callable(parsed.run)


def test_the_integration_run_is_make_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "make" in line] == ["exec make test"]
