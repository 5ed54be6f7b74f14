"""What the rules file says of ROPO and of response times, and how it is refused."""

from importlib.resources import files
from pathlib import Path

import pytest

from unifier.rules import RulesError, default_rules, load_rules

SHIPPED = files("unifier").joinpath("rules.toml").read_text(encoding="utf-8")


def test_names_that_ask_and_answer_are_found_by_name() -> None:
    asking = default_rules().asking
    assert asking["Support Case"] == ("complaint", False)
    assert asking["Support Case Answered"] == ("complaint", True)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('to = ["Complaint Answered"', 'to = ["Complaint"', "responses: name each event once"),
        ("[responses.complaint]", "[responses.order]", "responses: order: give another name"),
        ('half_life = "7d"', 'half_life = "0d"', "ropo.half_life"),
        ('window = "30d"', "window = 30", 'give a whole number and a unit: "90s"'),
        ("same_category = 2.0", "same_category = 0.5", "ropo.same_category"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "rules.toml"
    assert SHIPPED.count(old) == 1
    file.write_text(SHIPPED.replace(old, new))
    with pytest.raises(RulesError) as refusal:
        load_rules(file)
    assert says in str(refusal.value)
