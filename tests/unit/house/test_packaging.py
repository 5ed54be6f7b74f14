"""What is installed is what was locked, and what is shipped is whole."""

import re
import subprocess
import sys
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import unifier

ROOT = Path(__file__).parents[3]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, GROUPS = PYPROJECT["project"], PYPROJECT["dependency-groups"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def entries(lock: Path) -> list[str]:
    """The requirements of a lock, each on one line."""
    joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def locked(lock: Path) -> dict[str, set[str]]:
    """Name → versions; more than one where they differ by Python version."""
    versions: dict[str, set[str]] = {}
    for entry in entries(lock):
        name, version = re.match(r"(\S+?)==(\S+)", entry).groups()  # type: ignore[union-attr]
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_requirement_is_one_version_with_hashes_and_no_address(lock: Path) -> None:
    assert entries(lock)
    for entry in entries(lock):
        assert re.fullmatch(
            r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==\S+( ; [^;]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", entry
        ), entry[:80]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("build.txt", GROUPS["build"]),
        ("runtime.txt", [*PROJECT["dependencies"], *EXTRAS["api"]]),
        (
            "dev.txt",
            [
                *PROJECT["dependencies"],
                *chain.from_iterable(EXTRAS.values()),
                *GROUPS["build"],
                *(one for one in GROUPS["dev"] if isinstance(one, str)),
            ],
        ),
    ],
)
def test_the_lock_has_all_that_the_project_asks_for(name: str, wanted: list[str]) -> None:
    versions = locked(ROOT / "requirements" / name)
    for requirement in map(Requirement, wanted):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement} is not in {name}: make lock"
        assert all(requirement.specifier.contains(version) for version in found), f"{requirement}: make lock"


@pytest.mark.parametrize("name", ["runtime.txt", "build.txt"])
def test_what_is_shipped_was_tested_in_the_same_version(name: str) -> None:
    tested = locked(ROOT / "requirements" / "dev.txt")
    for package, versions in locked(ROOT / "requirements" / name).items():
        assert versions <= tested[package], package


def test_the_version_is_told_once() -> None:
    assert PROJECT["version"] == unifier.__version__
    assert f"[{unifier.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    files = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "unifier").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= packed
    assert {"unifier/rules.toml", "unifier/py.typed"} <= packed
    assert any(name.endswith(".lua") for name in packed), "the scripts of the store"
    assert any(name.endswith("licenses/LICENSE") for name in packed)
