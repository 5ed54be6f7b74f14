"""Invariant 6: every row of the tables in docs/consent.md holds, in any order of arrival; and caps."""

from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest

from tests.unit.profiles.making import arrival, event, folded
from unifier.events.canonical import Event
from unifier.profiles.consent import consents
from unifier.profiles.fragment import CONSENTS_MAX, Fragment

MAIL = "marketing_email"
ACCOUNT, CARD = ("account_id", "a"), ("loyalty_id", "b")
PAGE = Path(__file__).parents[3] / "docs" / "consent.md"
ANCHORS = {"account": ("account_id", "1"), "card": ("loyalty_id", "2"), "browser": ("cookie_id", "3")}
KINDS = {
    "a": ("account_id", "a"), "b": ("account_id", "b"), "c": ("cookie_id", "c"), "d": ("cookie_id", "d"),
    "l": ("loyalty_id", "l"), "m": ("email", "m@example.org"),
}  # fmt: skip


def rows(number: int) -> list[list[str]]:
    """The rows of one of the tables of the page."""
    tables = [part for part in PAGE.read_text().split("\n\n") if part.startswith("| case")]
    lines = tables[number].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def told(history: str) -> list[tuple[int, str, str]]:
    """(time, who, word) of each event."""
    entries = [entry.strip().partition(": ") for entry in history.split(";")]
    return [(int(head.split()[0]), head.split()[1], word) for head, _, word in entries]


def holding(fragments: Iterable[Fragment]) -> str:
    """As the page writes it."""
    return ", ".join(f"{p} {'yes' if w.granted else 'no'}" for p, w in consents(fragments).items())


@pytest.mark.parametrize(
    ("words", "alone", "together"), [pytest.param(*row[1:], id=row[0]) for row in rows(0)]
)
def test_which_word_counts(words: str, alone: str, together: str) -> None:
    events = [
        event(f"e{n}", ANCHORS[who], at=at, consents=[] if word == "-" else [word_of(word)])
        for n, (at, who, word) in enumerate(told(words))
    ]
    for order in permutations(events):
        component, _ = folded(order)
        fragments = list(component.fragments())
        assert holding(fragments) == together
        kinds = {kind: who for who, (kind, _) in ANCHORS.items()}
        own = {kinds[fragment.anchor]: holding([fragment]) for fragment in fragments}
        assert {f"{who}: {held}" for who, held in own.items() if held} == set(filter(None, alone.split(", ")))


def word_of(word: str) -> tuple[str, bool]:
    purpose, said = word.split()
    return purpose, said == "yes"


@pytest.mark.parametrize(("events", "people"), [pytest.param(*row[1:], id=row[0]) for row in rows(1)])
def test_who_is_stitched(events: str, people: str) -> None:
    history: list[Event] = []
    for n, (at, who, word) in enumerate(told(events), 1):
        identifiers = [KINDS[name] for name in who.split("+")]
        said = [] if word == "-" else [("stitching", word == "yes")]
        history.append(event(str(n), *identifiers, at=at, consents=said))
    for order in permutations(history):
        component, _ = folded(order)
        found = {
            frozenset(one.event_id for one in history if arrival(one, 0).fid in record.members)
            for record in component.records.values()
        }
        assert found == {frozenset(part.split()) for part in people.split("/")}


def test_a_yes_counts_from_someone_long_known_also_with_a_new_address() -> None:
    """The account's first fragment told no word on the purpose; the one with the new address is another."""
    events = [
        event("e1", CARD, at=1, consents=[(MAIL, False)]),
        event("e2", ACCOUNT, at=2),
        event("e3", ACCOUNT, ("email", "new@example.org"), at=5, consents=[(MAIL, True)]),
    ]
    component, _ = folded(events)
    assert len(component) == 3
    assert consents(component.fragments())[MAIL].granted


def test_words_on_ever_more_purposes_are_bounded_and_the_one_on_stitching_always_counts() -> None:
    events = [event(f"e{n}", ACCOUNT, consents=[(f"purpose {n}", True)]) for n in range(CONSENTS_MAX + 5)]
    component, told = folded([*events, event("last", ACCOUNT, consents=[("stitching", False)])])
    [fragment] = component.fragments()
    assert len(fragment.consents) == CONSENTS_MAX + 1
    assert not fragment.may_stitch
    assert told.capped["consents"] == 5


def test_a_no_is_kept_though_there_are_words_on_too_many_purposes() -> None:
    """Else the yes of another anchor would count, by a merge alone."""
    mail = ("email", "m@example.org")
    many = [event(f"e{n}", ACCOUNT, mail, consents=[(f"purpose {n}", True)]) for n in range(CONSENTS_MAX)]
    card = event("card", CARD, mail, consents=[(MAIL, True)])
    component, told = folded([*many, event("no", ACCOUNT, mail, consents=[(MAIL, False)]), card])
    assert len(component.records) == 1
    assert not consents(component.fragments())[MAIL].granted
    assert max(len(fragment.consents) for fragment in component.fragments()) == CONSENTS_MAX
    assert told.capped["consents"] == 1
