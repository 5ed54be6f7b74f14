"""Orders: sums are exact, each order counts once, and order of arrival does not matter."""

from collections.abc import Sequence
from itertools import product

import ormsgpack
from hypothesis import given
from hypothesis import strategies as st

from unifier.profiles.orders import CURRENCIES_MAX, ORDERS_MAX, RETURNS_MAX, Orders, union

Step = tuple[bytes, str, int, int, bytes, str, bool]

keys = st.sampled_from([bytes([n]) * 8 for n in range(1, 5)])
steps = st.lists(
    st.tuples(
        keys,
        st.sampled_from(["sale", "return", "cancel"]),
        st.integers(0, 500_000),
        st.integers(1, 9),
        st.binary(min_size=8, max_size=8),
        st.sampled_from(["EUR", "CHF"]),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda step: step[4],
)


def told(history: Sequence[Step | tuple[bytes, str, int, int, bytes]]) -> Orders:
    orders = Orders()
    for key, kind, amount, at, event, *rest in history:
        currency, store = rest or ("EUR", False)
        orders.tell(key, kind, amount, str(currency), at, bool(store), event)
    return orders


@given(steps.flatmap(lambda history: st.tuples(st.just(history), st.permutations(history))))
def test_any_order_of_arrival_gives_the_same_orders(histories: tuple[list[Step], list[Step]]) -> None:
    first, second = (told(history) for history in histories)
    assert first.kept == second.kept
    assert first.undone() == second.undone()


@given(steps, st.integers(0, 12))
def test_told_to_two_fragments_is_as_told_to_one(history: list[Step], cut: int) -> None:
    for parts in (history[:cut], history[cut:]), (history[cut:], history[:cut]):
        whole = union([told(part) for part in parts])
        assert whole.kept == told(history).kept
        assert whole.undone() == told(history).undone()


@given(steps)
def test_packing_keeps_everything(history: list[Step]) -> None:
    orders = told(history)
    assert Orders.unpack(orders.pack()).kept == orders.kept


def test_a_wholly_returned_order_no_longer_stands() -> None:
    orders = told([(b"a" * 8, "sale", 499_000, 1, b"1" * 8), (b"a" * 8, "return", 499_000, 2, b"2" * 8)])
    assert orders.standing() == []
    assert orders.undone() == {b"a" * 8}


def test_part_returns_lessen_the_revenue_and_leave_the_order() -> None:
    orders = told([(b"a" * 8, "sale", 499_000, 1, b"1" * 8), (b"a" * 8, "return", 99_000, 2, b"2" * 8)])
    assert [order.paid() for order in orders.standing()] == [{"EUR": 400_000}]


def test_one_receipt_told_under_two_identities_counts_once() -> None:
    one = told([(b"a" * 8, "sale", 10_000, 1, b"1" * 8)])
    two = told([(b"a" * 8, "sale", 10_000, 1, b"2" * 8)])
    assert [order.paid() for order in union([one, two]).standing()] == [{"EUR": 10_000}]


def test_a_return_told_again_is_one_return() -> None:
    back = (b"a" * 8, "return", 10, 2, b"2" * 8)
    orders = told([(b"a" * 8, "sale", 50, 1, b"1" * 8), back, back])
    assert orders.kept[b"a" * 8].paid() == union([orders, told([back])]).kept[b"a" * 8].paid() == {"EUR": 40}


def test_what_comes_back_in_another_currency_is_told_in_that_currency() -> None:
    orders = told(
        [(b"a" * 8, "sale", 50, 1, b"1" * 8, "EUR", True), (b"a" * 8, "return", 50, 2, b"2" * 8, "CHF", True)]
    )
    assert orders.kept[b"a" * 8].paid() == {"EUR": 50, "CHF": -50}
    assert orders.undone() == frozenset()


def test_orders_over_the_cap_are_summed_to_the_cent() -> None:
    many = [
        (n.to_bytes(8, "big"), "sale", 10_001, n + 1, n.to_bytes(8, "big")) for n in range(ORDERS_MAX + 50)
    ]
    orders = union([told(many)])
    assert len(orders.kept) == ORDERS_MAX
    assert orders.closed.online == 50
    kept = sum(order.paid()["EUR"] for order in orders.kept.values())
    assert orders.closed.revenue["EUR"] + kept == 10_001 * (ORDERS_MAX + 50)


def test_more_part_returns_than_are_told_apart_lessen_the_revenue_in_both_fragments() -> None:
    back = [(b"a" * 8, "return", 10, 2, n.to_bytes(8, "big")) for n in range(1, 2 * RETURNS_MAX + 1)]
    parts = (
        told([(b"a" * 8, "sale", 10_000, 1, b"s" * 8), *back[: RETURNS_MAX + 5]]),
        told(back[RETURNS_MAX + 5 :]),
    )
    assert union(parts).kept[b"a" * 8].paid() == {"EUR": 10_000 - 10 * (RETURNS_MAX + RETURNS_MAX)}


MADE_UP = ["".join(letters) for letters in product("ABCDEFGHIJKLMN", repeat=3)]
"""Three letters are a currency to the contract, and whoever opens a shop's page can tell an order."""
MOST = 10**16 - 1


def stored(orders: Orders) -> bytes:
    return ormsgpack.packb(orders.pack(), option=ormsgpack.OPT_NON_STR_KEYS)


def test_returns_of_an_order_in_made_up_currencies_stay_bounded() -> None:
    orders = Orders()
    capped = [
        orders.tell(b"a" * 8, "return", MOST, currency, 1, False, number.to_bytes(8))
        for number, currency in enumerate(MADE_UP, 1)
    ]
    assert not any(capped[: 2 * RETURNS_MAX])
    assert all(capped[2 * RETURNS_MAX :])
    assert len(stored(orders)) < 2_000


def test_older_orders_in_made_up_currencies_stay_bounded() -> None:
    orders = told(
        [(n.to_bytes(8), "sale", MOST, n, n.to_bytes(8), c, False) for n, c in enumerate(MADE_UP, 1)]
    )
    assert len(orders.closed.revenue) == CURRENCIES_MAX
    assert len(stored(orders)) < 20_000


def test_sums_stay_within_what_can_be_stored() -> None:
    sales = [(n.to_bytes(8), "sale", MOST, n, n.to_bytes(8)) for n in range(1, 3_000)]
    returns = [(b"\xff" * 8, "return", MOST, 3_000, n.to_bytes(8)) for n in range(1, 3_000)]
    assert stored(told([*sales, (b"\xff" * 8, "sale", 1, 3_000, b"s" * 8), *returns]))


def test_a_cancelled_order_is_no_return_and_a_whole_return_is_one() -> None:
    cancelled = told([(b"a" * 8, "sale", 10, 1, b"1" * 8), (b"a" * 8, "cancel", 0, 2, b"2" * 8)])
    returned = told([(b"a" * 8, "sale", 10, 1, b"1" * 8), (b"a" * 8, "return", 0, 2, b"2" * 8)])
    assert [len(each.kept[b"a" * 8].returns) for each in (cancelled, returned)] == [0, 1]
    assert cancelled.undone() == returned.undone() == {b"a" * 8}
