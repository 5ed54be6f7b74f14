"""An id that was merged away and comes back goes on where its readers left it; until then it leads to whoever
has what it stood for."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.identity import identify
from unifier.profiles.assign import assign
from unifier.profiles.component import Component, Record
from unifier.profiles.fragment import Fragment
from unifier.profiles.ids import profile_id

A, B = b"a" * 12, b"b" * 12
NOBODY = identify((), (), "")


def test_what_was_told_under_an_id_outlives_its_merge() -> None:
    component = Component(A, records={"p_a": Record("p_a", (A,), 1), "p_b": Record("p_b", (B,), 2)})
    component.records["p_b"].told = ["what", "was", "told"]
    assert assign(component, [(A, B)], 3).merged == {"p_a": ["p_b"]}
    component = Component.unpack(A, component.pack([]))
    assert assign(component, [(A,), (B,)], 4).split == {"p_a": ["p_a", "p_b"]}
    assert component.records["p_b"].told == ["what", "was", "told"]


def test_a_merge_taken_back_gives_both_ids_back_even_when_the_id_that_went_was_the_larger() -> None:
    small, large = (A,), (B, b"c" * 12, b"d" * 12)
    ids = profile_id(A), profile_id(B)
    component = Component(
        A,
        records={pid: Record(pid, m, n) for n, (pid, m) in enumerate(zip(ids, (small, large), strict=True))},
    )
    assert assign(component, [small + large], 3).merged == {ids[0]: [ids[1]]}
    assign(component, [small, large], 4)
    assert {pid: record.members for pid, record in component.records.items()} == dict(
        zip(ids, (small, large), strict=True)
    )


def people(count: int) -> Component:
    """So many people of one fragment each, who came one after the other."""
    fids = [bytes([n]) * 12 for n in range(count)]
    component = Component(
        fids[0], live={fid: Fragment(fid, "crm", "crm_id", fid[:8], NOBODY, "e") for fid in fids}
    )
    component.records = {profile_id(fid): Record(profile_id(fid), (fid,), n) for n, fid in enumerate(fids)}
    return component


def put(component: Component, *groups: str, at: int) -> None:
    """The people in these groups, each by its number."""
    assign(component, sorted(tuple(bytes([int(n)]) * 12 for n in group) for group in groups), at)


def names(component: Component) -> dict[str, str]:
    """Number of a person → the numbers of those to whom the id leads that he had alone."""
    own = {profile_id(bytes([n]) * 12): str(n) for n in range(10)}
    found = {pid: pid for pid in component.records} | {p: d.survivor for p, d in component.dead.items()}
    records = component.records
    return {own[pid]: "".join(str(fid[0]) for fid in records[to].members) for pid, to in found.items()}


@pytest.mark.parametrize(
    "steps",
    [
        [["0", "12"], ["012"]],  # of a chain the link of the older two is the last
        [["0", "12"], ["012"], ["01", "2"]],
        [["01", "2"], ["012"], ["0", "12"]],  # the larger part is of two who had ids of their own
        [
            ["0", "1", "23"],
            ["0", "123"],
            ["0123"],
            ["012", "3"],
            ["0", "12", "3"],
        ],  # of three, one of whom has gone
    ],
)
def test_who_were_put_together_one_by_one_have_their_ids_again_when_all_fall_apart(
    steps: Sequence[Sequence[str]],
) -> None:
    everybody = sorted("".join(steps[0]))
    component = people(len(everybody))
    for at, groups in enumerate([*steps, everybody], 10):
        put(component, *groups, at=at)
    assert names(component) == {each: each for each in everybody}


@pytest.mark.parametrize(("later", "goes_back"), [("3", True), ("34", False)])
def test_what_goes_back_to_an_id_may_have_gained_less_than_it_stood_for(later: str, goes_back: bool) -> None:
    component = people(5)
    for new in "34":  # fragments that come when the others have been put together
        del component.records[profile_id(bytes([int(new)]) * 12)]
    put(component, "0", "12", at=10)
    put(component, "012" + later, at=11)
    put(component, "0", "12" + later, at=12)
    first, second = (component.records.get(profile_id(bytes([n]) * 12)) for n in (0, 1))
    assert first is not None
    assert (len(first.members), second is not None) == (1 if goes_back else 4, goes_back)


def test_what_goes_back_to_an_id_does_so_also_if_the_rest_goes_over_to_another() -> None:
    component = people(5)
    del component.records[profile_id(bytes([4]) * 12)]
    put(component, "0", "1", "23", at=10)
    put(component, "0", "1234", at=11)
    put(component, "01", "234", at=12)
    assert component.records.keys() == {profile_id(bytes([n]) * 12) for n in (0, 2)}


def test_a_merged_away_id_leads_to_whoever_its_fragments_go_over_to() -> None:
    component = people(3)
    put(component, "02", "1", at=10)
    assert names(component) == {"0": "02", "1": "1", "2": "02"}
    put(component, "0", "12", at=11)
    assert names(component) == {"0": "0", "1": "12", "2": "12"}


@given(st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=1, max_size=8))
def test_no_id_ever_leads_to_somebody_who_has_nothing_of_what_it_stood_for(steps: list[list[int]]) -> None:
    component = people(5)
    for at, groups in enumerate(steps, 10):
        put(component, *("".join(str(n) for n in range(5) if groups[n] == g) for g in set(groups)), at=at)
        for pid, dead in component.dead.items():
            assert pid not in component.records
            assert not set(dead.members).isdisjoint(component.records[dead.survivor].members)
