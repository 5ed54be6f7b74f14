"""Histories drawn at random, and the component that they are folded into in batches."""

from hypothesis import strategies as st

from tests.unit.profiles.making import RULES, anchors, event
from unifier.events.canonical import Order
from unifier.profiles.component import Component
from unifier.profiles.fold import Work, fold
from unifier.profiles.fragment import Arrival
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
