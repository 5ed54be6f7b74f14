"""Sales after touches on the other side, and the campaigns and categories that share the credit for them."""

import pytest

from tests.unit.journey.stories import START, hashed, mark, when
from unifier.events.canonical import Event, Signal
from unifier.journey.counts import Counts
from unifier.journey.ropo import Crossing, credited, crossings
from unifier.matching.identity import identify
from unifier.profiles.fragment import Fragment
from unifier.profiles.marks import DAY_MS, pack_marks
from unifier.profiles.orders import Orders
from unifier.profiles.topics import meet
from unifier.rules import default_rules

ROPO = default_rules().ropo


def fragment(*story: str) -> Fragment:
    """One with these marks; "…: campaign/category" is what a touch is about."""
    made = Fragment(b"f" * 12, "online", "cookie_id", b"a" * 8, identify((), (), ""), "e")
    marks = []
    for line in story:
        words, _, about = line.partition(": ")
        told = mark(words)
        marks.append(told)
        campaign, _, category = about.partition("/")
        channel = "store" if words.endswith("store") else "web"
        if about:
            event = Event("e", "online", channel, "home", "Page", told.at, None, Signal(told.signal))
            event.campaign, event.category = campaign, category
            meet(made.topics, event)
    made.marks = pack_marks(sorted(marks))
    return made


def sales(*story: str) -> list[Crossing]:
    return crossings([fragment(*story)], ROPO)


def test_a_till_sale_carries_the_online_touches_before_it() -> None:
    (crossing,) = sales(
        "0d interest p: old/", "29d interest p app: autumn/shoes", "30d1h purchase o store", "31d interest p"
    )
    assert crossing.document() == {
        "kind": "ropo",
        "touches": 1,
        "by_channel": {"app": 1},
        "by_campaign": {"autumn": 0.902},
        "first_at": "2026-03-17T00:00:00.000Z",
        "last_at": "2026-03-17T00:00:00.000Z",
        "weight": 0.902,
    }


def test_the_mirror_case_and_orders_that_do_not_count() -> None:
    story = "0d interest p store", "1d purchase o", "2d purchase o", "3d purchase q"
    assert [(each.in_store, each.at) for each in sales(*story)] == [(False, when("1d")), (False, when("3d"))]
    assert len(sales("0d interest p store", "1d purchase", "2d purchase")) == 2  # of no order: two
    undone = fragment(*story)
    undone.orders = Orders()
    undone.orders.tell(hashed("o"), "cancel", 0, "EUR", when("2d"), False, b"")
    assert [each.at for each in crossings([undone], ROPO)] == [when("3d")]


def test_a_touch_weighs_half_a_half_life_later_and_more_in_the_category_that_was_bought() -> None:
    (crossing,) = sales(
        "0d interest p: letter/shoes",
        "7d interest q: letter/coats",
        "7d touch: brand/",
        "14d purchase o store: /coats",
        "15d interest p: late/shoes",
    )
    assert crossing.campaigns == {"letter": 0.25 + 2 * 0.5, "brand": 0.5}
    assert crossing.categories == {"shoes": 0.25, "coats": 2 * 0.5}


def test_the_credit_for_a_sale_is_shared_and_sums_add_up() -> None:
    counts: Counts = {}
    for crossing in sales(
        "0d interest p: a/shoes", "1d purchase o store", "1d5h interest p: b/shoes", "2d purchase q store"
    ):
        crossing.add_to(counts)
    told = credited(counts, "ropo")
    assert told["sales"] == 2
    assert [(one["campaign"], one["sales"]) for one in told["by_campaign"]] == [("a", 2), ("b", 1)]
    assert sum(one["credit"] for one in told["by_campaign"]) == 2
    assert told["by_category"] == [{"category": "shoes", "sales": 2, "credit": 2.0}]
    assert credited(counts, "showrooming") == {"sales": 0, "by_campaign": [], "by_category": []}
    for crossing in sales(
        "0d interest p: a/shoes", "1d purchase o store", "1d5h interest p: b/shoes", "2d purchase q store"
    ):
        crossing.add_to(counts, -1)
    assert not any(counts.values())
    assert {day for day, *_ in counts} == {START // DAY_MS + 1, START // DAY_MS + 2}


def test_a_sale_of_no_category_makes_no_touch_without_one_weigh_more() -> None:
    story = (
        "0d interest p: autumn/",
        "0d interest p: winter/coats",
        "1d purchase q: spring/",
        "1d1h purchase o store",
    )
    campaigns = sales(*story)[0].document()["by_campaign"]
    assert campaigns["autumn"] == campaigns["winter"]


@pytest.mark.parametrize("campaigns", [3, 7])
def test_shares_that_are_no_whole_thousandths_add_up_to_the_sale(campaigns: int) -> None:
    """7 times 143 are more than a sale, and 3 times 333 are less."""
    counts: Counts = {}
    for crossing in sales(*(f"0d interest p: {n}/" for n in range(campaigns)), "1d purchase o store"):
        crossing.add_to(counts)
    shares = [one["credit"] for one in credited(counts, "ropo")["by_campaign"]]
    assert sum(shares) == pytest.approx(1, abs=1e-9)
    assert max(shares) - min(shares) <= 0.001 + 1e-9
