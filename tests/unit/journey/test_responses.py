"""How long orders wait for their parcels, and complaints for their answers."""

import pytest

from tests.unit.journey.stories import mark, when
from unifier.journey.counts import Counts
from unifier.journey.responses import Response, response_times, responses
from unifier.matching.identity import identify
from unifier.profiles.fragment import Fragment
from unifier.profiles.marks import pack_marks
from unifier.profiles.topics import respond


def fragment(*story: str) -> Fragment:
    """One with these marks; "1d asked complaint" and "2d answered complaint" are no marks."""
    made = Fragment(b"f" * 12, "online", "cookie_id", b"a" * 8, identify((), (), ""), "e")
    marks = []
    for line in story:
        at, what, about = line.split()
        if what in ("asked", "answered"):
            respond(made.topics, about, what == "answered", when(at))
        else:
            marks.append(mark(line))
    made.marks = pack_marks(sorted(marks))
    return made


def told(*stories: tuple[str, ...]) -> list[tuple[str, int, int]]:
    found = responses([fragment(*story) for story in stories])
    return sorted((one.kind, one.at, one.after_ms) for one in found)


def test_an_order_waits_for_the_first_word_of_its_own_fulfilment() -> None:
    bought = "0d purchase o", "1h purchase p"
    sent = "1d fulfilment p", "2d fulfilment o", "3d fulfilment o", "3d fulfilment strange"
    day, hour = when("1d") - when("0d"), when("1h") - when("0d")
    assert told(bought, sent) == [("order", when("1d"), day - hour), ("order", when("2d"), 2 * day)]
    assert told(bought) == told(sent) == []


def test_a_complaint_waits_for_the_first_answer_however_often_it_is_repeated() -> None:
    story = (
        "0d answered complaint",
        "1d asked complaint",
        "2d asked complaint",
        "3d answered complaint",
        "4d answered complaint",
        "5d asked complaint",
        "5d answered complaint",
    )
    assert [one[1:] for one in told(story)] == [(when("3d"), 2 * 86_400_000), (when("5d"), 0)]


def test_times_are_told_by_kind() -> None:
    counts: Counts = {}
    for days in (1, 2, 30):
        Response(when("40d"), "order", days * 86_400_000).add_to(counts)
    Response(when("40d"), "complaint", 3_600_000).add_to(counts)
    complaint, order = response_times(counts)
    assert (complaint["kind"], complaint["answers"], order["answers"]) == ("complaint", 1, 3)
    assert order["median_s"] == pytest.approx(2 * 86_400, rel=0.05)
    assert order["p90_s"] == pytest.approx(30 * 86_400, rel=0.05)
