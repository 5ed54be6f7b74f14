"""What the simulated retailer promises: the same seed, the same bytes; real contracts; a truth that holds."""

import csv
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.devstack.simulate import Message, Truth, simulate
from unifier.devstack.simulate.belongings import equip
from unifier.devstack.simulate.people import Person, Population
from unifier.devstack.simulate.publish import write
from unifier.devstack.simulate.trouble import slip
from unifier.events.canonical import Event
from unifier.events.decode import Decoder
from unifier.rules import default_rules

END_MS = 1_795_000_000_000
DAYS = 7
HOUR_MS = 3_600_000


class Week(NamedTuple):
    messages: Sequence[Message]
    truth: Truth


@pytest.fixture(scope="module")
def week() -> Week:
    simulation = simulate(400, DAYS, 7, END_MS)
    return Week(list(simulation), simulation.truth)


@pytest.fixture(scope="module")
def events(week: Week) -> list[tuple[Message, Event]]:
    decoder = Decoder(default_rules(), "Europe/Berlin")
    found = []
    for number, message in enumerate(week.messages):
        kind: Any = message.topic_kind
        told = decoder.decode(kind, message.value, [], f"{kind}-0-{number}", message.at_ms)
        if isinstance(told, Event):
            found.append((message, told))
    return found


def body(message: Message) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(message.value)
    return told


def test_the_same_seed_gives_the_same_messages(week: Week) -> None:
    assert list(simulate(400, DAYS, 7, END_MS)) == week.messages


def test_another_seed_gives_other_people(week: Week) -> None:
    assert {m.key for m in simulate(50, 2, 8, END_MS)}.isdisjoint(
        m.key for m in week.messages if m.topic_kind == "online"
    )


def test_messages_come_in_order_of_arrival_within_the_time(week: Week) -> None:
    arrivals = [message.at_ms for message in week.messages]
    assert arrivals == sorted(arrivals)
    assert arrivals[0] >= END_MS - DAYS * 24 * HOUR_MS
    assert arrivals[-1] <= END_MS


def test_every_message_keeps_the_contract_and_only_nobodys_have_no_effect(
    week: Week, events: list[tuple[Message, Event]]
) -> None:
    assert len(events) < len(week.messages)
    told = {message.value for message, _ in events}
    assert all(message.person is None for message in week.messages if message.value not in told)


def test_the_mix_is_that_of_a_shop(week: Week) -> None:
    kinds = Counter(
        told.get("type", told.get("kind", message.topic_kind))
        for message in week.messages
        for told in [body(message)]
    )
    share = {kind: number / len(week.messages) for kind, number in kinds.items()}
    assert 0.80 < share["page"] + share["track"] < 0.90
    assert 0.06 < share["sale"] < 0.14
    assert 0.02 < share["identify"] < 0.04
    assert 0.005 < share["crm"] < 0.02
    assert {"return", "void", "no_sale"} <= share.keys()


def test_who_is_identified_for_good_is_the_person_of_the_truth(
    week: Week, events: list[tuple[Message, Event]]
) -> None:
    for message, event in events:
        for kind, value in event.identifiers:
            if kind in ("account_id", "loyalty_id", "crm_id") and (kind, value) not in week.truth.shared:
                assert message.person is not None
                assert value in week.truth.identifiers(message.person)[kind]


def test_no_two_people_own_one_account_or_loyalty_card(week: Week) -> None:
    for kind in ("account_id", "loyalty_id"):
        owned = [v for person in week.truth.people for v in week.truth.identifiers(person).get(kind, [])]
        assert len(owned) == len(set(owned)) > 50


def test_people_share_mailboxes_payment_accounts_and_devices(week: Week) -> None:
    for kind in ("email", "payment_account", "cookie_id"):
        owners = Counter(
            v for person in week.truth.people for v in week.truth.identifiers(person).get(kind, [])
        )
        assert max(owners.values()) > 1, kind


def test_some_messages_come_twice_and_some_late(week: Week, events: list[tuple[Message, Event]]) -> None:
    copies = Counter(message.value for message in week.messages)
    assert 0.005 < sum(n - 1 for n in copies.values()) / len(copies) < 0.03
    late = [message for message, event in events if message.at_ms - event.at > 2 * HOUR_MS]
    assert {message.topic_kind for message in late} == {"online", "pos", "crm"}
    assert any(body(message).get("offline") for message in late)


def test_returns_and_e_receipts_name_a_sale_that_was_told(week: Week) -> None:
    names = ("store_id", "workstation_id", "business_day", "sequence_number")
    tills = [body(message) for message in week.messages if message.topic_kind == "pos"]
    sales = {tuple(t[n] for n in names): t for t in tills if t["kind"] == "sale"}
    returns = [t for t in tills if t["kind"] == "return"]
    assert returns
    for each in returns:
        sale = sales[tuple(each["refers_to"][n] for n in names)]
        assert sale["total"] == each["total"]
    told = Counter((tuple(t[n] for n in names), "email" in t.get("customer", {})) for t in tills)
    assert any((name, True) in told and (name, False) in told for name, _ in told)


def test_a_hot_bot_and_the_stores_tablets_belong_to_nobody(week: Week) -> None:
    cookies = Counter(body(m)["anonymousId"] for m in week.messages if b"anonymousId" in m.value)
    hottest = cookies.most_common(1)[0][0]
    assert all(m.person is None for m in week.messages if hottest.encode() in m.value)
    tablets = {value for kind, value in week.truth.shared if kind == "cookie_id"}
    assert tablets & cookies.keys()


def test_all_six_phases_are_reached_and_told_in_order_of_time(week: Week) -> None:
    reached: set[str] = set()
    for person in week.truth.people:
        phases = week.truth.phases(person)
        assert [at for at, _ in phases] == sorted(at for at, _ in phases)
        assert all(a[1] != b[1] for a, b in pairwise(phases))
        reached |= {phase for _, phase in phases}
    assert reached >= {"awareness", "consideration", "preference", "purchase", "after_sale", "loyalty"}


def test_files_hold_every_message_and_whom_each_line_is_about(tmp_path: Path) -> None:
    simulation = simulate(20, 3, 1, END_MS)
    counts = write(simulation, tmp_path)
    with (tmp_path / "who.csv").open() as file:
        who = list(csv.DictReader(file))
    assert len(who) == counts.total() > 100
    for kind in ("online", "pos", "crm"):
        lines = (tmp_path / f"{kind}.jsonl").read_bytes().splitlines()
        assert [int(row["line"]) for row in who if row["file"] == f"{kind}.jsonl"] == list(
            range(1, len(lines) + 1)
        )
    people = [orjson.loads(line) for line in (tmp_path / "truth.jsonl").read_bytes().splitlines()]
    assert {row["person"] for row in who} - {""} <= {line["person"] for line in people}
    assert people[-1]["shared"]


def households(number: int) -> list[list[Person]]:
    rng = Random(3)
    population = Population(rng, {"DE": [0, 1], "GB": [2]})
    found = [population.household() for _ in range(number)]
    for household in found:
        equip(household, rng)
    return found


def test_twins_and_namesakes_differ_in_one_thing_only() -> None:
    pairs = [h for h in households(400) if len(h) == 2 and h[0].last_name == h[1].last_name]
    twins = [h for h in pairs if h[0].birth_date == h[1].birth_date]
    namesakes = [h for h in pairs if h[0].first_name == h[1].first_name]
    assert twins
    assert namesakes
    assert all(one.first_name != other.first_name and one.home == other.home for one, other in twins)
    assert all(one.birth_date != other.birth_date and one.home == other.home for one, other in namesakes)


def test_people_are_germans_and_britons_with_mailboxes_that_nobody_has() -> None:
    people = [person for household in households(100) for person in household]
    assert {person.home.country for person in people} == {"DE", "GB"}
    assert all(person.email.isascii() for person in people)
    assert {person.email.partition("@")[2] for person in people} == {
        "example.com",
        "example.org",
        "example.net",
    }


@given(text=st.text(min_size=4, max_size=30), seed=st.integers(0, 1000))
def test_a_slip_of_the_finger_keeps_the_first_letter_and_moves_one_at_most(text: str, seed: int) -> None:
    slipped = slip(text, Random(seed))
    assert slipped[0] == text[0]
    assert abs(len(slipped) - len(text)) <= 1
    assert not Counter(slipped) - Counter(text * 2)
