"""Steps of a visit: learnt from what comes with what, counted per cell and day."""

from unifier.journey.steps import Visit, count, declared, learned, likely_why
from unifier.journey.weak_points import Cell, Count, WeakPoint

FUNNEL = ("product", "cart", "pay", "bought")


def visits(day: int, depths: dict[int, int], *more: str, **attributes: str) -> list[Visit]:
    """So many visits that got so far down the funnel."""
    return [
        Visit(day, frozenset((*FUNNEL[:depth], *more)), attributes)
        for depth, number in depths.items()
        for _ in range(number)
    ]


def test_the_next_step_is_the_most_frequent_name_that_rarely_comes_without_it() -> None:
    seen = visits(0, {1: 100, 2: 60, 3: 50, 4: 40}) + visits(0, {0: 80}, "search")
    assert learned(seen) == declared(FUNNEL)


def test_what_comes_without_the_step_too_often_is_not_the_next() -> None:
    seen = visits(0, {1: 100}) + visits(0, {1: 40, 0: 40}, "search")
    assert learned(seen) == {}


def test_rare_names_are_not_learnt() -> None:
    assert learned(visits(0, {1: 100, 2: 10})) == {}


def test_steps_are_learnt_from_the_first_days() -> None:
    late = visits(200, {0: 500}, "cart")
    assert learned(visits(0, {1: 100, 2: 50}) + late) == {"product": "cart"}


def test_visits_are_counted_by_step_value_and_day() -> None:
    seen = visits(1, {1: 3, 2: 2}, device="ios") + visits(2, {2: 1}, device="web")
    found = count(seen, {"product": "cart"})
    assert found == {
        Cell("product"): {1: Count(5, 2), 2: Count(1, 1)},
        Cell("product", "device", "ios"): {1: Count(5, 2)},
        Cell("product", "device", "web"): {2: Count(1, 1)},
    }


def test_the_likely_reason_is_new_and_comes_with_stops() -> None:
    point = WeakPoint("pay", 10, 12, 11, {}, 0.2, 0.7, 1e6)
    seen = [
        *visits(3, {4: 20}, "old"),
        *visits(10, {3: 5}, "broken", "old"),
        *visits(10, {3: 2, 4: 9}, "new banner"),
        *visits(11, {4: 1}, "broken"),
    ]
    assert likely_why(point, "bought", seen, last=20) == "broken"
    assert likely_why(point, "bought", [*seen, *visits(2, {3: 1}, "broken")], last=20) is None
