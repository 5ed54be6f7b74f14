"""The walk along the journey: one model's phase as a function of the marks in order of time.

`advance` takes marks in, `settle` lets time pass; both fire every timer at the moment it was due, before
the mark that comes after it. Walking on from a kept `State` and walking from the start are the same.

How the rules are read where they leave a choice:

- A lapse counts from the last mark of any kind ("without a touch for"), so silence after a cart is
  consideration on day 7, awareness on day 30, none on day 90.
- A journey has one purchase. After it a preference, or the third interest within the window, opens the next;
  so does another purchase once the first is fulfilled. Within a journey only time leads back.
- A purchase and its fulfilment that were undone are touches: the person was there.
- An order told twice (by the shop and by the till) is one purchase, also if another comes between. The newest
  one, if a till hands it out, is fulfilled as a sale there is, unless it was before. A fulfilment belongs to
  the newest purchase; one whose order is unknown counts only while nobody knows of any purchase.
- Loyalty comes after `after_sale`, if at the same instant. When `loyal` ends in that phase, the phase ends
  where after_sale would have.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from unifier.events.canonical import CHANNELS, Signal
from unifier.journey.models import NEVER, NONE, Model
from unifier.profiles.marks import NO_DETAIL, Mark

FULFILLED, LAPSED, ENDED, LOYALTY_ENDED = TIMERS = ("fulfilled", "lapsed", "ended", "loyalty_ended")
ORDERS_KEPT = 8  # newest orders among which one is looked for that is told again
VIEWS_KEPT = 16  # newest product views since the last purchase among which the third of one is looked for

# Plain integers: comparing with a member of an IntEnum costs three times as much.
_TOUCH, _INTEREST, _PREFERENCE = int(Signal.TOUCH), int(Signal.INTEREST), int(Signal.PREFERENCE)
_PURCHASE, _FULFILMENT = int(Signal.PURCHASE), int(Signal.FULFILMENT)
_ADVOCACY, _MEMBERSHIP = int(Signal.ADVOCACY), int(Signal.MEMBERSHIP)

_LOOKING, _BOUGHT, _SERVED = 0, 1, 2  # stages of a journey by its purchase


class Step(NamedTuple):
    """A change of phase. Phases are places in the model's `phases`."""

    at: int  # milliseconds UTC
    source: int
    to: int
    journey: int
    cause: bytes | str  # hash of the event, or the name of the timer
    since: int | None  # when `source` was entered; None: it was never entered
    channel: str = ""  # of the event; "" of a timer


@dataclass(slots=True)
class State:
    """Where a walk stands. Of bounded size: see VIEWS_KEPT; at most new_journey_interests - 1 interests."""

    phase: int = NONE
    journey: int = 0
    since: int | None = None  # when the phase was entered
    touched: int = 0  # the last mark
    walked: int = -NEVER  # the last mark or timer
    walked_signal: int = NONE  # the signal of that mark; NONE for a timer
    due: int = NEVER  # the phase's timer
    loyal_until: int = NEVER  # NEVER: not loyal
    stage: int = _LOOKING
    bought_at: int | None = None
    orders: bytes = b""  # the newest, 8 bytes each, newest last; NO_DETAIL there: the newest has no number
    repeat: bool = False  # the newest purchase is a repeat purchase
    member: bool = False
    views: list[int] = field(default_factory=list)  # products, as the first 4 bytes of their hashes
    interests: list[int] = field(default_factory=list)  # times, since the last purchase
    furthest: int = NONE  # the latest phase that the journey has reached

    def pack(self) -> list[object]:
        """A list of plain values; inverse: `State(*packed)`."""
        return [
            self.phase, self.journey, self.since, self.touched, self.walked, self.walked_signal, self.due,
            self.loyal_until, self.stage, self.bought_at, self.orders, self.repeat, self.member, self.views,
            self.interests, self.furthest,
        ]  # fmt: skip

    @property
    def loyal(self) -> bool:
        """Whether the profile is loyal, as of the last mark or timer."""
        return self.loyal_until != NEVER


def follows(state: State, mark: Mark) -> bool:
    """Whether the mark comes after all that was walked, so that the walk may go on from here."""
    return mark.at > state.walked or (mark.at == state.walked and mark.signal > state.walked_signal)


def adds_nothing(state: State, mark: Mark) -> bool:
    """Whether a mark that comes late changes nothing: a touch between others of the stay. So it need not be
    walked anew for it, from marks of which the oldest may be forgotten.
    """
    since = state.since
    return (
        mark.signal == _TOUCH
        and state.phase != NONE
        and since is not None
        and since < mark.at <= state.touched
    )


def advance(model: Model, state: State, marks: Iterable[Mark], undone: Set[bytes]) -> list[Step]:
    """Walk on over marks in ascending order; `undone` are the orders that no longer count."""
    steps: list[Step] = []
    for mark in marks:
        at, signal = mark.at, mark.signal
        if state.due <= at or state.loyal_until <= at:
            _pass(model, state, at, steps)
        state.touched = state.walked = at
        state.walked_signal = signal
        if signal != _TOUCH or state.phase == NONE:
            _take(model, state, mark, undone, steps)
        after = model.lapse_after[state.phase]
        if after:
            state.due = at + after
    return steps


def settle(model: Model, state: State, now: int) -> list[Step]:
    """Fire what is due up to `now` (milliseconds UTC)."""
    steps: list[Step] = []
    _pass(model, state, now, steps)
    return steps


def _take(model: Model, state: State, mark: Mark, undone: Set[bytes], steps: list[Step]) -> None:
    signal = mark.signal
    state.journey = state.journey or 1
    if signal in (_INTEREST, _PREFERENCE):
        _look(model, state, mark, steps)
    elif signal == _PURCHASE and mark.detail not in undone:
        _buy(model, state, mark, steps)
    elif signal == _FULFILMENT and mark.detail not in undone:
        _receive(model, state, mark, steps)
    elif signal in (_ADVOCACY, _MEMBERSHIP):
        state.member |= signal == _MEMBERSHIP
        if state.stage == _SERVED and state.phase == model.fulfilled:
            _become_loyal(model, state, mark.at, mark, steps)
    if state.phase < model.touch:
        _enter(model, state, model.touch, mark.at, mark, steps)


def _look(model: Model, state: State, mark: Mark, steps: list[Step]) -> None:
    """Interest and preference; a view of one product often enough is preference."""
    at, wants = mark.at, mark.signal == _PREFERENCE
    if not wants and mark.detail != NO_DETAIL:
        product = int.from_bytes(mark.detail[:4])
        state.views = [*state.views[1 - VIEWS_KEPT :], product]
        wants = state.views.count(product) >= model.third_view
    anew = False
    if state.stage != _LOOKING:
        recent = [each for each in state.interests if at - each <= model.new_journey_within]
        anew = wants or len(recent) + 1 >= model.new_journey_interests
        state.interests = [*recent, at]
    if anew:
        state.journey += 1
        state.furthest = NONE
        state.stage = _LOOKING
        state.interests = []
    to = model.preference if wants else model.interest
    if anew or to > state.phase:
        _enter(model, state, to, at, mark, steps)


def _buy(model: Model, state: State, mark: Mark, steps: list[Step]) -> None:
    at = mark.at
    if mark.detail != NO_DETAIL and mark.detail in _each(state.orders):
        if state.stage == _BOUGHT and mark.detail == _newest(state.orders):
            state.due = min(state.due, at + model.fulfilled_after[mark.channel])
        return
    state.orders = (state.orders.removesuffix(NO_DETAIL) + mark.detail)[-ORDERS_KEPT * len(NO_DETAIL) :]
    if state.stage == _SERVED:
        state.journey += 1
        state.furthest = NONE
    state.stage = _BOUGHT
    state.repeat = state.bought_at is not None and at - state.bought_at <= model.repeat_within
    state.bought_at = at
    state.views = []
    state.interests = []
    if state.loyal:
        state.loyal_until = at + model.loyal_for
    _enter(model, state, model.purchase, at, mark, steps)
    state.due = at + model.fulfilled_after[mark.channel]


def _each(orders: bytes) -> list[bytes]:
    size = len(NO_DETAIL)
    return [orders[start : start + size] for start in range(0, len(orders), size)]


def _newest(orders: bytes) -> bytes:
    return orders[-len(NO_DETAIL) :] or NO_DETAIL


def _receive(model: Model, state: State, mark: Mark, steps: list[Step]) -> None:
    newest = _newest(state.orders)
    of_another = NO_DETAIL not in (newest, mark.detail) and newest != mark.detail
    if state.bought_at is None:
        state.bought_at, state.orders = mark.at, mark.detail
    elif state.stage != _BOUGHT or of_another:
        return
    _fulfil(model, state, mark.at, mark, steps)


def _fulfil(model: Model, state: State, at: int, cause: Mark | str, steps: list[Step]) -> None:
    state.stage = _SERVED
    _enter(model, state, model.fulfilled, at, cause, steps)
    if state.member or state.repeat or state.loyal:
        _become_loyal(model, state, at, cause, steps)
    else:
        _await_end(model, state)


def _become_loyal(model: Model, state: State, at: int, cause: Mark | str, steps: list[Step]) -> None:
    assert state.bought_at is not None
    until = state.bought_at + model.loyal_for
    if until > at:
        state.loyal_until = until
        _enter(model, state, model.loyal, at, cause, steps)
    _await_end(model, state)


def _await_end(model: Model, state: State) -> None:
    """Set the timer of the fulfilled phase; where the end would lead to the phase itself, there is none."""
    to = model.ends_loyal if state.loyal else model.ends_otherwise
    if state.phase == model.fulfilled != to and state.since is not None:
        state.due = min(state.since + model.ends_after, NEVER)
    else:
        state.due = NEVER


def _pass(model: Model, state: State, until: int, steps: list[Step]) -> None:
    """Everything that becomes due by time. It ends: every timer leads down, or to loyalty, which ends."""
    while (at := min(state.due, state.loyal_until)) <= until:
        state.walked, state.walked_signal = at, NONE
        if state.due > at:
            state.loyal_until = NEVER
            if state.phase == model.loyal:
                _enter(model, state, model.ends_otherwise, at, LOYALTY_ENDED, steps)
        elif state.stage == _BOUGHT:
            _fulfil(model, state, at, FULFILLED, steps)
        elif state.phase == model.fulfilled:
            _enter(model, state, model.ends_loyal if state.loyal else model.ends_otherwise, at, ENDED, steps)
        else:
            # The third interest may have opened the journey in the phase in which the profile was already.
            state.furthest = max(state.furthest, state.phase)
            _enter(model, state, model.lapse_to[state.phase], at, LAPSED, steps)


def _enter(model: Model, state: State, to: int, at: int, cause: Mark | str, steps: list[Step]) -> None:
    """Go to a phase and set its lapse; the caller sets the timers of the bought and the fulfilled."""
    if to != state.phase:
        if isinstance(cause, str):
            steps.append(Step(at, state.phase, to, state.journey, cause, state.since))
        else:
            channel = CHANNELS[cause.channel]
            steps.append(Step(at, state.phase, to, state.journey, cause.event, state.since, channel))
        state.phase, state.since = to, at
        if to > state.furthest:
            state.furthest = to
    after = model.lapse_after[to]
    state.due = max(state.touched + after, at) if after else NEVER
