from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.profiles.drawn import Component, components
from tests.unit.profiles.people import RULES, groups, member
from unifier.matching.score import score
from unifier.profiles import evidence
from unifier.profiles.partition import Member, Partition, Separation, partition


def of(component: Component, shared: frozenset[str] = frozenset()) -> Partition:
    return partition(*component, shared, RULES)


@given(components(), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_the_order_of_members_and_words_does_not_matter(component: Component, random: object) -> None:
    before = of(component)
    for part in component:
        random.shuffle(part)  # type: ignore[attr-defined]
    assert of(component) == before


@given(components())
def test_every_member_is_in_exactly_one_group(component: Component) -> None:
    members = sorted(each.fid for each in component[0])
    assert sorted(fid for group in of(component).groups for fid in group) == members


@given(components())
@settings(max_examples=150)
def test_no_group_has_two_values_of_what_a_person_has_one_of(component: Component) -> None:
    members, ties, separations = component
    told = {each.fid: each.identity for each in members}
    for group in of((members, [tie for tie in ties if tie.rule == "steward"], separations)).groups:
        for kind in ("account_id", "loyalty_id"):
            assert len({value for fid in group for own, value in told[fid].ids if own == kind}) <= 1


@pytest.mark.parametrize("number", range(8))  # whichever of them comes first
def test_the_card_of_a_house_takes_nobody_his_own(number: int) -> None:
    told = {"email": f"anna{number}@example.org", "last_name": "Jagemann"}
    cards = {"own": f"L{number}", "house": "L-house", "other": f"M{number}"}
    members = [member(name, loyalty_id=card, birth_date="1980-05-07", **told) for name, card in cards.items()]
    found = groups(members, shared={"loyalty_id|L-house"})
    assert len(found) == 2
    assert not any({"own", "other"} <= {*group.split()} for group in found)


@given(components(), st.data())
@settings(max_examples=150)
def test_a_separation_is_obeyed_and_taking_it_back_restores_everything(
    component: Component, data: st.DataObject
) -> None:
    members, ties, separations = component
    before = of(component)
    fids = [each.fid for each in members]
    side = data.draw(st.sets(st.sampled_from(fids), min_size=1, max_size=len(fids) - 1))
    word = Separation(frozenset(side), frozenset(fids) - side, "newest", "steward", 9)
    after = of((members, ties, [*separations, word]))
    for group in after.groups:
        assert not any(a in word.a and b in word.b for a, b in product(group, group))
    assert of(component) == before


@given(components())
@settings(max_examples=150)
def test_of_two_who_tell_names_and_were_joined_it_is_asked_only_in_doubt(component: Component) -> None:
    found, named = of(component), {each.fid for each in component[0] if each.identity.last}
    for one, other, _, doubt in found.reviews:
        if any({*one, *other} <= {*group} for group in found.groups) and all(
            map(named.intersection, (one, other))
        ):
            assert doubt >= RULES.matching.review_doubt


@given(components())
def test_links_hold_each_group_together_and_refusals_lie_between_groups(component: Component) -> None:
    found = of(component)
    group_of = {fid: group for group in found.groups for fid in group}
    assert all(group_of[link.a] == group_of[link.b] for link in found.links)
    assert len(found.links) == len(component[0]) - len(found.groups)
    assert all(group_of[entry.a] != group_of[entry.b] for entry in found.refused)
    assert all(entry.reason for entry in found.refused)


@given(components())
def test_a_member_without_consent_is_alone_whoever_ties_it(component: Component) -> None:
    lone = {each.fid for each in component[0] if each.alone}
    assert all(len(group) == 1 for group in of(component).groups if lone.intersection(group))


@given(components(), components())
def test_what_has_nothing_in_common_does_not_touch(one: Component, other: Component) -> None:
    """The partition of two components stored as one is the two partitions."""

    def moved(fid: bytes) -> bytes:
        return b"x" + fid

    def apart(text: str) -> str:
        return text if text in ("", "83093") else "z" + text[::-1]

    members = [
        Member(
            moved(each.fid),
            each.identity._replace(
                first=apart(each.identity.first),
                last=apart(each.identity.last),
                street=apart(each.identity.street),
                birth=each.identity.birth.replace("19", "20"),
                ids=tuple((kind, "other-" + value[::-1]) for kind, value in each.identity.ids),
            ),
            each.alone,
            frozenset(moved(order) for order in each.orders),
        )
        for each in other[0]
    ]
    ties = [tie._replace(a=moved(tie.a), b=moved(tie.b)) for tie in other[1]]
    separations = [
        word._replace(a=frozenset(map(moved, word.a)), b=frozenset(map(moved, word.b))) for word in other[2]
    ]
    both = of((one[0] + members, one[1] + ties, one[2] + separations))
    assert both.groups == sorted(of(one).groups + of((members, ties, separations)).groups)


@given(components())
def test_turning_the_keys_over_finds_the_same_people_as_comparing_them(component: Component) -> None:
    compared = of(component)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evidence, "FEW", 0)
        assert of(component) == compared


@given(
    components(),
    st.frozensets(st.sampled_from(["email|anna@gmx.de", "payment_account|1", "phone|+491715551234"])),
)
def test_pairs_score_as_their_values_do(component: Component, shared: frozenset[str]) -> None:
    known = evidence.Evidence(*component, shared, RULES)
    candidates = known.candidates(RULES.matching.block_cap)
    assert [bits for bits, _ in known.pairs(candidates)] == [
        score(known.values[a], known.values[b], known.sharedness, known.weights) + known.asserted(a, b)[0]
        for a, b in candidates
    ]
