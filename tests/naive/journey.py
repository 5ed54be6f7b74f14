"""Where a customer stands in the journey: all moments in order of time, from the first one, every time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from unifier.events.canonical import CHANNELS, Event, Signal
from unifier.rules import Rules
from unifier.rules.phases import PhaseModel

NEVER = float("inf")
ORDERS_KEPT = 8  # newest orders among which one is looked for that is told again


@dataclass
class Stand:
    """What is known of one customer at one moment, in one model."""

    phase: str = "none"
    since: int | None = None
    journey: int = 0
    touched: int = 0
    lapses: float = NEVER  # the phase is left for want of touches
    bought: Event | None = None  # the newest purchase
    orders: list[str] = field(default_factory=list)  # of all purchases that have a number
    bought_before: int | None = None
    arrives: float = NEVER  # the purchase counts as fulfilled
    served: bool = False  # it is fulfilled
    ends: float = NEVER  # the phase of fulfilment is over
    loyal_until: float = NEVER
    member: bool = False
    looking: bool = True  # nothing was bought in this journey
    views: list[str] = field(default_factory=list)  # products seen since the newest purchase
    interests: list[int] = field(default_factory=list)  # since the newest purchase


def stand(model: PhaseModel, rules: Rules, events: Iterable[Event], undone: set[str], now: int) -> Stand:
    """Where somebody with these events stands now; `undone` are orders that do not count."""
    walk = _Walk(model, rules, undone)
    for event in sorted(events, key=lambda e: (e.at, e.signal or 0, CHANNELS.index(e.channel))):
        walk.wait(event.at)
        walk.take(event)
    walk.wait(now)
    return walk.stand


def order_of(event: Event) -> str:
    """The order that an event tells of, "" if of none; of a till's receipt, the shop's that it names."""
    return event.order.of or event.order.key if event.order else ""


def told(walked: Stand) -> dict[str, Any]:
    """As a profile says it."""
    return {"current": walked.phase, "since": walked.since, "journey": walked.journey}


class _Walk:
    def __init__(self, model: PhaseModel, rules: Rules, undone: set[str]) -> None:
        self.model, self.on, self.journey, self.undone = model, model.on, rules.journey, undone
        self.lapse = {lapse.source: lapse for lapse in model.lapse}
        self.stand = Stand()

    def rank(self, phase: str) -> int:
        return self.model.phases.index(phase) if phase != "none" else -1

    # --- Time

    def wait(self, until: float) -> None:
        """All that happens by time alone."""
        s = self.stand
        while (at := min(s.lapses, s.arrives, s.ends, s.loyal_until)) <= until:
            if at == s.arrives:
                self.receive(int(at))
            elif at == s.ends:
                ends = self.model.ends
                assert ends
                self.enter(ends.loyal if s.loyal_until < NEVER else ends.otherwise, int(at))
            elif at == s.lapses:
                self.enter(self.lapse[s.phase].to, int(at))
            else:
                s.loyal_until = NEVER
                if s.phase == self.on.loyal:
                    self.enter(self.model.ends.otherwise if self.model.ends else self.on.touch, int(at))

    def enter(self, phase: str, at: int) -> None:
        s = self.stand
        if phase != s.phase:
            s.phase, s.since = phase, at
        lapse = self.lapse.get(phase)
        s.lapses = max(s.touched + lapse.after_ms, at) if lapse else NEVER
        s.arrives = s.ends = NEVER

    # --- Events

    def take(self, event: Event) -> None:
        s = self.stand
        s.touched = event.at
        s.journey = max(1, s.journey)
        counts = order_of(event) not in self.undone
        if event.signal in (Signal.INTEREST, Signal.PREFERENCE):
            self.look(event)
        elif event.signal == Signal.PURCHASE and counts:
            self.buy(event)
        elif event.signal == Signal.FULFILMENT and counts:
            self.deliver(event)
        elif event.signal in (Signal.ADVOCACY, Signal.MEMBERSHIP):
            s.member |= event.signal == Signal.MEMBERSHIP
            if s.served and s.phase == self.on.fulfilment:
                self.become_loyal(event.at)
        if self.rank(s.phase) < self.rank(self.on.touch):
            self.enter(self.on.touch, event.at)
        if lapse := self.lapse.get(s.phase):
            s.lapses = event.at + lapse.after_ms

    def look(self, event: Event) -> None:
        s, wants = self.stand, event.signal == Signal.PREFERENCE
        if not wants and event.product:
            s.views.append(event.product)
            wants = s.views.count(event.product) >= self.journey.third_view
        anew = False
        if not s.looking:
            within = [at for at in s.interests if event.at - at <= self.journey.new_journey_within]
            anew = wants or len(within) + 1 >= self.journey.new_journey_interests
            s.interests.append(event.at)
        if anew:
            s.journey += 1
            s.looking, s.served, s.arrives = True, False, NEVER
            s.interests = []
        to = self.on.preference if wants else self.on.interest
        if anew or self.rank(to) > self.rank(s.phase):
            self.enter(to, event.at)

    def buy(self, event: Event) -> None:
        s = self.stand
        store = event.channel == "store"
        wait = self.journey.fulfilled_after_store if store else self.journey.fulfilled_after_online
        if event.order and order_of(event) in s.orders[-ORDERS_KEPT:]:
            assert s.bought
            if order_of(event) == order_of(s.bought) and not (s.served or s.looking):
                s.arrives = min(s.arrives, event.at + wait)
            return
        s.orders += [order_of(event)] if event.order else []
        if s.served:
            s.journey += 1
        s.bought_before = s.bought.at if s.bought else None
        s.bought, s.looking, s.served = event, False, False
        s.views, s.interests = [], []
        if s.loyal_until < NEVER:
            s.loyal_until = event.at + self.journey.loyal_for
        self.enter(self.on.purchase, event.at)
        s.arrives = event.at + wait

    def deliver(self, event: Event) -> None:
        s = self.stand
        if s.bought is None:
            s.bought = event
            s.orders.append(order_of(event))
        elif (
            s.looking
            or s.served
            or (s.bought.order and event.order and order_of(event) != order_of(s.bought))
        ):
            return
        self.receive(event.at)

    def receive(self, at: int) -> None:
        s = self.stand
        s.served, s.looking = True, False
        self.enter(self.on.fulfilment, at)
        assert s.bought
        before = -NEVER if s.bought_before is None else s.bought_before
        repeat = s.bought.at - before <= self.journey.repeat_within
        if s.member or repeat or s.loyal_until < NEVER:
            self.become_loyal(at)
        else:
            self.set_end()

    def become_loyal(self, at: int) -> None:
        s = self.stand
        assert s.bought
        until = s.bought.at + self.journey.loyal_for
        if until > at:
            s.loyal_until = until
            self.enter(self.on.loyal, at)
        self.set_end()

    def set_end(self) -> None:
        """After fulfilment; if the end led to the phase itself, there is none."""
        s, ends = self.stand, self.model.ends
        if ends and s.phase == self.on.fulfilment and s.since is not None:
            to = ends.loyal if s.loyal_until < NEVER else ends.otherwise
            s.ends = s.since + ends.after if to != s.phase else NEVER
