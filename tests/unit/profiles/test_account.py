"""Why a profile is one person: waterfalls that add up, and the link that would be missed most."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

import orjson
import pytest
from hypothesis import given, settings

from tests.unit.profiles.drawn import Component, components
from tests.unit.profiles.people import RULES, apart, member, tie
from unifier.matching.identity import Identity
from unifier.profiles.account import Account, account
from unifier.profiles.bridges import falls_off, missed_most
from unifier.profiles.decided import Decided
from unifier.profiles.evidence import Evidence, Pair
from unifier.profiles.members import Link, Member, Separation, Tie
from unifier.profiles.partition import partition

HOME = {"last_name": "Jagemann", "street": "Bergstr. 5", "postal_code": "83093"}


def decided(
    members: Sequence[Member], ties: Sequence[Tie] = (), separations: Sequence[Separation] = ()
) -> Decided:
    return Decided(Evidence(members, ties, separations, frozenset(), RULES))


def of(name: str, members: Sequence[Member], ties: Sequence[Tie] = ()) -> Account:
    """The account of the profile that a fragment is in."""
    found = decided(members, ties)
    return account(found, next(group for group in found.partition.groups if name.encode() in group))


@given(components())
@settings(max_examples=200)
def test_watching_changes_nothing(component: Component) -> None:
    assert decided(*component).partition == partition(*component, frozenset(), RULES)


@given(components())
@settings(max_examples=300)
def test_the_lines_of_every_link_sum_up_to_its_bits(component: Component) -> None:
    found = decided(*component)
    for link in found.partition.links:
        waterfall = found.waterfall(link)
        assert waterfall.bits == pytest.approx(link.bits)
        if waterfall.threshold is not None:
            assert waterfall.bits >= waterfall.threshold
            assert waterfall.lines[0].field == "prior"


class Without(Evidence):
    """The evidence, but for one pair that is never looked at."""

    left_out: set[bytes]

    def candidates(self, block_cap: int) -> list[Pair]:
        found = super().candidates(block_cap)
        return [pair for pair in found if {self.members[n].fid for n in pair} != self.left_out]


def left_out(component: Component, before: Decided, link: Link) -> Decided:
    """The component decided anew, as if two fragments had not been compared and had no token in common."""
    members, ties, separations = component
    told = {each.fid: each for each in members}
    a, b = (before.number[fid] for fid in (link.a, link.b))
    strong = before.evidence.strong
    mine, theirs = (told[before.evidence.members[n].fid] for n in ((a, b) if strong[b] else (b, a)))
    # Without the cards that both have; of one who names nobody, without all that both tell.
    named = strong[a] and strong[b]
    ids = tuple(
        (kind, value)
        for kind, value in mine.identity.ids
        if (kind, value) not in theirs.identity.ids
        or (named and RULES.identifiers[kind].strength != "household")
    )
    less = mine.identity._replace(ids=ids, birth=mine.identity.birth if named else "")
    told[mine.fid] = replace(
        mine, identity=less, orders=mine.orders if named else mine.orders - theirs.orders
    )
    evidence = Without(told.values(), ties, separations, frozenset(), RULES)
    evidence.left_out = {link.a, link.b}
    return Decided(evidence)


def in_common(found: Decided, a: int, b: int) -> bool:
    """Two members would be looked at together, by whatever they both have."""
    one, other = (found.evidence.facts[n].keys for n in (a, b))
    orders, others = (found.evidence.members[n].orders for n in (a, b))
    pair = (a, b) if a < b else (b, a)
    return bool(one & other or orders & others) or pair in found.evidence.ties


@given(components())
@settings(max_examples=400)
def test_without_the_one_link_between_two_parts_they_fall_apart(component: Component) -> None:
    before = decided(*component)
    for group in before.partition.groups:
        for link, off in falls_off(before, group).items():
            parts = [[before.number[fid] for fid in part] for part in (off, set(group) - set(off))]
            if off and sum(in_common(before, *pair) for pair in product(*parts)) == 1:
                assert group not in left_out(component, before, link).partition.groups


def connected(members: Iterable[int], pairs: Iterable[Pair]) -> set[frozenset[int]]:
    """Who is reached from whom, the slow way."""
    parts = {frozenset([member]) for member in members}
    for a, b in pairs:
        both = [part for part in parts if a in part or b in part]
        parts = (parts - set(both)) | {frozenset().union(*both)}
    return parts


@given(components())
@settings(max_examples=200)
def test_what_falls_off_is_what_no_other_pair_over_the_bar_reaches(component: Component) -> None:
    members, ties, separations = component
    found = decided([each for each in members if not each.orders], ties, separations)
    evidence, bar = found.evidence, RULES.matching.merge_bits
    for group in found.partition.groups:
        numbers = [found.number[fid] for fid in group]
        cards = any(evidence.facts[number].accounts_only for number in numbers)
        if all(evidence.strong[number] for number in numbers) and not cards:
            over = {
                pair
                for pair in evidence.candidates(RULES.matching.block_cap)
                if set(pair) <= set(numbers) and evidence.pair(*pair)[0] >= bar
            }
            made = {link: (found.number[link.a], found.number[link.b]) for link in found.partition.links}
            within = {link: (min(pair), max(pair)) for link, pair in made.items() if pair[0] in numbers}
            for link, off in falls_off(found, group).items():
                others = [*over, *(pair for one, pair in within.items() if one != link)]
                parts = connected(numbers, [pair for pair in others if pair != within[link]])
                least = min(len(part) for part in parts) if len(parts) == 2 else 0
                assert len(off) == least
                assert not off or frozenset(found.number[fid] for fid in off) in parts


@given(components())
@settings(max_examples=200)
def test_every_link_of_a_profile_is_judged_and_at_most_half_falls_off(component: Component) -> None:
    found = decided(*component)
    for group in found.partition.groups:
        falls = falls_off(found, group)
        assert set(falls) == {link for link in found.partition.links if link.a in group}
        assert all(set(off) < set(group) and 2 * len(off) <= len(group) for off in falls.values())
        most = missed_most(falls)
        assert most is None or len(falls[most]) == max(map(len, falls.values()))


def test_the_one_link_between_two_halves_would_be_missed_most() -> None:
    mail, phone = {"email": "anna@gmx.de"}, {"phone": "0171 5551234"}
    found = of(
        "a1",
        [
            member("a1", first_name="Anna", last_name="Jagemann", **mail),
            member("a2", first_name="Anna", last_name="Jagemann", account_id="1", **mail),
            member("a3", first_name="Anna", loyalty_id="7", **mail),
            member("b1", first_name="Anna", loyalty_id="7", **phone),
            member("b2", first_name="Anna", payment_account="c", **phone),
        ],
    )
    most = found.missed_most
    assert most is not None
    assert (most.link.a, most.link.b, most.link.rule) == (b"a3", b"b1", "loyalty_id")
    assert most.falls_off == (b"b1", b"b2")
    inside = [one for one in found.links if {one.link.a, one.link.b} <= {b"a1", b"a2", b"a3"}]
    assert [one.falls_off for one in inside] == [(), ()]


def test_where_all_hold_to_all_no_link_would_be_missed() -> None:
    found = of("a", [member(name, first_name="Anna", email="anna@gmx.de") for name in "abc"])
    assert found.missed_most is None
    assert [link.falls_off for link in found.links] == [(), ()]
    assert of("a", [member("a", email="anna@gmx.de")]) == Account([], [], None)


def test_a_browser_falls_off_without_its_cookie_and_a_stewards_word_is_a_line_of_its_own() -> None:
    found = of(
        "a",
        [
            member("a", account_id="1", first_name="Anna", cookie_id="c"),
            member("b", account_id="2", first_name="Otto")
            and member("b", first_name="Otto", email="o@gmx.de"),
            member("x", cookie_id="c"),
        ],
        [tie("a", "b")],
    )
    told = {(one.link.a, one.link.b): one for one in found.links}
    browser, word = told[b"a", b"x"], told[b"a", b"b"]
    assert browser.falls_off == (b"x",)
    assert (browser.waterfall.threshold, browser.waterfall.probability) == (None, None)
    assert [line.field for line in browser.waterfall.lines] == ["cookie_id"]
    assert word.waterfall.lines[-1].field == "steward"
    assert word.falls_off == (b"b",)


def test_a_refusal_tells_all_that_speaks_for_and_against_the_two() -> None:
    members = [
        member("a", first_name="Anna", email="j@gmx.de", loyalty_id="1", **HOME),
        member("b", first_name="Anna", email="j@gmx.de", loyalty_id="2", **HOME),
    ]
    found = decided(members)
    (one,) = account(found, [b"a"]).refused
    assert one.refused.reason == "unique:loyalty_id"
    assert {"first_name", "family", "email", "loyalty_id"} <= {line.field for line in one.waterfall.lines}
    told = one.told(bytes.decode)
    assert told["because"] == "each has a loyalty_id of its own, and a person has only one"
    separated = decided([member("a", email="j@gmx.de"), member("b", email="j@gmx.de")], (), [apart("a", "b")])
    (one,) = account(separated, [b"b"]).refused
    assert one.refused.reason == "separation"
    assert one.waterfall.bits > RULES.matching.merge_bits


def values_of(identity: Identity) -> set[str]:
    """Every value that is a person's, but for those that a field or a number may look like."""
    *named, attributes, ids = identity
    values = {*named, *(value for _, value in (*attributes, *ids))}
    return {value for value in values if len(value) > 4}


def test_an_account_holds_no_value_of_a_person() -> None:
    members = [
        member(
            name,
            first_name=first,
            last_name="Geheimnisvoll",
            street="Verborgene Gasse 3",
            postal_code="10117",
            city="Irgendwo",
            birth_date="1971-03-17",
            email="greta.geheim@example.org",
            phone="0171 5551234",
            loyalty_id=card,
        )
        for name, first, card in (
            ("a", "Greta", "47110815"),
            ("b", "Gretchen", "47110815"),
            ("c", "Greta", "9"),
        )
    ]
    found = decided(members)
    for group in found.partition.groups:
        text = orjson.dumps(account(found, group).told(bytes.decode)).decode()
        assert '"bits"' in text
        for each in members:
            assert not [value for value in values_of(each.identity) if value in text]
