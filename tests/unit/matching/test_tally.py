"""What is counted among people found, so that weights can be learnt from it."""

from unifier.matching.fit import boasts
from unifier.matching.identity import identify
from unifier.matching.learn import LEAST, estimate
from unifier.matching.model import TrainedOn, shipped_model
from unifier.matching.scale import Facts, scale_of
from unifier.matching.tally import Person, Tally, tally
from unifier.rules import default_rules

SCALE = scale_of(default_rules())
TODAY = TrainedOn(what="", rows=0, date="")


def facts(**told: str) -> Facts:
    return SCALE.facts(identify((), tuple(sorted(told.items())), "DE"))


def at_home(first_name: str, number: int, birth_date: str) -> Facts:
    home = {
        "street": f"Bergstr. {number}",
        "postal_code": "83093",
        "last_name": f"Moser{'abcdefgh'[number % 8]}",
    }
    return facts(first_name=first_name, birth_date=birth_date, **home)


def day(number: int) -> str:
    return f"19{40 + number % 50}-{1 + number % 12:02}-{1 + number % 28:02}"


def counted(people: list[Person]) -> Tally:
    return tally(people, sum(len(person.records) for person in people), set(), SCALE)


def household_bits(people: list[Person]) -> float:
    records = sum(len(person.records) for person in people)
    return estimate(people, records, counted(people), shipped_model(), TODAY, few_names=False).household_bits


def test_where_housemates_are_born_on_other_days_records_tell_of_households() -> None:
    couples = [
        Person([at_home(name, number, day(number + later))])
        for number in range(60)
        for name, later in (("Anna", 0), ("Otto", 7))
    ]
    assert household_bits(couples) == shipped_model().household_bits


def test_where_those_of_other_first_names_at_a_home_are_born_alike_there_are_no_households() -> None:
    people = [
        Person([at_home("Anna", number, day(number)), at_home("Otto", number, day(number))])
        for number in range(60)
    ]
    assert household_bits(people) == 0.0
    apart = [Person([record]) for person in people for record in person.records]
    assert household_bits(apart) == 0.0  # even if the matching did not find them


def test_few_homes_say_nothing_of_households() -> None:
    few = [
        Person([at_home("Anna", number, day(number)), at_home("Otto", number, day(number))])
        for number in range(6)
    ]
    assert household_bits(few) == shipped_model().household_bits


def test_people_of_whom_none_was_drawn_count_in_no_field() -> None:
    """A large file is learnt from a sample; of its neighbours a field may be known that nobody drawn has."""
    sons = [
        Person([facts(first_name="Hans", middle_name="jr", last_name=name)], share=0.0)
        for name in ["Moser", "Bauer"]
    ]
    drawn = [Person([facts(first_name="Anna", last_name=name)]) for name in ["Huber", "Maier", "Gruber"]]
    found = counted(sons + drawn)
    assert all(found.other_known.values())
    assert "suffix" not in boasts(shipped_model(), found, sons + drawn)


def test_a_field_that_no_two_people_at_random_both_know_is_learnt_without_boasting() -> None:
    junior = facts(first_name="Hans", middle_name="jr", last_name="Moser", postal_code="83093")
    again = facts(first_name="Hans", middle_name="jr", last_name="Moser", postal_code="10117")
    people = [Person([junior, again], share=10.0)]
    people += [Person([facts(first_name="Anna", last_name=name)]) for name in ("Huber", "Maier", "Gruber")]
    found = counted(people)
    model = estimate(people, 5, found, shipped_model(), TODAY, few_names=False)
    assert found.same_known["suffix"] >= LEAST
    assert "suffix" not in boasts(model, found, people)
