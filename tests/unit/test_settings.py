"""A wrong setting is told with its name and what to give."""

import pytest

from unifier.settings import SettingsError, load_settings


@pytest.mark.parametrize("country", ["XX", "de", "Germany", ""])
def test_a_country_that_is_none_is_refused(country: str) -> None:
    with pytest.raises(SettingsError, match=r"^UNIFIER_COUNTRY: .*two capital letters of ISO 3166"):
        load_settings({"UNIFIER_COUNTRY": country})


def test_countries_are_taken() -> None:
    assert [load_settings({"UNIFIER_COUNTRY": code}).country for code in ("DE", "US")] == ["DE", "US"]
