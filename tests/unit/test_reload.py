"""A changed rules or model file is taken up when it is whole, and refused when it cannot be used."""

from importlib.resources import files
from pathlib import Path

import pytest

from unifier.matching.model import shipped_model
from unifier.reload import RulesFiles
from unifier.rules import RulesError, default_rules

SHIPPED = files("unifier").joinpath("rules.toml").read_text(encoding="utf-8")
OTHER = SHIPPED.replace("link_bits = -2.0 ", "link_bits = -3.0 ")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(SHIPPED)
    return path


def test_a_change_counts_when_two_looks_find_the_same(path: Path) -> None:
    found = RulesFiles(str(path), "")
    before = found.rules
    path.write_text(OTHER)
    found.look()
    assert found.rules is before
    found.look()
    assert found.rules.matching.link_bits == -3
    assert found.rules.form != before.form


def test_a_file_that_is_still_growing_is_not_read(path: Path) -> None:
    found = RulesFiles(str(path), "")
    before = found.rules
    for part in range(1, 4):
        path.write_text(OTHER[: part * len(OTHER) // 4])
        found.look()
    assert found.rules is before


def test_a_broken_file_is_refused_once_and_the_rules_before_stay(path: Path) -> None:
    found = RulesFiles(str(path), "")
    before = found.rules
    path.write_text("version = 2")
    found.look()
    with pytest.raises(RulesError, match="version"):
        found.look()
    found.look()
    assert found.rules is before
    path.unlink()
    found.look()
    with pytest.raises(RulesError, match="cannot be read"):
        found.look()
    path.write_text(OTHER)
    found.look()
    found.look()
    assert found.rules.matching.link_bits == -3


def test_another_model_is_another_form_and_the_rules_keep_their_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(shipped_model().to_json())
    found = RulesFiles("", str(path))
    before = found.rules
    path.write_text(shipped_model().model_copy(update={"prior_bits": -20.0}).to_json())
    found.look()
    found.look()
    assert found.rules.matching.model.prior_bits == -20.0
    assert found.rules.fingerprint == before.fingerprint
    assert found.rules.form[:4] == before.form[:4]
    assert found.rules.form[4:] != before.form[4:]


def test_a_copy_with_other_weights_is_of_another_form_also_when_that_of_the_original_was_asked_for() -> None:
    rules = default_rules()
    model = rules.matching.model
    assert rules.form
    assert "card" not in rules.naming
    other = rules.with_model(model.model_copy(update={"prior_bits": -20.0})).with_identifiers(["card"])
    assert other.matching.model.fingerprint != model.fingerprint
    assert other.form[:4] != rules.form[:4]
    assert other.form[4:] != rules.form[4:]
    assert "card" in other.naming
