"""Places that settings name: the default region of phones, postcodes and street words, and time zones."""

from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS
from pydantic_core import PydanticCustomError


def known_region(country: str) -> str:
    """The country, if it is one of ISO 3166. Raises PydanticCustomError."""
    if country not in SUPPORTED_REGIONS:
        raise PydanticCustomError("region", 'give the two capital letters of ISO 3166, such as "DE"')
    return country


def known_zone(name: str) -> str:
    """The name of a time zone, if there is one. Raises PydanticCustomError."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise PydanticCustomError(
            "zone", "no such zone here; give an IANA name such as Europe/Berlin"
        ) from None
    return name
