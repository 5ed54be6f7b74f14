"""The simulation's own plain reading of the six phases."""

from unifier.devstack.simulate.phases import DAY_MS, HOUR_MS, Told, phases_of


def walk(*told: tuple[float, str, str], until: float = 0) -> list[tuple[float, str]]:
    """Times in hours."""
    steps = phases_of([Told(int(at * HOUR_MS), *rest) for at, *rest in told], int(until * HOUR_MS))
    return [(at / HOUR_MS, phase) for at, phase in steps]


def test_a_straight_road_ends_in_after_sale() -> None:
    assert walk(
        (1, "touch", ""), (2, "interest", "a"), (3, "preference", ""), (4, "order", "o"), until=40
    ) == [(1, "awareness"), (2, "consideration"), (3, "preference"), (4, "purchase"), (28, "after_sale")]


def test_a_stranger_at_the_till_skips_to_purchase_by_way_of_awareness() -> None:
    assert walk((5, "sale", "s"), until=7)[-2:] == [(5, "purchase"), (6, "after_sale")]


def test_the_third_look_at_one_product_is_a_preference() -> None:
    assert walk((1, "interest", "a"), (2, "interest", "a"), (3, "interest", "a"))[-1] == (3, "preference")
    assert walk((1, "interest", "a"), (2, "interest", "b"), (3, "interest", "c"))[-1] == (1, "consideration")


def test_interest_does_not_lead_back_from_preference() -> None:
    assert walk((1, "preference", ""), (2, "interest", "a"))[-1] == (1, "preference")


def test_a_second_purchase_fulfilled_makes_loyal() -> None:
    assert walk((1, "sale", "a"), (30, "sale", "b"), until=32)[-1] == (31, "loyalty")


def test_an_advocate_after_the_sale_is_loyal() -> None:
    assert walk((1, "sale", "a"), (30, "advocacy", ""))[-1] == (30, "loyalty")


def test_silence_leads_back_step_by_step() -> None:
    day = DAY_MS / HOUR_MS
    steps = walk((0, "preference", ""), until=100 * day)
    assert steps == [
        (0, "awareness"),
        (0, "preference"),
        (7 * day, "consideration"),
        (30 * day, "awareness"),
        (90 * day, "none"),
    ]


def test_what_was_brought_back_was_not_bought() -> None:
    bought = (2, "sale", "a")
    kept = walk((1, "interest", "x"), bought, until=50)
    returned = walk((1, "interest", "x"), bought, (40, "returned", "a"), until=50)
    assert kept[-1] == (3, "after_sale")
    assert returned[-1] == (1, "consideration")


def test_a_parcel_of_an_order_that_nobody_told_of_is_a_sale_that_was() -> None:
    assert walk((1, "fulfilment", "o"), until=2) == [(1, "awareness"), (1, "after_sale")]
    assert walk((1, "fulfilment", "o"), (2, "order", "o"))[-1] == (1, "after_sale")


def test_a_refund_of_an_order_that_nobody_told_of_may_be_of_a_part_of_it() -> None:
    came, back = (1, "fulfilment", "o"), (40, "returned", "o")
    assert walk(came, back, until=50) == [(1, "awareness"), (1, "after_sale")]
    assert walk((0, "order", "o"), came, back, until=50) == [(0, "awareness")]


def test_a_parcel_is_of_the_newest_order() -> None:
    assert walk((1, "order", "a"), (2, "order", "b"), (3, "fulfilment", "a"))[-1] == (1, "purchase")
    assert walk((1, "order", "a"), (2, "order", "b"), (3, "fulfilment", "b"))[-2:] == [
        (3, "after_sale"), (3, "loyalty"),
    ]  # fmt: skip


def test_three_interests_after_a_purchase_open_a_new_journey() -> None:
    steps = walk((1, "sale", "a"), *((10 + n, "interest", str(n)) for n in range(3)), until=13)
    assert steps[-1] == (12, "consideration")
