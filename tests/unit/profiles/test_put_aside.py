"""Review tasks that nobody can decide."""

from tests.unit.profiles.making import RULES, event, folded
from unifier.events.canonical import Command
from unifier.profiles.fold import Work, fold
from unifier.profiles.partition import REVIEWS_MAX
from unifier.profiles.regroup import regroup
from unifier.profiles.reviews import put_aside

LASTS = ("Jagemann", "Eulenspiegel", "Unterhuber", "Zwickl", "Obermoser", "Pfandzelter", "Quandt", "Rabe")


def test_those_that_nobody_can_decide_take_no_place_on_the_list() -> None:
    """Of eight of one first name and birth date, each with another surname, each pair is asked about."""
    told = [
        event(name, ("crm_id", name), first_name="Michael", last_name=name, birth_date="1980-02-03")
        for name in LASTS
    ]
    component, into = folded(told)
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
