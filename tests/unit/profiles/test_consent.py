"""Consent: a merge never widens, the person's own later word does."""

import pytest

from tests.unit.profiles.making import event, folded
from unifier.profiles.consent import consents
from unifier.profiles.fragment import CONSENTS_MAX

MAIL = "marketing_email"
ACCOUNT, CARD = ("account_id", "a"), ("loyalty_id", "b")


@pytest.mark.parametrize(
    ("words", "granted"),
    [
        pytest.param([(ACCOUNT, 1, True)], True, id="a yes counts"),
        pytest.param(
            [(ACCOUNT, 1, True), (ACCOUNT, 2, False)], False, id="the newer word of one anchor counts"
        ),
        pytest.param([(ACCOUNT, 1, False), (ACCOUNT, 2, True)], True, id="also when it widens"),
        pytest.param([(ACCOUNT, 1, True), (CARD, 1, False)], False, id="the stricter of two anchors counts"),
        pytest.param(
            [(CARD, 1, False), (ACCOUNT, 5, True)], False, id="a yes that came with the merge does not widen"
        ),
        pytest.param(
            [(CARD, 1, False), (ACCOUNT, 2, None), (ACCOUNT, 5, True)],
            True,
            id="a yes after both were known widens",
        ),
        pytest.param(
            [(CARD, 1, False), (ACCOUNT, 2, None), (ACCOUNT, 5, True), (CARD, 6, False)],
            False,
            id="a later no narrows",
        ),
    ],
)
def test_which_word_counts(words: list[tuple[tuple[str, str], int, bool | None]], granted: bool) -> None:
    events = [
        event(f"e{n}", anchor, at=at, consents=[] if word is None else [(MAIL, word)])
        for n, (anchor, at, word) in enumerate(words)
    ]
    for order in (events, events[::-1]):
        component, _ = folded(order)
        assert consents(component.fragments())[MAIL].granted is granted


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
