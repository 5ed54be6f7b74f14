"""Who somebody is, as `identify` calls and CRM records tell it (Segment's reserved traits)."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from unifier.events.canonical import Identifier
from unifier.events.fields import Key, Text, add


class Address(TypedDict, total=False):
    """A postal address."""

    street: Annotated[Text | None, Field(description="Street, with the house number unless told apart")]
    houseNumber: Annotated[Text | None, Field(description="House number")]
    house_number: Annotated[Text | None, Field(description="The same as `houseNumber`")]
    postalCode: Annotated[Text | None, Field(description="Postal code")]
    postal_code: Annotated[Text | None, Field(description="The same as `postalCode`")]
    city: Annotated[Text | None, Field(description="Town")]
    state: Annotated[Text | None, Field(description="State, province or region")]
    country: Annotated[Text | None, Field(description="Country, best as ISO 3166-1 code")]


class Person(TypedDict, total=False):
    """What is known of a person. Values are taken as told; matching makes them comparable.

    Segment allows its names in snake case as well.
    """

    email: Annotated[Key | None, Field(description="E-mail address")]
    phone: Annotated[Key | None, Field(description="Telephone number, in any usual form")]
    title: Annotated[Text | None, Field(description="Form of address or academic title")]
    firstName: Annotated[Text | None, Field(description="Given name")]
    first_name: Annotated[Text | None, Field(description="The same as `firstName`")]
    middleName: Annotated[Text | None, Field(description="Middle name")]
    middle_name: Annotated[Text | None, Field(description="The same as `middleName`")]
    lastName: Annotated[Text | None, Field(description="Family name")]
    last_name: Annotated[Text | None, Field(description="The same as `lastName`")]
    name: Annotated[Text | None, Field(description="Full name, when the source does not know its parts")]
    birthday: Annotated[Text | None, Field(description="Date of birth, best as ISO 8601 date")]
    address: Annotated[Address | None, Field(description="Postal address")]


_TRAITS = {
    "title": "title",
    "firstName": "first_name",
    "middleName": "middle_name",
    "lastName": "last_name",
    "name": "full_name",
    "birthday": "birth_date",
}
_ADDRESS = {
    "street": "street",
    "houseNumber": "house_no",
    "postalCode": "postal_code",
    "city": "city",
    "state": "region",
    "country": "country",
}
_ALL_TRAITS = _TRAITS | {name: name for name in ("first_name", "middle_name", "last_name")}
_ALL_ADDRESS = _ADDRESS | {"house_number": "house_no", "postal_code": "postal_code"}


NAMES = frozenset({*Person.__annotations__, *Address.__annotations__})
"""Of all fields."""


def tell(person: Person, identifiers: list[Identifier], traits: dict[str, str]) -> None:
    """Add what the person's traits say; what was there wins."""
    add(identifiers, "email", person.get("email"))
    add(identifiers, "phone", person.get("phone"))
    for told, name in _ALL_TRAITS.items():
        if value := person.get(told):
            traits.setdefault(name, str(value))
    address = person.get("address")
    if address:
        for told, name in _ALL_ADDRESS.items():
            if value := address.get(told):
                traits.setdefault(name, str(value))


def person_of(traits: Mapping[str, str]) -> Person:
    """The person who tells these traits, e-mail and phone among them: the inverse of `tell`."""
    told: Any = {name: traits[trait] for name, trait in _TRAITS.items() if trait in traits}
    told |= {name: traits[name] for name in ("email", "phone") if name in traits}
    if address := {name: traits[trait] for name, trait in _ADDRESS.items() if trait in traits}:
        told["address"] = address
    person: Person = told
    return person
