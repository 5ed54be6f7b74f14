import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.streams.ledger import Ledger

P, Q = ("online", 0), ("online", 1)


def ledger(*chunks: tuple[int, int], generation: int = 1) -> Ledger:
    one = Ledger()
    one.begin(generation)
    for first, last in chunks:
        one.deliver(P, first, last)
    return one


def test_a_chunk_that_is_not_acknowledged_holds_up_all_behind_it() -> None:
    one = ledger((5, 5), (6, 9), (10, 19))
    assert one.ack(P, 9, 1)
    assert one.ack(P, 19, 1)
    assert one.committable() == {}
    assert one.ack(P, 5, 1)
    assert one.committable() == {P: 20}


def test_a_group_that_never_committed_commits_nothing_past_its_first_open_chunk() -> None:
    one = ledger((0, 0), (1, 1), (2, 2))
    one.ack(P, 1, 1)
    one.ack(P, 2, 1)
    assert one.committable() == {}
    one.ack(P, 0, 1)
    assert one.committable() == {P: 3}


def test_a_log_that_begins_anew_is_committed_from_its_beginning() -> None:
    one = ledger((0, 4), (5, 9))
    one.ack(P, 4, 1)
    one.committed({P: 5}, 1)
    assert not one.goes_back(P, 10)
    assert one.goes_back(P, 9)
    assert one.waits_in(P)
    one.ack(P, 9, 1)
    assert not one.waits_in(P)
    one.forget(P)
    assert not one.goes_back(P, 0)
    one.deliver(P, 0, 2)
    one.ack(P, 2, 1)
    assert one.committable() == {P: 3}


def test_offsets_that_the_log_does_not_hold_stop_nothing() -> None:
    one = ledger((3, 7), (12, 15), (900, 901))
    for last in (7, 15, 901):
        one.ack(P, last, 1)
    assert one.committable() == {P: 902}


def test_what_holds_no_record_behind_the_last_chunk_is_passed_when_that_is_done() -> None:
    one = ledger((0, 4))
    one.reached(P, 6)  # the marker of a transaction at 5
    assert one.committable() == {}
    one.ack(P, 4, 1)
    assert one.committable() == {P: 6}
    one.committed({P: 6}, 1)
    one.reached(P, 7)
    assert one.committable() == {P: 7}
    one.deliver(P, 7, 9)
    one.reached(P, 10)
    assert one.committable() == {P: 7}


def test_of_a_partition_without_a_chunk_is_committed_how_far_it_reaches() -> None:
    one = Ledger()
    one.begin(1)
    one.reached(P, 5)  # all before may be markers of transactions
    assert one.committable() == {P: 5}
    one.committed({P: 5}, 1)
    one.reached(P, 5)
    assert one.committable() == {}
    one.reached(P, 6)
    assert one.committable() == {P: 6}


def test_partitions_are_independent() -> None:
    one = ledger((0, 4))
    one.deliver(Q, 100, 149)
    one.ack(Q, 149, 1)
    assert one.committable() == {Q: 150}
    assert one.heads == {P: 0, Q: 150}


def test_what_is_committed_is_not_committed_again() -> None:
    one = ledger((0, 4), (5, 9))
    one.ack(P, 4, 1)
    one.committed({P: 5}, 1)
    assert one.committable() == {}
    one.ack(P, 9, 1)
    assert one.committable() == {P: 10}


def test_a_commit_that_fails_is_tried_again_with_what_came_since() -> None:
    one = ledger((0, 4), (5, 9))
    one.ack(P, 4, 1)
    assert one.committable() == {P: 5}
    one.ack(P, 9, 1)
    assert one.committable() == {P: 10}


def test_the_second_acknowledgement_of_a_chunk_says_nothing() -> None:
    one = ledger((0, 4), (5, 9))
    assert one.ack(P, 9, 1)
    assert not one.ack(P, 9, 1)
    assert one.waiting == (1, 5)
    assert one.ack(P, 4, 1)
    assert not one.ack(P, 4, 1)
    assert not one.ack(Q, 4, 1)
    assert one.committable() == {P: 10}


def test_an_acknowledgement_from_before_a_rebalance_does_not_count_for_the_same_offsets_after_it() -> None:
    one = ledger((0, 4), (5, 9))
    one.begin(2)
    one.deliver(P, 0, 4)
    assert not one.ack(P, 4, 1)
    assert one.committable() == {}
    assert one.ack(P, 4, 2)
    assert one.committable() == {P: 5}


def test_a_commit_that_ends_after_a_rebalance_does_not_hide_the_same_offsets_after_it() -> None:
    one = ledger((0, 4))
    one.ack(P, 4, 1)
    one.begin(2)
    one.deliver(P, 0, 4)
    one.committed({P: 5}, 1)
    one.ack(P, 4, 2)
    assert one.committable() == {P: 5}


def test_after_a_seek_back_the_earlier_offsets_are_committed_anew() -> None:
    one = ledger((500, 599))
    one.ack(P, 599, 1)
    one.committed({P: 600}, 1)
    one.begin(2)
    one.deliver(P, 0, 99)
    one.ack(P, 99, 2)
    assert one.committable() == {P: 100}


@pytest.mark.parametrize("again", [(0, 4), (3, 9), (4, 4)])
def test_a_chunk_that_was_handed_over_before_is_refused(again: tuple[int, int]) -> None:
    one = ledger((0, 4))
    with pytest.raises(AssertionError):
        one.deliver(P, *again)
    one.ack(P, 4, 1)
    with pytest.raises(AssertionError):
        one.deliver(P, *again)


@given(
    gaps=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
    commits=st.sets(st.integers(0, 11)),
)
def test_the_commit_is_always_the_first_open_offset(
    gaps: list[tuple[int, int]], order: object, commits: set[int]
) -> None:
    chunks, at = [], 0
    for gap, length in gaps:
        chunks.append((at + gap, at + gap + length - 1))
        at += gap + length
    one = ledger(*chunks)
    done: set[int] = set()
    committed = None
    for number in order.sample(range(len(chunks)), len(chunks)):  # type: ignore[attr-defined]
        one.ack(P, chunks[number][1], 1)
        done.add(number)
        head = next((n for n in range(len(chunks)) if n not in done), None)
        before = chunks[-1][1] + 1 if head is None else (chunks[head - 1][1] + 1 if head else None)
        expected = {} if before is None or before == committed else {P: before}
        assert one.committable() == expected
        open_ = [last - first + 1 for n, (first, last) in enumerate(chunks) if n not in done]
        assert one.waiting == (len(open_), sum(open_))
        if number in commits and before is not None:
            one.committed(one.committable(), 1)
            committed = before
