"""The six phases as the simulation means them: a plain reading of the rules, for one person at a time.

It is written apart from the product's own journey code on purpose: the two can be held against each other.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SETTLED = ("purchase", "after_sale", "loyalty")
RANK = {"none": 0, "awareness": 1, "consideration": 2, "preference": 3}
LAPSES = {
    "preference": (7 * DAY_MS, "consideration"),
    "consideration": (30 * DAY_MS, "awareness"),
    "awareness": (90 * DAY_MS, "none"),
}


class Told(NamedTuple):
    """One signal: touch, interest, preference, sale (at a till), order (online), fulfilment, returned,
    advocacy or membership. `detail`: a product or an order."""

    at_ms: int
    signal: str
    detail: str


def phases_of(told: Sequence[Told], until_ms: int) -> list[tuple[int, str]]:
    """The phases that a person went through, with the time of entering each."""
    # Of an order whose sale nobody tells, a refund does not say whether all of it came back.
    sold = {each.detail for each in told if each.signal in ("sale", "order")}
    undone = sold.intersection(each.detail for each in told if each.signal == "returned")
    walk = _Walk()
    for each in sorted(told):
        walk.pass_time(each.at_ms)
        if each.signal == "returned" or (
            each.signal in ("sale", "order", "fulfilment") and each.detail in undone
        ):
            walk.touch(each.at_ms)
        else:
            walk.step(each)
    walk.pass_time(until_ms)
    return walk.steps


class _Walk:
    def __init__(self) -> None:
        self.steps: list[tuple[int, str]] = []
        self._phase = "none"
        self._last = 0  # the newest touch
        self._due = 0  # when the running purchase counts as fulfilled
        self._orders: list[str] = []  # the newest last
        self._member = False
        self._purchases: list[int] = []
        self._loyal_until = 0
        self._interests: list[int] = []  # since the last purchase
        self._views: Counter[str] = Counter()  # of each product since the last purchase

    def step(self, told: Told) -> None:
        at, signal, detail = told
        self.touch(at)
        if signal == "interest" and detail:
            self._views[detail] += 1
            if self._views[detail] >= 3:
                signal = "preference"
        if signal in ("interest", "preference"):
            self._look(at, signal)
        elif signal in ("sale", "order"):
            self._buy(at, detail, HOUR_MS if signal == "sale" else DAY_MS)
        elif signal == "fulfilment":
            self._deliver(at, detail)
        elif signal in ("advocacy", "membership"):
            self._member = self._member or signal == "membership"
            if self._phase == "after_sale":
                self._become_loyal(at)

    def touch(self, at: int) -> None:
        self._last = at
        if self._phase == "none":
            self._enter(at, "awareness")

    def pass_time(self, until: int) -> None:
        """Everything that becomes due by silence alone."""
        while True:
            if self._phase == "purchase":
                due, act = self._due, self._fulfil
            elif self._phase == "after_sale":
                due, act = self.steps[-1][0] + 30 * DAY_MS, self._end
            elif self._phase in LAPSES:
                due, act = self._last + LAPSES[self._phase][0], self._lapse
            else:
                return
            if due > until:
                return
            act(due)

    def _look(self, at: int, signal: str) -> None:
        wanted = "preference" if signal == "preference" else "consideration"
        if self._phase in SETTLED:
            self._interests = [each for each in self._interests if at - each <= 7 * DAY_MS] + [at]
            if signal == "preference" or len(self._interests) >= 3:
                self._enter(at, wanted)
        elif RANK[wanted] > RANK[self._phase]:
            self._enter(at, wanted)

    def _buy(self, at: int, order: str, fulfilled_after: int) -> None:
        if order in self._orders:  # its parcel was there before it, or it is picked up
            return
        self._orders.append(order)
        self._enter(at, "purchase")
        self._due = at + fulfilled_after
        self._purchases = [each for each in self._purchases if at - each <= 365 * DAY_MS] + [at]
        self._interests.clear()
        self._views.clear()

    def _deliver(self, at: int, order: str) -> None:
        """Of the newest purchase; who gets a parcel without one has bought by a way that nobody told of."""
        if not self._purchases:
            self._orders.append(order)
            self._purchases.append(at)
            self._fulfil(at)
        elif self._phase == "purchase" and order == self._orders[-1]:
            self._fulfil(at)

    def _fulfil(self, at: int) -> None:
        self._enter(at, "after_sale")
        if self._member or len(self._purchases) > 1:
            self._become_loyal(at)

    def _become_loyal(self, at: int) -> None:
        self._loyal_until = self._purchases[-1] + 365 * DAY_MS
        self._enter(at, "loyalty")

    def _end(self, at: int) -> None:
        self._enter(at, "loyalty" if self._loyal_until > at else "awareness")

    def _lapse(self, at: int) -> None:
        self._enter(at, LAPSES[self._phase][1])

    def _enter(self, at: int, phase: str) -> None:
        if phase != self._phase:
            self._phase = phase
            self.steps.append((at, phase))
