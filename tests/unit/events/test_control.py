from typing import Any

import pytest

from tests.unit.events.reading import ARRIVED, example, read, refused
from unifier.events.canonical import Command

SEPARATE, LINK, UNSURE, ERASE = range(4)


def command(payload: dict[str, Any]) -> Command:
    found = read("control", payload)
    assert isinstance(found, Command)
    return found


def test_a_command_names_profiles_or_fragments() -> None:
    separate, link = command(example("control", SEPARATE)), command(example("control", LINK))
    assert (separate.command, len(separate.profiles), separate.fragments) == ("separate", 2, ())
    assert (link.command, link.profiles, len(link.fragments)) == ("link", (), 2)
    assert (link.command_id, link.by) == ("command-1", "steward")


def test_a_command_about_a_review_names_it_and_its_two_sides() -> None:
    unsure = command(example("control", UNSURE))
    assert (unsure.command, unsure.review[:2], [len(side) for side in unsure.sides]) == (
        "unsure",
        "r_",
        [1, 1],
    )
    separate = command(example("control", UNSURE, command="separate", review=None))
    assert (separate.command, separate.review, separate.sides) == ("separate", "", unsure.sides)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"review": None}, "missing_field", "review"),
        ({"sides": [["0123456789abcdef01234567"]]}, "bad_value", "sides"),
        ({"sides": [["0123456789abcdef01234567"], []]}, "bad_value", "sides.1"),
        ({"sides": [["0123456789abcdef01234567"]] * 2}, "bad_value", "sides"),
        ({"profiles": ["p_1", "p_2"]}, "bad_value", "sides"),
    ],
)
def test_a_review_without_two_sides_is_refused(change: dict[str, Any], reason: str, field: str) -> None:
    problem = refused("control", example("control", UNSURE, **change))
    assert (problem.reason, problem.field) == (reason, field)


def test_a_command_without_a_time_was_given_when_it_arrived() -> None:
    assert command(example("control", LINK)).at == ARRIVED
    assert command(example("control", LINK, at="2026-11-20T00:00:00Z")).at == 1795132800000


def test_a_privacy_command_names_a_person_by_identifiers_or_their_hashes() -> None:
    by_hash = command(example("control", ERASE))
    assert by_hash.is_about_privacy
    assert by_hash.hashes == ("email:" + "0123456789abcdef" * 2,)
    told = command(example("control", ERASE, hashes=None, identifiers={"email": "a@example.org"}))
    assert (told.identifiers, told.hashes) == ((("email", "a@example.org"),), ())


def test_other_commands_are_refused_with_those_that_are_known() -> None:
    problem = refused("control", {"command": "dance"})
    assert (problem.reason, problem.field) == ("unknown_command", "command")
    assert "'link', 'separate', 'unsure', 'erase', 'restrict', 'release'" in str(problem)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"hashes": None}, "missing_field", "identifiers"),
        ({"identifiers": {"email": "a@example.org"}}, "missing_field", "identifiers"),
        ({"hashes": ["anna@example.org"]}, "bad_value", "hashes.0"),
        ({"hashes": None, "identifiers": {"email": 7}}, "wrong_type", "identifiers"),
        ({"hashes": None, "identifiers": {"e-mail": "a@example.org"}}, "bad_value", "identifiers"),
        ({"hashes": None, "identifiers": {"email": "a@example.org", "tel": "1"}}, "bad_value", "identifiers"),
    ],
)
def test_a_privacy_command_that_does_not_say_whom_it_means_is_refused(
    change: dict[str, Any], reason: str, field: str
) -> None:
    problem = refused("control", example("control", ERASE, **change))
    assert (problem.reason, problem.field) == (reason, field)
    assert "example.org" not in str(problem)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"command": None}, "missing_field", "command"),
        ({"command_id": None}, "missing_field", "command_id"),
        ({"by": None}, "missing_field", "by"),
        ({"reason": ""}, "missing_field", "reason"),
        ({"profiles": None}, "missing_field", "profiles"),
        ({"profiles": ["p_1"]}, "bad_value", "profiles"),
        ({"profiles": ["p_1", "p_1"]}, "bad_value", "profiles"),
        ({"profiles": ["p_1", "p_2", "p_3"]}, "too_long", "profiles"),
        ({"profiles": None, "fragments": ["0123456789abcdef01234567", "xyz"]}, "bad_value", "fragments.1"),
        ({"profiles": None, "fragments": ["01234567", "89abcdef"]}, "bad_value", "fragments.0"),
        ({"fragments": ["0123456789abcdef01234567", "76543210fedcba9876543210"]}, "bad_value", "fragments"),
        ({"at": "noon"}, "bad_time", "at"),
    ],
)
def test_what_does_not_fit_is_refused_with_reason_and_field(
    change: dict[str, Any], reason: str, field: str
) -> None:
    problem = refused("control", example("control", SEPARATE, **change))
    assert (problem.reason, problem.field) == (reason, field)
