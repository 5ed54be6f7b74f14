"""What becomes of a review task when somebody decides it, or when there is other evidence."""

import pytest

from tests.unit.profiles.making import RULES, anchors, arrivals, event, folded
from unifier.events.canonical import Command, Event, Identifier
from unifier.profiles.component import Component
from unifier.profiles.fold import Folded, Work, fold
from unifier.profiles.ids import asked_fragment
from unifier.profiles.partition import Review
from unifier.profiles.reviews import DOUBT_MAX, Task, doubt


def michael(event_id: str, *identifiers: Identifier, last_name: str = "Jagemann") -> Event:
    """One of few who are called so and were born that day."""
    return event(event_id, *identifiers, first_name="Michael", birth_date="1980-02-03", last_name=last_name)


ONE = michael("1", ("crm_id", "crm:1"))
OTHER = michael("2", ("crm_id", "crm:2"), last_name="Eulenspiegel")


def asked() -> tuple[Component, Task]:
    """Two of whom it is asked whether they are one."""
    component, found = folded([ONE, OTHER])
    (task,) = found.tasks
    return component, task


def said(component: Component, word: str, task: Task) -> Folded:
    a, b = (tuple(fid.hex() for fid in side) for side in task.review[:2])
    command = Command(f"{word}-1", word, "desk", "", 2_000, sides=(a, b), review=task.review_id)
    return fold(component, Work(commands=[command]), {}, RULES, now=20_000)


def told(component: Component, news: Event, offset: int = 9) -> Folded:
    (coming,) = arrivals([news])
    coming.offset = offset
    return fold(component, Work([coming]), anchors([coming]), RULES, now=30_000)


def test_the_id_leads_to_the_component_and_is_the_same_each_time() -> None:
    component, task = asked()
    assert asked_fragment(task.review_id) in component.packed
    assert asked()[1] == task


@pytest.mark.parametrize("text", ["", "r_", "p_" + "a" * 20, "r_" + "z" * 20 + "a" * 16, "anna@example.org"])
def test_what_is_no_id_leads_nowhere(text: str) -> None:
    assert asked_fragment(text) is None


def test_said_to_be_the_same_they_are_one_and_nothing_is_asked() -> None:
    component, task = asked()
    found = said(component, "link", task)
    assert found.partition is not None
    assert len(found.partition.groups) == 1
    assert not found.tasks


def test_said_to_be_different_they_stay_two_and_nothing_is_asked() -> None:
    component, task = asked()
    found = said(component, "separate", task)
    assert found.partition is not None
    assert len(found.partition.groups) == 2
    assert not found.tasks


def test_of_one_profile_the_two_sides_are_taken_apart() -> None:
    """Sides with several fragments each, which no two profile ids name."""
    twice = [michael(f"{n}", (kind, f"x{n}")) for n, kind in enumerate(["account_id", "crm_id", "crm_id"])]
    component, found = folded(twice)
    assert found.partition is not None
    (group,) = found.partition.groups
    found = said(component, "separate", Task("r", Review(group[:2], group[2:], 1.0)))
    assert found.partition is not None
    assert found.partition.groups == [group[:2], group[2:]]


def test_what_nobody_could_tell_is_not_asked_again_also_after_a_restart() -> None:
    component, task = asked()
    assert not said(component, "unsure", task).tasks
    again = Component.unpack(component.cid, component.pack(component.packed))
    assert not told(again, event("3", ("cookie_id", "c"), at=5_000)).tasks
    assert again.unsure == {task.review_id}


def test_with_new_evidence_it_is_asked_again_and_the_old_question_is_forgotten() -> None:
    component, task = asked()
    said(component, "unsure", task)
    found = told(component, michael("4", ("crm_id", "crm:1"), ("phone", "0171 5551234")))
    assert [each.review_id for each in found.tasks] != [task.review_id]
    assert len(found.tasks) == 1
    assert not component.unsure


def test_it_is_decided_once() -> None:
    component, task = asked()
    said(component, "unsure", task)
    assert said(component, "unsure", task).partition is None


def test_the_greater_the_doubt_the_higher_on_the_list() -> None:
    by_doubt = [doubt(Review((b"a",), (b"b",), 0.0, chance)) for chance in (1.0, 0.5, 0.06, 0.0)]
    assert by_doubt == [DOUBT_MAX, DOUBT_MAX / 2, 60, 1]
