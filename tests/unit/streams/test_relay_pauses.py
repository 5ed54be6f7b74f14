"""How long the relay lets effects gather between two transactions."""

from typing import Any, cast

from unifier.streams.relay import BEHIND_S, PAUSE_MOST_S, Relay


def _relay() -> Relay:
    nothing = cast(Any, None)
    return Relay(nothing, nothing, 4, nothing, nothing, nothing)


def test_effects_wait_no_longer_than_the_round_before_them_took() -> None:
    relay = _relay()
    relay.wake(behind=False)
    assert relay.pause_s(0.004) == 0.004
    assert relay.pause_s(7.0) == PAUSE_MOST_S


def test_effects_gather_for_a_second_while_events_themselves_wait() -> None:
    relay = _relay()
    relay.wake(behind=True)
    relay.wake(behind=False)  # a small chunk of another topic in between
    assert relay.pause_s(0.004) == BEHIND_S
