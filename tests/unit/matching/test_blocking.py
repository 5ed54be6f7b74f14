import pytest

from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import Identity, identify


def told(email: str = "", **traits: str) -> Identity:
    identifiers = (("email", email),) if email else ()
    return identify(identifiers, tuple(sorted(traits.items())), "DE")


ANNA = {"first_name": "Anna", "last_name": "Schröder"}
HOME = {"street": "Bergstr. 5", "postal_code": "83093"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (told(email="anna.s@gmx.de"), told(email="anna.s@gmx.net")),
        (told(email="anna.schroeder@gmx.de"), told(email="amna.schroeder@gmx.net")),
        (told(**ANNA, email="a@gmx.de"), told(first_name="A.", last_name="Schröder")),
        (told(**ANNA, city="Ulm"), told(last_name="Schröder", city="Ulm")),
        (told(**ANNA, city="Ulm"), told(first_name="Anna", city="Ulm")),
        (told(**ANNA, birth_date="1980-02-03"), told(first_name="Anna", birth_date="1980-05-05")),
        (told(**ANNA), told(first_name="Schroeder", last_name="Anna")),
        (told(last_name="Schröder", **HOME), told(last_name="SCHRODER", **HOME)),
        (told(first_name="Anna", **HOME), told(first_name="Anna", postal_code="83093")),
        (told(**HOME), told(street="Bergstraße", house_no="5", postal_code="83093")),
        (told(birth_date="1980-02-03"), told(birth_date="3.2.1980")),
        (told(**ANNA, **HOME), told(first_name="A", last_name="Schrötter", postal_code="83115")),
        (
            told(birth_date="1980-02-03", **ANNA),
            told(first_name="Anne", last_name="Schr", birth_date="1980-12-12"),
        ),
        (told(**ANNA), told(first_name="Annemarie", last_name="Schrotz")),
        (told(last_name="Schröder", birth_date="1980-02-03"), told(**ANNA, birth_date="1980-05-05")),
    ],
)
def test_what_is_worth_comparing_has_a_key_in_common(one: Identity, other: Identity) -> None:
    assert set(blocking_keys(one)) & set(blocking_keys(other))


def test_a_lone_name_or_token_is_no_key() -> None:
    assert blocking_keys(told(first_name="Anna")) == ()
    assert blocking_keys(Identity(ids=(("cookie_id", "c"), ("loyalty_id", "l")))) == ()


def test_no_key_is_an_exact_identifiers() -> None:
    assert all(key.startswith("b:") for key in blocking_keys(told("anna@x.de", **ANNA, **HOME)))
