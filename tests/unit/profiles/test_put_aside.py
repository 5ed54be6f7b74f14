"""Review tasks that nobody can decide."""

from tests.unit.profiles.making import RULES, event, folded
from unifier.events.canonical import Command, Event
from unifier.profiles.fold import Work, fold
from unifier.profiles.partition import REVIEWS_MAX
from unifier.profiles.privacy import Restriction
from unifier.profiles.regroup import regroup
from unifier.profiles.reviews import put_aside

LASTS = ("Jagemann", "Eulenspiegel", "Unterhuber", "Zwickl", "Obermoser", "Pfandzelter", "Quandt", "Rabe")


def michael(last: str) -> Event:
    return event(last, ("crm_id", last), first_name="Michael", last_name=last, birth_date="1980-02-03")


def test_those_that_nobody_can_decide_take_no_place_on_the_list() -> None:
    """Of eight of one first name and birth date, each with another surname, each pair is asked about."""
    component, into = folded(map(michael, LASTS))
    pairs = len(LASTS) * (len(LASTS) - 1) // 2
    assert len(into.tasks) == REVIEWS_MAX < pairs
    answered = set[str]()
    while tasks := put_aside(component, regroup(component, RULES).reviews):
        review_id, (one, other, *_) = tasks[0]
        assert review_id not in answered
        answered.add(review_id)
        sides = (tuple(map(bytes.hex, one)), tuple(map(bytes.hex, other)))
        word = Command(f"w{review_id}", "unsure", "s", "nobody knows", 10, sides=sides, review=review_id)
        into = fold(component, Work(commands=[word]), {}, RULES, now=11)
        assert len(into.tasks) == min(REVIEWS_MAX, pairs - len(answered))
    assert len(answered) == pairs


def test_what_nobody_can_decide_is_not_asked_again_because_one_of_them_was_restricted_meanwhile() -> None:
    component, into = folded(map(michael, LASTS[:2]))
    [(review_id, (one, other, *_))] = into.tasks
    sides = (tuple(map(bytes.hex, one)), tuple(map(bytes.hex, other)))
    word = Command("w", "unsure", "s", "nobody knows", 10, sides=sides, review=review_id)
    works = [
        Work(commands=[word]),
        *(Work(restrict=[Restriction(one[0], on, at, "c")]) for at, on in enumerate((True, False), 11)),
    ]
    for work in works:
        assert fold(component, work, {}, RULES, now=20).tasks == []
    assert component.unsure == {review_id}
