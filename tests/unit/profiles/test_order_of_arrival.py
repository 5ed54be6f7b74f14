"""Any order and batching of events and words gives the same people, and nobody is grouped by old evidence."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.profiles.making import RULES, anchors, arrival, event
from unifier.events.canonical import Command, Event, Order
from unifier.profiles.component import Component
from unifier.profiles.fold import Work, fold
from unifier.profiles.fragment import CLAIMS_MAX, LANES_MAX, Arrival
from unifier.profiles.regroup import regroup
from unifier.profiles.view import view

IDENTIFIERS = [
    (("cookie_id", "c"),),
    (("cookie_id", "c"), ("email", "a@example.org")),
    (("account_id", "1"), ("cookie_id", "c")),
    (("account_id", "2"), ("cookie_id", "c")),
    (("account_id", "1"), ("email", "a@example.org")),
    (("loyalty_id", "L"), ("email", "b@example.org")),
    (("loyalty_id", "L"),),
]
events = st.builds(
    lambda n, ids, at, consents, order, same_as, title: event(
        f"e{n}", *ids, at=at, consents=consents, order=order, same_as=same_as, title=title, first_name="Anna"
    ),
    n=st.integers(0, 10**9),
    ids=st.sampled_from(IDENTIFIERS),
    at=st.integers(1, 5),
    consents=st.lists(st.tuples(st.sampled_from(["stitching", "mail"]), st.booleans()), max_size=2),
    order=st.none()
    | st.builds(
        Order,
        key=st.sampled_from(["o1", "o2"]),
        kind=st.sampled_from(["sale", "return", "cancel"]),
        amount=st.sampled_from([0, 10, 20]),
        currency=st.just("EUR"),
    ),
    same_as=st.sampled_from([(), (), (("account_id", "2"),), (("loyalty_id", "L"),)]),
    title=st.sampled_from(["", "Dr"]),
)
histories = st.lists(events, min_size=1, max_size=10, unique_by=lambda told: told.event_id)
words = st.lists(
    st.tuples(st.sampled_from(["link", "separate"]), st.integers(1, 5), st.integers(0, 9), st.integers(0, 9)),
    max_size=3,
)


def groups(component: Component) -> set[tuple[bytes, ...]]:
    return {record.members for record in component.records.values()}


def told(coming: list[Arrival], sizes: list[int]) -> Component:
    """Folded in batches; after each, nobody is grouped otherwise than by all that is known."""
    component = Component(min(a.fid for a in coming))
    while coming:
        size = sizes.pop() if sizes else len(coming)
        fold(component, Work(coming[:size]), anchors(coming), RULES, now=10)
        coming = coming[size:]
        component = Component.unpack(component.cid, component.pack(component.live))
        assert groups(component) == set(regroup(component, RULES).groups)
    return component


def documents(component: Component) -> dict[tuple[bytes, ...], object]:
    return {r.members: view(list(component.fragments(r.members)), RULES) for r in component.records.values()}


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
    claims = [("account_id", str(n)) for n in range(CLAIMS_MAX + 1)]
    coming = [arrival(event("e", ("cookie_id", "c"), same_as=claims), 0)]
    folded = fold(Component(coming[0].fid), Work(coming), anchors(coming), RULES, now=10)
    assert folded.capped["claims"] == 1
