"""Any order and batching of events and words gives the same people, and nobody is grouped by old evidence."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.profiles.arriving import documents, groups, histories, told
from tests.unit.profiles.making import RULES, anchors, arrival, event
from unifier.events.canonical import Command, Event
from unifier.profiles.component import Component
from unifier.profiles.fold import Work, fold
from unifier.profiles.fragment import CLAIMS_MAX, LANES_MAX, Arrival
from unifier.profiles.regroup import regroup

words = st.lists(
    st.tuples(st.sampled_from(["link", "separate"]), st.integers(1, 5), st.integers(0, 9), st.integers(0, 9)),
    max_size=3,
)


@settings(max_examples=300)
@given(
    histories.flatmap(lambda history: st.tuples(st.just(history), st.permutations(history))),
    st.lists(st.integers(1, 4), max_size=10),
)
def test_any_order_and_batches_of_events(orders: tuple[list[Event], list[Event]], sizes: list[int]) -> None:
    first, second = ([arrival(one, n) for n, one in enumerate(history)] for history in orders)
    assert documents(told(first, [])) == documents(told(second, sizes))


@settings(max_examples=100)
@given(histories, words)
def test_any_order_of_stewards_words(history: list[Event], said: list[tuple[str, int, int, int]]) -> None:
    coming = [arrival(one, n) for n, one in enumerate(history)]
    fids = sorted({a.fid for a in coming})
    commands = [
        Command(f"w{n}", kind, "s", "r", at, fragments=(fids[a % len(fids)].hex(), fids[b % len(fids)].hex()))
        for n, (kind, at, a, b) in enumerate(said)
    ]
    outcomes = []
    for order in (commands, commands[::-1]):
        component = told(coming, [])
        for command in order:
            fold(component, Work(commands=[command]), {}, RULES, now=20)
            assert groups(component) == set(regroup(component, RULES).groups)
        outcomes.append(groups(component))
    assert outcomes[0] == outcomes[1]


def test_a_batch_that_comes_again_counts_once_though_many_partitions_were_heard_meanwhile() -> None:
    def from_lane(lane: int, offset: int) -> Arrival:
        one = arrival(event(f"{lane}-{offset}", ("cookie_id", "c")), offset)
        one.lane = lane.to_bytes(4)
        return one

    long = [from_lane(0, n) for n in range(100)]
    others = [from_lane(lane, 0) for lane in range(1, LANES_MAX)]
    component = Component(long[0].fid)
    for batch in ([long[0]], others, [from_lane(0, 100)], [from_lane(LANES_MAX, 0)], [from_lane(0, 5)]):
        fold(component, Work(batch), anchors(long), RULES, now=10)
    [fragment] = component.fragments()
    assert fragment.touches == 1 + len(others) + 1 + 1


def test_claims_over_the_cap_are_counted() -> None:
    claims = [("account_id", f"a{n}") for n in range(CLAIMS_MAX + 1)]
    coming = [arrival(event("e", ("cookie_id", "c"), same_as=claims), 0)]
    folded = fold(Component(coming[0].fid), Work(coming), anchors(coming), RULES, now=10)
    assert folded.capped["claims"] == 1
