"""Who somebody may be who is not stored."""

import pytest

from tests.unit.profiles.making import RULES, event, folded
from tests.unit.serving.api import CANDIDATE, Api
from unifier.events.person import Person, person_of, tell
from unifier.matching.identity import identify
from unifier.profiles.component import Component
from unifier.serving.match import Candidate, candidates
from unifier.serving.models import Matches

HOME = {"street": "Ulmenstr.", "house_no": "4", "postal_code": "50667"}


def asked(component: Component, **traits: str) -> list[Candidate]:
    identity = identify(
        tuple((kind, traits.pop(kind)) for kind in ("email", "phone") if kind in traits),
        tuple(sorted(traits.items())),
        "DE",
    )
    found = candidates(identity, component, list(component.records.values()), RULES)
    return sorted(found, key=lambda one: -one.verdict.waterfall.bits)


@pytest.fixture
def couple() -> Component:
    """Greta and Paul, who share all but the first name."""
    common = {"last_name": "Geheim", **HOME}
    component, _ = folded(
        [
            event("1", ("crm_id", "1"), ("email", "home@x.de"), first_name="Greta", **common),  # type: ignore[arg-type]
            event("2", ("crm_id", "2"), ("email", "home@x.de"), first_name="Paul", **common),  # type: ignore[arg-type]
        ]
    )
    return component


def test_the_one_who_is_meant_comes_first_and_alone_is_over_the_threshold(couple: Component) -> None:
    first, *others = asked(
        couple, first_name="Grete", last_name="Geheim", postal_code="50667", street="Ulmenstr. 4"
    )
    record = couple.records[first.profile_id]
    assert {fragment.identity.first for fragment in couple.fragments(record.members)} == {"greta"}
    assert (first.verdict.one_person, first.verdict.reason) == (True, "over")
    assert [other.verdict.reason for other in others] == ["below"]


def test_the_lines_sum_up_and_hold_no_value_of_a_person(couple: Component) -> None:
    for candidate in asked(couple, email="home@x.de", first_name="Greta"):
        told = candidate.told()
        assert sum(line["bits"] for line in told["waterfall"]["lines"]) == pytest.approx(
            told["bits"], abs=0.05
        )
        assert not any(value in str(told).lower() for value in ("greta", "geheim", "home@", "ulmen"))


def test_who_is_no_likelier_than_anybody_is_no_candidate(couple: Component) -> None:
    assert not asked(couple, first_name="Xaver", last_name="Unterhuber", postal_code="80331")


def test_asking_changes_nothing(couple: Component) -> None:
    before = couple.pack(couple.packed)
    asked(couple, email="home@x.de", first_name="Greta")
    assert couple.pack(couple.packed) == before


def test_traits_that_are_told_and_read_again_are_the_same() -> None:
    person = Person(email="a@x.de", firstName="Anna", address={"street": "Ulmenstr.", "postalCode": "50667"})
    identifiers: list[tuple[str, str]] = []
    traits: dict[str, str] = {}
    tell(person, identifiers, traits)
    assert person_of(traits | dict(identifiers)) == person


async def test_candidates_are_told_with_all_that_was_weighed() -> None:
    api = Api({})
    body = {"traits": {"email": "anna@example.org"}, "limit": 3}
    answer = (await api.call("POST", "/v1/profiles/match", json=body)).json()
    assert answer == {"candidates": [CANDIDATE]}
    assert Matches.model_validate(answer).model_dump(mode="json") == answer
    assert api.matched == [({"email": "anna@example.org"}, 3)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"traits": {"firstName": "Anna"}}, "nobody can be looked up"),
        ({"traits": {"email": 5}}, "/traits/email"),
        ({"traits": {"Anna": "email"}}, "/traits/*"),
        ({"traits": {"address": {"city": ["Anna"]}}}, "/traits/address/city"),
        ({"traits": {"firstName": "Anna" * 60}}, "/traits/firstName"),
        ({"traits": {}, "limit": 51}, "/limit"),
        ({}, "/traits"),
    ],
)
async def test_traits_that_are_of_no_use_are_refused(body: dict[str, object], words: str) -> None:
    response = await Api({}).call("POST", "/v1/profiles/match", json=body)
    assert response.status_code == 422
    assert words in response.text
    assert "Anna" not in response.text
