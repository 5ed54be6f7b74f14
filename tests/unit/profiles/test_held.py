"""What living keys hold together is what `Linkage`, which sees all keys at once, would have put together."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.profiles.making import anchors, arrival, event
from unifier.events.canonical import Event
from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import Identity, identify
from unifier.profiles.component import Component
from unifier.profiles.fold import Folded, Work, fold
from unifier.profiles.held import held_together
from unifier.profiles.linkage import Linkage
from unifier.profiles.members import Member
from unifier.profiles.partition import partition
from unifier.rules import default_rules

RULES = default_rules()
TIGHT = RULES.model_copy(
    update={"matching": RULES.matching.model_copy(update={"block_cap": 3, "shared_holders": 4})}
)
CROWD = st.lists(
    st.builds(
        lambda first, last, born, mail: identify(
            (("email", mail),) if mail else (),
            tuple(
                (kind, value)
                for kind, value in (("birth_date", born), ("first_name", first), ("last_name", last))
                if value
            ),
            "DE",
        ),
        st.sampled_from(["", "anna", "peter", "otto"]),
        st.sampled_from(["", "muller", "jagemann"]),
        st.sampled_from(["", "1980-02-03", "1980-12-12"]),
        st.sampled_from(["", "a@x.de", "b@x.de", "ab@x.de"]),
    ),
    max_size=25,
)


@given(CROWD)
def test_whoever_met_before_a_key_died_is_told_apart_as_if_they_had_never_met(crowd: list[Identity]) -> None:
    linkage = Linkage(TIGHT)
    for identity in crowd:
        linkage.add(identity)
    linkage.settle()
    members = list(linkage.members.values())
    parts = held_together(members, (), linkage.shared | linkage.dead_keys(), TIGHT)
    assert sorted(sorted(member.fid for member in part) for part in parts) == linkage.components()


@given(CROWD, st.randoms(use_true_random=False))
def test_the_ids_of_fragments_decide_nothing(crowd: list[Identity], order: random.Random) -> None:
    identities = sorted(set(crowd))
    fids = [bytes([number]) * 12 for number in range(len(identities))]

    def groups() -> set[frozenset[Identity]]:
        order.shuffle(fids)
        of = dict(zip(fids, identities, strict=True))
        members = [Member(fid, identity) for fid, identity in of.items()]
        found = partition(members, [], [], frozenset(), RULES).groups if members else []
        return {frozenset(of[fid] for fid in group) for group in found}

    assert groups() == groups()


def anna(*mails: str) -> Event:
    ids = [("email", mail) for mail in mails]
    return event("".join(mails), *ids, first_name="Anna", last_name="Unterhuber", birth_date="1980-02-03")


def folded(component: Component, work: Work) -> Folded:
    return fold(component, work, anchors(work.arrivals), RULES, 0)


def test_a_component_whose_only_common_key_has_died_falls_apart_and_a_new_tie_mends_it() -> None:
    one, other = anna("a@x.de"), anna("b@y.de")
    both = anna("a@x.de", "b@y.de")
    component = Component(arrival(one, 0).fid)
    folded(component, Work([arrival(one, 0), arrival(other, 1)]))
    assert len(component.records) == 1
    dead = set(blocking_keys(arrival(one, 0).identity))
    assert not dead.isdisjoint(blocking_keys(arrival(other, 1).identity))
    assert len(folded(component, Work(dead_keys=dead)).assigned.split) == 1
    assert len(component.records) == 2
    again = Component.unpack(component.cid, component.pack(()))
    assert (again.dead_keys, Component.is_held(component.pack(()))) == (dead, False)
    assert folded(component, Work(dead_keys=dead)).partition is None
    folded(component, Work([arrival(both, 2)], dead_keys=dead))
    assert len(component.records) == 1
    assert Component.is_held(component.pack(()))


def test_two_records_merged_into_one_that_nobody_has_seen_are_held_together() -> None:
    def merged(number: str) -> Event:
        own, into = ("crm_id", number), [("crm_id", "9")]
        return event(
            number, own, same_as=into, first_name="Anna", last_name="Jagemann", birth_date="1980-02-03"
        )

    coming = [arrival(merged(number), n) for n, number in enumerate("12")]
    component = Component(min(one.fid for one in coming))
    fold(component, Work(coming), anchors(coming), RULES, now=10)
    assert len(component.records) == 1
    fold(component, Work(dead_keys=set(blocking_keys(coming[0].identity))), {}, RULES, now=11)
    assert len(component.records) == 1
