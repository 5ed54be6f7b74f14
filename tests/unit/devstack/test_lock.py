import re
import tomllib

from unifier.devstack.fetch import COORDINATES, LOCK


def test_every_jar_of_the_lock_has_its_hash() -> None:
    locked = tomllib.loads(LOCK.read_text())["dependencies"]
    assert all(re.fullmatch("[0-9a-f]{64}", one["sha256"]) for one in locked)


def test_the_lock_holds_the_versions_that_are_asked_for() -> None:
    locked = tomllib.loads(LOCK.read_text())["dependencies"]
    names = {f"{one['groupId']}:{one['artifactId']}:{one['version']}" for one in locked}
    assert names >= set(COORDINATES)


def test_the_lock_names_no_address() -> None:
    assert "://" not in LOCK.read_text()
