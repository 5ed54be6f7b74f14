"""Other rules, another walk: what is told when the rules file changed, and which rules are refused."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from tests.unit.journey.stories import MODELS, Profile, mark, six, told, when
from unifier.journey.follow import Transition, follow
from unifier.journey.models import Models, compile_models
from unifier.profiles.marks import add_marks, unpack_marks
from unifier.rules import RulesError, default_rules, load_rules


def rules_with(folder: Path, old: str, new: str) -> Models:
    """The shipped models with a change of wording in the rules file."""
    text = files("unifier").joinpath("rules.toml").read_text(encoding="utf-8")
    assert old in text
    path = folder / "rules.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return compile_models(load_rules(path))


def under(models: Models, profile: Profile, word: str) -> list[Transition]:
    """What is told when the rules are new, and then an event comes."""
    new = mark(word)
    profile.packed = add_marks(profile.packed, [new])
    marks = unpack_marks(profile.packed)
    return follow(profile.told, marks, [new], frozenset(), models, new.at, b"new").transitions


def only(name: str) -> Models:
    """Rules with one model alone."""
    rules = default_rules()
    return compile_models(rules.model_copy(update={"models": {name: rules.models[name]}}))


@pytest.mark.parametrize("name", ["four-phase", "six-phase"])
def test_a_model_that_stays_is_told_on(name: str) -> None:
    news = under(only(name), Profile("0s touch"), "1h interest")
    assert [(each.model, each.number, each.source_phase) for each in news] == [(name, 2, "awareness")]


def test_a_model_new_in_the_rules_tells_its_whole_path() -> None:
    marks = [mark("0s touch"), mark("1h interest")]
    known = follow(None, marks, marks, frozenset(), only("six-phase"), when("1h"), b"").told
    news = follow(known, marks, [], frozenset(), MODELS, when("2h"), b"").transitions
    assert told(news, "four-phase") == ["0s awareness forward", "1h engagement forward"]
    assert told(news, "six-phase") == []


def test_rules_that_say_otherwise_tell_one_transition(tmp_path: Path) -> None:
    models = rules_with(tmp_path, "third_view = 3", "third_view = 1")
    news = six(under(models, Profile("0s touch", "1h interest bike"), "3h touch"))
    assert [(each.source_phase, each.to) for each in news] == [("consideration", "preference")]


def test_a_phase_that_the_rules_renamed_is_left_by_its_old_name(tmp_path: Path) -> None:
    models = rules_with(tmp_path, '"consideration"', '"evaluation"')
    news = six(under(models, Profile("0s touch", "1h interest"), "2h touch"))
    assert [(each.source_phase, each.to) for each in news] == [("consideration", "evaluation")]


SIX = "[models.six-phase]"


@pytest.mark.parametrize(
    ("old", "new", "marked", "complaint"),
    [
        ("third_view = 3", "third_view = 0", "third_view", "greater than or equal to 1"),
        (
            '{ from = "awareness", after = "90d", to = "none" }',
            '{ from = "awareness", after = "9d" }',
            '"9d"',
            "add it",
        ),
        ("quiet_after_trouble = ", "quiet_after = ", "[playbook]", "add it, as in the shipped rules.toml"),
        ('phase = "preference"', 'phase = "desire"', '"desire"', "write one of awareness, consideration"),
        ('valid = "2d"', 'valid = "2 days"', '"2 days"', 'give a whole number and a unit: "90s"'),
        ('channels = ["parcel"]', 'channels = ["pigeon"]', '"pigeon"', "does not name 'pigeon'"),
        ('new = ["first_seen within', 'new = ["first seen within', '"first seen', "is no condition; write"),
        ('sale = "purchase"', 'sale = "buying"', '"buying"', "no such signal; one of touch"),
        (
            'on = { touch = "awareness", interest = "engagement"',
            'on = { touch = "awareness", interest = "x"',
            "[models.four-phase]",
            "none of this",
        ),
        (
            'interest = "consideration"',
            'interest = "loyalty"',
            SIX,
            "on: put touch, interest, preference before",
        ),
        ('after = "90d", to = "none"', 'after = "90d", to = "preference"', SIX, "lapse: give a phase before"),
        ('after = "90d", to = "none"', 'after = "23h", to = "none"', '"23h"', "lapse.2.after: "),
        ('otherwise = "awareness"', 'otherwise = "loyalty"', SIX, "ends: give the phase of fulfilment"),
        ('"after_sale", "loyalty"]', '"after_sale", "after_sale"]', SIX, "phases: give each name once"),
        ("[segments]", "[segment]", "[segment]", "write its name as in the shipped"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_how_to_mend_it(
    tmp_path: Path, old: str, new: str, marked: str, complaint: str
) -> None:
    with pytest.raises(RulesError) as refused:
        rules_with(tmp_path, old, new)
    found = re.search(r"line (\d+): ", str(refused.value))
    assert found is not None, str(refused.value)
    lines = (tmp_path / "rules.toml").read_text(encoding="utf-8").splitlines()
    assert marked in lines[int(found[1]) - 1] or marked == lines[int(found[1]) - 1], str(refused.value)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)
