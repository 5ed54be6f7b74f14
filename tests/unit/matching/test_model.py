import json
from collections.abc import Callable
from itertools import pairwise
from math import log2
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring import pair_bits
from unifier.matching.compare import COMPARISONS, EQUAL, Comparison, comparison_of
from unifier.matching.identity import identify
from unifier.matching.model import FREQUENCIES_MAX, Model, ModelError, parse_model, shipped_model
from unifier.matching.names import person
from unifier.matching.scale import scale_of
from unifier.matching.spelling import fold
from unifier.matching.texts import text
from unifier.rules import RulesError, default_rules, load_rules

Mend = Callable[[dict[str, Any]], object]


def told() -> dict[str, Any]:
    return shipped_model().model_dump()


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Any model: falling bits at every level, attributes, tables of frequencies."""
    content = told()
    content["people"] = draw(st.integers(2, 10**9))
    content["trained_on"] = {"what": "rows", "rows": draw(st.integers(0, 10**9)), "date": "2026-11-20"}
    content["levels"] |= {"attribute:job": dict.fromkeys(comparison_of("attribute:job").levels, 0.0)}
    for bits in content["levels"].values():
        falling = sorted(
            draw(st.lists(st.floats(-20, 20), min_size=len(bits), max_size=len(bits))), reverse=True
        )
        bits |= dict(zip(bits, falling, strict=True))
    content["frequencies"] = {}
    for field in draw(st.sets(st.sampled_from(["first_name", "last_name", "city", "attribute:job"]))):
        least = list(content["levels"][field].values())[1]
        table = st.dictionaries(st.text(min_size=1), st.floats(least, 30), max_size=5)
        content["frequencies"][field] = draw(table)
    return Model.model_validate(content)


@given(models())
def test_a_model_is_what_its_file_says(model: Model) -> None:
    again = parse_model(model.to_json(), "model.json")
    assert again == model
    assert again.fingerprint == model.fingerprint
    assert again.to_json() == model.to_json()


@given(models(), st.integers(2, 10**9))
def test_a_model_for_other_people_is_one(model: Model, people: int) -> None:
    moved = model.for_people(people)
    assert Model.model_validate(moved.model_dump()) == moved
    assert moved.people == people


@given(st.integers(7_000, 10**9))
def test_of_more_people_a_likeness_says_less_and_a_number_of_ones_own_the_same(people: int) -> None:
    model = shipped_model()
    moved = model.for_people(people)
    fell = model.prior_bits - moved.prior_bits
    assert fell == pytest.approx(log2(people / model.people), abs=0.01)
    for field in ("identifier", "email", "phone", "family", "address"):
        assert moved.bits(field)[next(iter(model.bits(field)))] == pytest.approx(
            next(iter(model.bits(field).values())) + fell, abs=0.02
        )
    for field in ("first_name", "last_name", "birth_date", "city"):
        assert moved.bits(field) == model.bits(field)


@given(models())
def test_a_better_level_never_says_less(model: Model) -> None:
    matching = default_rules().matching.model_copy(update={"model": model})
    weights = scale_of(default_rules().model_copy(update={"matching": matching})).weights
    for field in model.levels:
        assert all(better >= worse for better, worse in pairwise(model.bits(field).values()))
    for value in model.frequencies.get("last_name", {}):
        if value:
            assert weights.last_name(value, value).bits >= model.bits("last_name")["nearly equal"]


VALUES = {
    "birth_date": st.dates().map(str),
    "address": st.tuples(st.sampled_from(["", "10117"]), st.text("abs 12", min_size=1)).map("|".join),
    "family": st.sampled_from(comparison_of("last_name").levels[:-1]),
}
NAMES = st.text("aehjnops ", min_size=1).map(str.strip).filter(bool)
FIELDS = [*COMPARISONS, comparison_of("loyalty_id"), comparison_of("attribute:job")]


@pytest.mark.parametrize("comparison", FIELDS, ids=lambda comparison: comparison.field)
@given(data=st.data())
def test_a_comparator_is_symmetric_and_says_one_of_its_levels(
    comparison: Comparison, data: st.DataObject
) -> None:
    values = VALUES.get(comparison.field, NAMES)
    a, b = data.draw(values), data.draw(values)
    assert comparison.compare(a, b) in comparison.levels
    assert comparison.compare(a, b) == comparison.compare(b, a)
    assert 0 < comparison.agree <= len(comparison.levels)
    if comparison.field != "family" and len(a) > 1:
        assert comparison.compare(a, a) == EQUAL == comparison.levels[0]


@given(st.text())
def test_what_is_in_comparable_form_stays_so(raw: str) -> None:
    assert fold(fold(raw)) == fold(raw)
    assert text(text(raw)) == text(raw)


def test_the_commoner_of_two_spellings_of_one_name_counts() -> None:
    content = told() | {"frequencies": {"last_name": {"Mueller": 8.0, "Müller": 6.5, "MULLER": 9.0}}}
    assert Model.model_validate(content).frequencies == {"last_name": {"muller": 6.5}}


@pytest.mark.parametrize(
    ("mend", "words"),
    [
        (lambda m: m["levels"].pop("first_name"), "levels: first_name is missing"),
        (
            lambda m: m["levels"]["city"].pop("nearly equal"),
            "levels.city: give these levels, in this",
        ),
        (lambda m: m["levels"]["city"].update(differ=9.0), "levels.city: a better level has less bits"),
        (lambda m: m["levels"].update(frist_name=m["levels"]["first_name"]), "levels.frist_name: give these"),
        (
            lambda m: m["frequencies"]["last_name"].update(secret=-9.0),
            "frequencies.last_name: a value",
        ),
        (
            lambda m: m["frequencies"].update({"attribute:job": {"x": 1.0}}),
            "attribute:job: has no levels",
        ),
        (lambda m: m["frequencies"].update(birth_date={"x": 1.0}), "birth_date: has no frequencies"),
        (lambda m: m["frequencies"]["last_name"].update(secret="x"), "frequencies.last_name: "),
        (lambda m: m.update(prior_bits=None), "prior_bits: "),
        (lambda m: m.update(version=2), "version: "),
        (lambda m: m.update(extra=2), "extra: "),
        (
            lambda m: m["frequencies"].update(city={str(n): 3.0 for n in range(FREQUENCIES_MAX + 1)}),
            "city: more than 50000 values",
        ),
    ],
)
def test_a_wrong_model_is_refused_by_the_place_and_without_values(mend: Mend, words: str) -> None:
    content = told()
    mend(content)
    with pytest.raises(ModelError) as error:
        parse_model(json.dumps(content), "m.json")
    assert str(error.value).startswith("m.json: ")
    assert words in str(error.value)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_no_json_no_file_and_a_model_line_in_the_rules_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    with pytest.raises(RulesError, match=r"UNIFIER_MODEL: .* cannot be read"):
        load_rules("", path)
    path.write_text("{")
    with pytest.raises(RulesError, match=r"model.json: .*JSON"):
        load_rules("", path)
    rules = tmp_path / "rules.toml"
    rules.write_text("[matching]\nmodel = 'model.json'\n")
    with pytest.raises(RulesError, match="name the file in UNIFIER_MODEL"):
        load_rules(rules)


def test_the_model_file_is_taken_and_a_weight_in_the_rules_file_wins(tmp_path: Path) -> None:
    content = told() | {"prior_bits": -9.0}
    content["levels"]["email"] |= {"equal": 15.0}
    (tmp_path / "model.json").write_text(json.dumps(content))
    trained = load_rules("", tmp_path / "model.json")
    weights = scale_of(trained).weights
    assert (weights.prior, weights.identifiers["email"].equal) == (-9.0, 15.0)
    assert trained.own_weights() == []

    text = (Path(__file__).parents[3] / "unifier" / "rules.toml").read_text(encoding="utf-8")
    own = text.replace("[identifiers.email]\n", "[identifiers.email]\nbits = 18.5\ndiffer = -2.0\n")
    own = own.replace("[matching]\n", "[matching]\nprior_bits = -13.0\n")
    (tmp_path / "rules.toml").write_text(own)
    both = load_rules(tmp_path / "rules.toml", tmp_path / "model.json")
    weights = scale_of(both).weights
    assert (weights.prior, weights.identifiers["email"].equal) == (-13.0, 18.5)
    assert both.own_weights() == ["matching.prior_bits", "identifiers.email.bits", "identifiers.email.differ"]


def test_a_name_says_less_where_more_may_come_by_than_are_known(tmp_path: Path) -> None:
    """Whoever alone bears a name among those who are known need not be who signs up with it."""
    text = (Path(__file__).parents[3] / "unifier" / "rules.toml").read_text(encoding="utf-8")
    (tmp_path / "rules.toml").write_text(text.replace("[matching]\n", "[matching]\npeople = 1_000_000\n"))
    of_a_country = load_rules(tmp_path / "rules.toml")
    for known, people in ((0, 1_000_000), (50_000, 1_000_000), (2_000_000, 2_000_000)):
        assert of_a_country.for_people(known).matching.model.people == people
    assert default_rules().for_people(50_000).matching.model.people == 50_000

    name = (("first_name", "Sandra"), ("last_name", "Lange"))
    home = (*name, ("city", "Staßfurt"), ("postal_code", "39418"))
    for rules, by_name in ((default_rules(), True), (of_a_country, False)):
        fit = rules.for_people(6_000)
        for traits, one in ((name, by_name), (home, True)):
            told = identify((), traits, "DE")
            newcomer = identify((("email", "tiger4711@web.de"),), traits, "DE")
            assert (pair_bits(told, newcomer, fit) > fit.matching.merge_bits) == one


def test_every_frequent_name_is_one_that_the_normalisation_makes_of_itself() -> None:
    told = shipped_model().frequencies
    for name in told["first_name"]:
        assert person(name, "", "Jagemann").first == name
    for name in told["last_name"]:
        assert person("Anna", "", name).last == name
