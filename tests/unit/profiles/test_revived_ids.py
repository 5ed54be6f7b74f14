"""An id that was merged away and comes back goes on where its readers left it."""

from unifier.profiles.assign import assign
from unifier.profiles.component import Component, Record
from unifier.profiles.ids import profile_id

A, B = b"a" * 12, b"b" * 12


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
