"""Files of people, their specs, and what was linked."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from unifier.matching.spec import Spec, parse_spec

DATA = Path(__file__).parents[2] / "data"
SPECS = {
    "fake_people": """
        id = "rec_id"
        truth = "cluster"
        country = "GB"
        [columns]
        first_name = "first_name"
        surname = "last_name"
        dob = "birth_date"
        city = "city"
        email = "email"
    """,
    "febrl_people": """
        id = "rec_id"
        truth = "cluster"
        country = "AU"
        [columns]
        given_name = "first_name"
        surname = "last_name"
        street_number = "house_no"
        address_1 = "street"
        address_2 = "attribute:address_2"
        suburb = "city"
        postcode = "postcode"
        state = "region"
        date_of_birth = "birth_date"
        soc_sec_id = "identifier:national_id"
    """,
    "pseudopeople": """
        id = "rec_id"
        truth = "cluster"
        country = "US"
        source = "source"
        [columns]
        first_name = "first_name"
        middle = "middle_name"
        last_name = "last_name"
        dob = "birth_date"
        ssn = "identifier:national_id"
        street_number = "house_no"
        street = "street"
        unit = "attribute:unit"
        city = "city"
        state = "region"
        zip = "postcode"
    """,
}
PEOPLE = """
    id = "id"
    [columns]
    first = "first_name"
    last = "last_name"
    mail = "email"
    card = "identifier:customer_no"
"""
Put = Callable[[str, str | bytes], Path]


def spec_of(name: str) -> Spec:
    return parse_spec(SPECS[name], name)


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write a file into the test's folder."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def outcome(path: Path) -> dict[str, str]:
    """Row → profile, as a file says that was linked."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row["rec_id"]: row["profile_id"] for row in csv.DictReader(file)}
