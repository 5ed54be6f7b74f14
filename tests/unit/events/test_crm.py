from typing import Any

import pytest

from tests.unit.events.reading import POSITION, event, example, read, refused
from unifier.events.canonical import Signal

RECORD, MERGED = range(2)


def test_a_record_is_anchored_on_its_system_and_its_id() -> None:
    found = event("crm", example("crm", RECORD))
    assert found.anchor == ("crm_id", "loyalty:C-100")
    assert found.identifiers == (
        ("crm_id", "loyalty:C-100"),
        ("loyalty_id", "L-1"),
        ("email", "anna@example.org"),
    )
    assert (found.source, found.event_id, found.consents) == (
        "loyalty",
        "change-1",
        (("marketing_email", True),),
    )


def test_a_loyalty_record_says_membership_and_others_are_no_touch() -> None:
    assert event("crm", example("crm", RECORD)).signal is Signal.MEMBERSHIP
    assert event("crm", example("crm", RECORD, source="shop")).signal is None


def test_a_merge_by_the_source_claims_the_record_it_went_into() -> None:
    found = event("crm", example("crm", MERGED))
    assert found.anchor == ("crm_id", "crm:C-101")
    assert found.same_as == (("crm_id", "crm:C-100"),)


def test_no_two_records_have_one_name() -> None:
    told = [("shop:at", "1"), ("shop", "at:1"), ("shop%3Aat", "1")]
    anchors = [event("crm", example("crm", source=s, record_id=r)).anchor for s, r in told]
    assert len(set(anchors)) == len(told)
    merged = event("crm", example("crm", MERGED, source="shop:at", merged_into="1"))
    assert merged.same_as == (anchors[0],)


def test_a_deleted_record_tells_nothing() -> None:
    assert read("crm", example("crm", MERGED, merged_into=None)) is None


def test_identifier_types_that_the_rules_do_not_name_are_ignored() -> None:
    record = example(
        "crm", RECORD, identifiers={"shoe_size": "43", "national_id": "123", "crm_id": "another:1"}
    )
    found = event("crm", record)
    assert dict(found.identifiers) == {
        "crm_id": "loyalty:C-100",
        "national_id": "123",
        "email": "anna@example.org",
    }


def test_a_record_is_no_touch_on_the_web() -> None:
    assert event("crm", example("crm", RECORD)).channel == "call_centre"


def test_a_change_without_an_id_is_named_by_its_position() -> None:
    assert event("crm", example("crm", MERGED)).event_id == POSITION


def test_a_local_time_is_read_in_the_zone_that_is_set() -> None:
    local = event("crm", example("crm", RECORD, occurred_at="2026-11-19T10:00:00"))
    assert local.at == event("crm", example("crm", RECORD)).at


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"record_id": None}, "missing_field", "record_id"),
        ({"record_id": "  "}, "missing_field", "record_id"),
        ({"source": ""}, "missing_field", "source"),
        ({"occurred_at": None}, "missing_field", "occurred_at"),
        ({"record_id": 100}, "wrong_type", "record_id"),
        ({"deleted": "no"}, "wrong_type", "deleted"),
        ({"traits": []}, "wrong_type", "traits"),
        ({"consents": {"marketing_email": "yes"}}, "wrong_type", "consents"),
        ({"consents": {f"purpose {n}": True for n in range(51)}}, "too_long", "consents"),
        ({"identifiers": {"": "1"}}, "missing_field", "identifiers"),
        ({"identifiers": {"loyalty_id": 12}}, "wrong_type", "identifiers"),
        ({"identifiers": {"loyalty_id": "1" * 257}}, "too_long", "identifiers"),
        ({"traits": {"firstName": "A" * 201}}, "too_long", "traits.firstName"),
    ],
)
def test_what_does_not_fit_is_refused_with_reason_and_field(
    change: dict[str, Any], reason: str, field: str
) -> None:
    problem = refused("crm", example("crm", RECORD, **change))
    assert (problem.reason, problem.field) == (reason, field)


def test_a_record_merged_into_blanks_is_merged_into_none() -> None:
    """Else all of them would be one person."""
    assert event("crm", example("crm", merged_into="  ")) == event("crm", example("crm", merged_into=None))
    assert read("crm", example("crm", merged_into="  ", deleted=True)) is None


@pytest.mark.parametrize("padded", ["   4711", "4711  ", "\u00a04711"])
def test_blanks_around_the_id_of_a_record_make_it_no_other(padded: str) -> None:
    """Exports of fixed width fill ids up; one that is merged into the record names it so, too."""
    record = event("crm", example("crm", RECORD, record_id=padded))
    assert record.anchor == event("crm", example("crm", RECORD, record_id="4711")).anchor
    assert event("crm", example("crm", merged_into=padded)).same_as == (record.anchor,)
