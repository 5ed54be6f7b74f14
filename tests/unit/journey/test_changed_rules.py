"""Other rules, another walk: what is told when the rules file changed."""

from importlib.resources import files
from pathlib import Path

import pytest

from tests.unit.journey.stories import MODELS, Profile, mark, six, told, when
from unifier.journey.follow import Transition, follow
from unifier.journey.models import Models, compile_models
from unifier.journey.told import FORMER_MAX, Told
from unifier.profiles.marks import Mark, add_marks, unpack_marks
from unifier.rules import default_rules, load_rules


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


def test_a_model_that_only_some_workers_know_goes_on_from_its_last_number() -> None:
    six_phases, known, heard = only("six-phase"), None, list[Mark]()
    news: list[Transition] = []
    for word, models in [("0s touch", MODELS), ("1h interest", six_phases), ("2h preference", MODELS)]:
        heard.append(mark(word))
        followed = follow(known, heard, heard[-1:], frozenset(), models, heard[-1].at, b"")
        known, news = followed.told, news + followed.transitions
    four = [(each.number, each.source_phase, each.to) for each in news if each.model == "four-phase"]
    assert four == [(1, "none", "awareness"), (2, "awareness", "engagement")]


def test_former_models_are_kept_within_a_cap() -> None:
    rules, known = default_rules(), None
    for number in range(FORMER_MAX + 3):
        models = compile_models(
            rules.model_copy(update={"models": {f"m{number}": rules.models["six-phase"]}})
        )
        known = follow(known, [mark("0s touch")], [], frozenset(), models, when("1h"), b"").told
    assert known is not None
    assert [each.model for each in known.former] == [f"m{n}" for n in reversed(range(2, FORMER_MAX + 2))]
    assert Told.unpack(known.pack()) == known


def test_who_is_silent_when_a_phase_is_renamed_goes_back_to_none(tmp_path: Path) -> None:
    models = rules_with(tmp_path, '"awareness"', '"attention"')
    profile = Profile("0s touch")
    followed = follow(profile.told, unpack_marks(profile.packed), [], frozenset(), models, when("200d"), b"")
    assert [(each.source_phase, each.to, each.direction) for each in six(followed.transitions)] == [
        ("awareness", "none", "back")
    ]
