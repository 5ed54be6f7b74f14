from hypothesis import given
from hypothesis import strategies as st

from unifier.events.canonical import TRAITS
from unifier.matching.identity import Identity, exact_keys, identify, people, person_mark
from unifier.rules import default_rules

RULES = default_rules()
KINDS = [*RULES.identifiers, "of_no_known_type"]
IDENTIFIERS = st.lists(st.tuples(st.sampled_from(KINDS), st.text(max_size=20)), max_size=6)
TOLD = st.dictionaries(st.sampled_from(TRAITS), st.text(max_size=20))


@given(IDENTIFIERS, TOLD, st.sampled_from(["DE", "US", "", "XX"]))
def test_anything_told_makes_an_identity(
    identifiers: list[tuple[str, str]], told: dict[str, str], country: str
) -> None:
    identity = identify(tuple(identifiers), tuple(sorted(told.items())), country)
    assert list(identity.ids) == sorted(set(identity.ids))
    assert all(value for _, value in identity.ids)
    assert Identity._make(list(identity)) == identity
    assert 0 <= person_mark(identity) <= 255


@given(st.permutations([("email", "A@x.de"), ("email", "b@x.de"), ("account_id", "7"), ("email", "a@X.DE")]))
def test_the_order_of_identifiers_does_not_matter(identifiers: list[tuple[str, str]]) -> None:
    identity = identify(tuple(identifiers), (), "DE")
    assert identity.ids == (("account_id", "7"), ("email", "a@x.de"), ("email", "b@x.de"))


def test_values_that_only_fill_a_field_are_dropped() -> None:
    raw = (
        ("account_id", " undefined "),
        ("cookie_id", "0000-0000"),
        ("email", "nobody"),
        ("loyalty_id", " Ab1 "),
    )
    assert identify(raw, (), "DE").ids == (("loyalty_id", "Ab1"),)


def test_an_events_own_country_reads_its_phone_number() -> None:
    identity = identify((("phone", "01 5123456"),), (("country", "at"),), "DE")
    assert identity.ids == (("phone", "+4315123456"),)


def test_values_that_the_rules_call_shared_are_no_keys() -> None:
    raw = (("email", "noreply@shop.example"), ("email", "anna@shop.example"), ("of_no_known_type", "1"))
    assert exact_keys(identify(raw, (), "DE"), RULES) == ["email|anna@shop.example"]


def test_spellings_and_nicknames_with_one_initial_are_one_person_and_others_more() -> None:
    marks = [person_mark(Identity(first=name)) for name in ("gabriele", "gabi", "g", "karin", "")]
    assert len(set(marks[:3])) == 1
    assert people(set(marks)) == 2
    assert people({0}) == people(set()) == 1


def test_accounts_and_names_of_one_holder_are_not_added_up() -> None:
    marks = {person_mark(Identity(first="anna")), person_mark(Identity(ids=(("account_id", "1"),)))}
    assert people(marks) == 1
    assert people(marks | {person_mark(Identity(ids=(("account_id", "2"),)))}) == 2
