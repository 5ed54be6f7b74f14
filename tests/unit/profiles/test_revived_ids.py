"""An id that was merged away and comes back goes on where its readers left it."""

from unifier.profiles.assign import assign
from unifier.profiles.component import Component, Record

A, B = b"a" * 16, b"b" * 16


def test_what_was_told_under_an_id_outlives_its_merge() -> None:
    component = Component(A, records={"p_a": Record("p_a", (A,), 1), "p_b": Record("p_b", (B,), 2)})
    component.records["p_b"].told = ["what", "was", "told"]
    assert assign(component, [(A, B)], 3).merged == {"p_a": ["p_b"]}
    component = Component.unpack(A, component.pack([]))
    assert assign(component, [(A,), (B,)], 4).split == {"p_a": ["p_a", "p_b"]}
    assert component.records["p_b"].told == ["what", "was", "told"]
