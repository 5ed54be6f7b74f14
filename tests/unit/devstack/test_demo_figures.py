from itertools import count
from typing import Any

import orjson
import pytest

from unifier.devstack.demo.hearing import Heard, Tally
from unifier.devstack.demo.ledger import Row, b_cubed, ropo_sales, tied
from unifier.devstack.demo.screen import Screen
from unifier.devstack.demo.summary import latency, quantile
from unifier.devstack.simulate import DAY_MS
from unifier.events.outbound import DEAD_LETTER, MERGED, PROFILE, SPLIT, TRANSITION

_numbers = count()


def row(person: str, at: int, *, online: bool = False, sale: str = "") -> Row:
    number = next(_numbers)
    carries = frozenset({"cookie_id"})
    return Row(f"e{number}", b"", person, at, "", "", "", carries, online, sale, "", number)


def message(kind: str, data: dict[str, Any], number: str = "", key: str = "p_1", at: float = 0.0) -> Heard:
    told = {"id": number or f"m{next(_numbers)}", "type": kind, "data": data}
    return Heard(key, orjson.dumps(told), at)


def transition(cause: dict[str, str], at: float, model: str = "six-phase") -> Heard:
    data = {"model": model, "to": "purchase", "direction": "forward", "cause": cause}
    return message(TRANSITION, data, at=at)


# --- What is heard ---------------------------------------------------------------------------------------


def test_a_message_that_comes_twice_counts_once() -> None:
    tally = Tally()
    for _ in range(2):
        tally.take(message(MERGED, {"survivor": "p_1", "merged": ["p_2", "p_3"]}, "m1"))
        tally.take(message(SPLIT, {"parts": {}}, "s1"))
    assert (tally.merges, len(tally.split)) == (2, 1)


def test_a_profile_is_what_its_last_snapshot_says_and_gone_with_its_tombstone() -> None:
    tally = Tally()
    for key, kind, version in (("p_1", "anonymous", 1), ("p_2", "anonymous", 1), ("p_1", "known", 2)):
        tally.take(message(PROFILE, {"kind": kind, "version": version}, key=key))
    assert (tally.profiles("known"), tally.profiles("anonymous")) == (1, 1)
    tally.take(Heard("p_2", None, 0.0))
    assert (tally.profiles("known"), tally.profiles("anonymous")) == (1, 0)
    assert tally.versions == {"p_1": 2}


def test_of_a_dead_letter_the_payload_is_not_kept() -> None:
    tally = Tally()
    data = {"reason": "not_json", "error": "mend it", "field": "", "source": {}, "payload": "c2VjcmV0"}
    tally.take(message(DEAD_LETTER, data))
    assert [set(one) for one in tally.dead] == [{"reason", "error", "field", "source"}]


# --- What it adds up to ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before_ms", "ropo"),
    [(1, True), (30 * DAY_MS, True), (30 * DAY_MS + 1, False), (0, False), (-1, False)],
)
def test_a_ropo_sale_comes_within_30_days_after_an_online_touch_of_the_same_one(
    before_ms: int, ropo: bool
) -> None:
    sold_at = 100 * DAY_MS
    rows = [
        row("anna", sold_at - before_ms, online=True),
        row("anna", sold_at, sale="r1"),
        row("ben", sold_at, sale="r2"),
    ]
    assert ropo_sales(rows, lambda one: one.person) == ropo


def test_a_sale_told_twice_is_one_and_a_sale_of_nobody_is_none() -> None:
    rows = [row("anna", 1, online=True), row("anna", 2, sale="r1"), row("anna", 2, sale="r1")]
    assert ropo_sales(rows, lambda one: one.person) == 1
    assert ropo_sales(rows, lambda _: None) == 0


def test_what_no_id_ties_together_nobody_can_know() -> None:
    browsed, bought = row("anna", 1, online=True), row("anna", 2, sale="r1")
    browsed, bought = browsed._replace(fid=b"1", ids=frozenset({"c"})), bought._replace(fid=b"2")
    assert ropo_sales([browsed, bought], tied([browsed, bought])) == 0
    card = bought._replace(ids=frozenset({"card"}))
    record = row("anna", 1)._replace(fid=b"3", ids=frozenset({"card", "c"}))
    assert ropo_sales([browsed, card, record], tied([browsed, card, record])) == 1
    strange = record._replace(person="ben")
    assert ropo_sales([browsed, card, strange], tied([browsed, card, strange])) == 0


def test_b_cubed_is_one_for_the_truth_and_names_what_merging_and_parting_cost() -> None:
    assert b_cubed([("a", "p"), ("a", "p"), ("b", "q")]) == (1.0, 1.0)
    assert b_cubed([("a", "p"), ("b", "p")]) == (0.5, 1.0)
    assert b_cubed([("a", "p"), ("a", "q")]) == (1.0, 0.5)


def test_latency_is_that_of_the_events_asked_for_up_to_their_last_transition() -> None:
    tally = Tally()
    tally.take(transition({"event_id": "e1"}, 110.0))
    tally.take(transition({"event_id": "e1"}, 130.0, "four-phase"))
    tally.take(transition({"merge": "e2"}, 205.0))
    tally.take(transition({"event_id": "another"}, 900.0))
    tally.take(transition({"timer": "fulfilled"}, 900.0))
    figures = latency(tally, {"e1": 100.0, "e2": 200.0, "no transition": 300.0}, 10.0)
    assert (figures["p50"], figures["p99"], figures["events"]) == (5.0, 30.0, 2)
    assert "p99" not in latency(tally, {}, 10.0)


def test_a_quantile_is_the_value_that_so_many_do_not_exceed() -> None:
    hundred = [float(number) for number in range(1, 101)]
    assert [quantile(hundred, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]
    assert quantile([7.0], 0.99) == 7.0


# --- What is seen ----------------------------------------------------------------------------------------


def test_without_a_terminal_progress_is_a_plain_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    for _ in range(100):
        screen.progress(["  first ", "  second"])
    screen.title("The end")
    told = capsys.readouterr().out
    assert told.count("first; second") == 1
    assert "\x1b" not in told
