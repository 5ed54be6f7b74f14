from hypothesis import given
from hypothesis import strategies as st

from unifier.serving.limits import Buckets

RATES = st.floats(0.1, 1_000)


@given(RATES, st.lists(st.floats(0, 0.5), max_size=200))
def test_never_more_than_the_burst_and_the_rate(rate: float, gaps: list[float]) -> None:
    buckets, now, passed = Buckets(rate), 0.0, 0
    for gap in gaps:
        now += gap
        passed += buckets.wait("a", now) == 0.0
    assert passed <= max(1.0, rate) + rate * now + 1e-6


@given(RATES, st.integers(1, 50))
def test_after_the_wait_there_is_a_token(rate: float, asked: int) -> None:
    buckets = Buckets(rate)
    waits = [buckets.wait("a", 0.0) for _ in range(int(max(1.0, rate)) + asked)]
    assert waits[0] == 0.0
    assert waits[-1] > 0.0
    assert buckets.wait("a", waits[-1] + 1e-6) == 0.0


def test_callers_do_not_share() -> None:
    buckets = Buckets(1.0)
    assert buckets.wait("a", 0.0) == 0.0
    assert buckets.wait("a", 0.0) > 0.0
    assert buckets.wait("b", 0.0) == 0.0


def test_a_rate_of_nothing_is_no_limit() -> None:
    buckets = Buckets(0)
    assert [buckets.wait("a", 0.0) for _ in range(10_000)] == [0.0] * 10_000


def test_who_asks_no_more_is_forgotten() -> None:
    buckets = Buckets(10.0)
    most = 0
    for second in range(100):
        for caller in range(50):
            buckets.wait(f"{second}-{caller}", second + 1.0)
        most = max(most, len(buckets))
    assert most <= 200


@given(RATES, st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 30)), max_size=100))
def test_nobody_gains_by_being_forgotten(rate: float, asked: list[tuple[str, float]]) -> None:
    """Each caller waits as one who has a bucket of his own for ever."""
    together, now, levels = Buckets(rate), 0.0, dict.fromkeys("abc", (max(1.0, rate), 0.0))
    for caller, gap in asked:
        now += gap
        level, then = levels[caller]
        level = min(max(1.0, rate), level + (now - then) * rate)
        levels[caller] = (level - (level >= 1.0), now)
        assert (together.wait(caller, now) == 0.0) == (level >= 1.0)
