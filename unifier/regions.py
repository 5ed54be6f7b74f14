"""The countries that can be a default region of phones, postcodes and street words."""

from phonenumbers import SUPPORTED_REGIONS
from pydantic_core import PydanticCustomError


def known_region(country: str) -> str:
    """The country, if it is one of ISO 3166. Raises PydanticCustomError."""
    if country not in SUPPORTED_REGIONS:
        raise PydanticCustomError("region", 'give the two capital letters of ISO 3166, such as "DE"')
    return country
