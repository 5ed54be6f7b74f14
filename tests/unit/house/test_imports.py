"""Imports go one way, the pure packages stay pure, and no test module is another's helper."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MODULES = sorted((ROOT / "unifier").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
ON_A_CLUSTER = "tests/integration/test_crashes_on_a_cluster.py"  # the same tests once more, on another Redis

# A part imports only parts of a lower level, and its own.
LEVELS = {
    "redis_address": 0,
    "toml_lines": -2,
    "regions": -1,
    "toml_errors": -1,
    "settings": 0,
    "metrics": 0,
    "logs": 0,
    "event_loop": 0,
    "standard_streams": 0,
    "rules": 0,
    "reload": 1,
    "outages": 1,
    "events": 1,
    "matching": 2,
    "profiles": 3,
    "journey": 4,
    "explaining": 4,
    "linking": 5,
    "in_force": 4,
    "clickstream": 6,
    "streams": 5,
    "serving": 6,  # sends commands over the streams' connection to Kafka; the streams know nothing of it
    "client": 7,  # speaks the models of the service it calls
    "schema": 8,
    "doctor": 8,
    "importer": 8,
    "files_cli": 9,
    "privacy_cli": 8,
    "devstack": 8,
    "bench": 9,
    "cli": 10,
    "__main__": 11,
}
# The rules name signals and carry model and forecast, the adapters and the matching read the rules, and the
# settings name the form of an address: words and numbers alone, so no circle.
WORDS = {
    ("rules", "unifier.events.canonical"),
    ("rules", "unifier.journey.forecast"),
    ("rules", "unifier.matching.model"),
    ("settings", "unifier.redis_address"),
}
PURE = ("events", "matching", "profiles", "journey", "explaining")
IMPURE = {
    *("kafka", "aiokafka", "faust", "mode", "redis", "hiredis"),
    *("asyncio", "socket", "ssl", "http", "urllib", "httpx", "fastapi", "uvicorn", "subprocess", "threading"),
    *("random", "secrets"),
}
DRAWN = {"now", "utcnow", "today", "uuid1", "uuid4", "urandom"}
TIME_AS_ARGUMENT = {"gmtime"}  # of module time: what turns a given time into a form


def part_of(path: Path) -> str:
    return path.relative_to(ROOT / "unifier").parts[0].removesuffix(".py")


def is_pure(path: Path) -> bool:
    return part_of(path) in PURE and "store" not in path.relative_to(ROOT / "unifier").parts


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """(full module name, line) of every import, those within functions too."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "unifier" or module.startswith("tests"):  # from unifier import metrics
                yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield module, node.lineno


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(path)
    if part == "__init__":
        assert not [name for name, _ in imported(path) if name.startswith("unifier")]
        return
    assert part in LEVELS, f"{part} has no place in the order of imports: give it one"
    own = LEVELS[part]
    for name, line in imported(path):
        words = name.split(".")
        if words[0] != "unifier" or words[1] in (part, "__version__") or (part, name) in WORDS:
            continue
        assert LEVELS[words[1]] < own, f"{relative(path)}:{line} imports {name}, which is not below {part}"


@pytest.mark.parametrize("path", [path for path in MODULES if is_pure(path)], ids=relative)
def test_the_pure_core_reaches_nothing_outside(path: Path) -> None:
    for name, line in imported(path):
        assert name.split(".")[0] not in IMPURE, f"{relative(path)}:{line} imports {name}"
        assert not name.startswith("unifier.profiles.store"), f"{relative(path)}:{line} imports {name}"


@pytest.mark.parametrize("path", [path for path in MODULES if is_pure(path)], ids=relative)
def test_the_pure_core_asks_no_clock_and_draws_no_number(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in DRAWN, f"{relative(path)}:{node.lineno} calls {node.func.attr}()"
        elif isinstance(node, ast.Import):
            assert "time" not in {alias.name for alias in node.names}, f"{relative(path)}:{node.lineno}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            assert {alias.name for alias in node.names} <= TIME_AS_ARGUMENT, f"{relative(path)}:{node.lineno}"


@pytest.mark.parametrize("part", ["matching", "profiles", "journey", "streams"])
def test_profiles_in_redis_are_reached_through_the_store_alone(part: str) -> None:
    for path in (ROOT / "unifier" / part).rglob("*.py"):
        if path.is_relative_to(ROOT / "unifier" / "profiles" / "store"):
            continue
        for name, line in imported(path):
            if name != "redis.exceptions":  # what can go wrong behind the door is known before it
                assert name.split(".")[0] not in ("redis", "hiredis"), (
                    f"{relative(path)}:{line} imports {name}"
                )


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=relative)
def test_a_file_holds_one_idea(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 400, f"{relative(path)} has {lines} lines: usually two ideas"


def test_what_two_test_modules_need_has_a_module_of_its_own() -> None:
    borrowed = [
        f"{relative(path)}:{line} imports {name}"
        for path in TESTS
        if relative(path) != ON_A_CLUSTER
        for name, line in imported(path)
        if name.startswith("tests.") and any(word.startswith("test_") for word in name.split("."))
    ]
    assert borrowed == []
