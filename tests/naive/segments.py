"""The segments of the shipped rules, by what their names say."""

from collections.abc import Callable, Sequence

from tests.naive.fragments import Fragment
from tests.naive.journey import order_of
from tests.naive.profile import seen_at, sold, touches_of, undone_orders
from unifier.events.canonical import Event, Signal

DAY = 86_400_000


class Look:
    """What the segments ask of one person."""

    def __init__(self, person: Sequence[Fragment], known: bool, loyal: bool, now: int) -> None:
        self.events = touches_of(person)
        self.seen = seen_at(person)
        self.bought = sorted(sold(person))
        self.undone = undone_orders(person)
        self.known, self.loyal, self.now = known, loyal, now

    def days_since(self, at: int) -> float:
        return (self.now - at) / DAY

    def ropo(self) -> bool:
        first: dict[str, Event] = {}
        for event in sorted(self.events, key=lambda event: event.at):
            if event.signal == Signal.PURCHASE and event.order and order_of(event) not in self.undone:
                first.setdefault(order_of(event), event)
        return any(
            sale.channel == "store"
            and any(
                0 < sale.at - event.at <= 30 * DAY
                and event.channel != "store"
                and event.signal != Signal.PURCHASE
                for event in self.events
            )
            for sale in first.values()
        )


SEGMENTS: dict[str, Callable[[Look], bool]] = {
    "new": lambda look: look.days_since(min(look.seen)) <= 30 and not look.bought,
    "returning": lambda look: look.days_since(min(look.seen)) > 30 and look.days_since(max(look.seen)) <= 30,
    "loyal": lambda look: look.loyal,
    "at_risk": lambda look: len(look.bought) >= 2 and look.days_since(look.bought[-1]) > 180,
    "bargain_hunter": lambda look: sum(e.name == "Coupon Entered" for e in look.events) >= 2,
    "ropo_buyer": Look.ropo,
    "anonymous_and_intense": lambda look: (
        not look.known
        and sum(e.signal == Signal.INTEREST and look.days_since(e.at) <= 7 for e in look.events) >= 10
    ),
}


def segments(person: Sequence[Fragment], known: bool, loyal: bool, now: int) -> list[str]:
    """All that the person is in, sorted."""
    look = Look(person, known, loyal, now)
    return sorted(name for name, inside in SEGMENTS.items() if inside(look))
