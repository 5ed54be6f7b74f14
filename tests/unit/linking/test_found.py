import random
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unifier.linking.bar import Bar
from unifier.linking.found import Found, link
from unifier.linking.records import Records, read_records
from unifier.linking.report import report
from unifier.linking.why import decisions, profile_of, why
from unifier.matching.identity import Identity, identify
from unifier.profiles.account import Account
from unifier.profiles.linkage import Linkage
from unifier.rules import Rules, default_rules

from .conftest import DATA, SPECS, spec_of

RULES = default_rules().with_identifiers(["customer_no"])


def records_of(name: str) -> Records:
    return read_records([Path(DATA / f"{name}.csv")], spec_of(name), Bar())


def profiles(found: Found) -> dict[str, str]:
    return {
        record: found.profile[fid] for record, fid in zip(found.records.ids, found.fragments, strict=True)
    }


def linked(identities: list[Identity], rules: Rules = RULES) -> Found:
    ids = [str(number) for number in range(len(identities))]
    return link(Records(ids, [], identities), rules, Bar())


def shuffled(records: Records, order: random.Random) -> Records:
    rows = list(range(len(records.ids)))
    order.shuffle(rows)
    return Records(
        [records.ids[row] for row in rows],
        [records.truth[row] for row in rows],
        [records.identities[row] for row in rows],
    )


def test_a_name_alone_is_enough_only_where_no_more_may_come_by_than_the_model_is_meant_for() -> None:
    name = (("first_name", "Sandra"), ("last_name", "Lange"))
    two = [identify((("email", f"tiger{number}@web.de"),), name, "DE") for number in (4711, 5823)]
    of_a_country = RULES.model_copy(
        update={"matching": RULES.matching.model_copy(update={"people": 1_000_000})}
    )
    for rules, expected in ((RULES, 1), (of_a_country, 2)):
        assert len(set(profiles(linked(two, rules)).values())) == expected


@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=8, deadline=None)
@given(order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(name: str, order: random.Random) -> None:
    records = records_of(name)
    straight, mixed = (link(each, RULES, Bar()) for each in (records, shuffled(records, order)))
    assert profiles(mixed) == profiles(straight)
    assert report(mixed) == report(straight)
    key = str
    assert sorted(decisions(mixed), key=key) == sorted(decisions(straight), key=key)


FEW = st.sampled_from(["", "anna", "peter", "muller", "jagemann"])
CROWD = st.lists(
    st.builds(
        lambda first, last, mail, card: identify(
            tuple((kind, value) for kind, value in (("email", mail), ("customer_no", card)) if value),
            tuple((kind, value) for kind, value in (("first_name", first), ("last_name", last)) if value),
            "DE",
        ),
        FEW,
        FEW,
        st.sampled_from(["", "a@x.de", "b@x.de", "ab@x.de"]),
        st.sampled_from(["", "1", "2"]),
    ),
    max_size=30,
)
TIGHT = RULES.model_copy(
    update={
        "matching": RULES.matching.model_copy(
            update={"block_cap": 3, "shared_holders": 4, "component_cap": 5}
        )
    }
)


@given(CROWD, st.randoms(use_true_random=False))
def test_caps_do_not_know_the_order_either(crowd: list[Identity], order: random.Random) -> None:
    records = Records([str(number) for number in range(len(crowd))], ["" for _ in crowd], crowd)
    straight, mixed = (link(each, TIGHT, Bar()) for each in (records, shuffled(records, order)))
    assert profiles(mixed) == profiles(straight)
    assert all(len(fids) <= TIGHT.matching.component_cap for fids, _ in straight.partitions)


@given(CROWD)
def test_settling_what_came_one_by_one_gives_what_came_at_once(crowd: list[Identity]) -> None:
    one_by_one, at_once = Linkage(TIGHT), Linkage(TIGHT)
    for identity in crowd:
        fid, new = one_by_one.add(identity)
        if new:
            one_by_one.tie(fid)
    one_by_one.settle()
    for identity in reversed(crowd):
        at_once.add(identity)
    at_once.settle()
    assert one_by_one.components() == at_once.components()


@pytest.mark.parametrize(
    ("name", "least"), [("fake_people", 0.9), ("febrl_people", 0.97), ("pseudopeople", 0.97)]
)
def test_people_are_found_and_hardly_ever_confused(name: str, least: float) -> None:
    content = report(link(records_of(name), RULES, Bar()))
    assert content["b_cubed"]["f1"] >= least
    assert content["closure"]["precision"] >= 0.98
    assert content["pair"]["precision"] >= 0.95
    assert content["pair"]["recall"] <= content["closure"]["recall"]


def test_ten_thousand_records_of_one_mailbox_are_not_one_person() -> None:
    names = map("".join, product("bdfgklmnpr", "aeiou", "bdfgklmnpr", "aeiou", "lnrt"))
    box = (("email", "office@school.example"),)
    crowd = [
        identify(box, (("first_name", name), ("last_name", name[::-1] + "berg")), "DE") for name in names
    ]
    assert len(set(crowd)) == 10_000
    found = linked(crowd)
    assert "email|office@school.example" in found.linkage.shared
    assert len(set(found.profile.values())) > len(crowd) * 0.95
    same = linked([crowd[0]] * 10_000)
    assert len(set(same.profile.values())) == 1


def test_one_record_is_one_profile_and_a_record_that_says_nothing_stays_alone() -> None:
    assert set(linked([identify((), (("first_name", "Anna"),), "DE")]).profile.values()) == {"p_0"}
    nothing = identify((), (), "DE")
    found = linked([nothing, identify((("customer_no", "1"),), (), "DE")])
    assert len(set(found.profile.values())) == 2


@pytest.mark.parametrize("name", SPECS)
def test_the_bits_of_a_waterfall_sum_up(name: str) -> None:
    told = list(decisions(link(records_of(name), RULES, Bar())))
    assert {"linked"} <= {one["decision"] for one in told}
    for one in told:
        lines = one["pair"]["lines"]
        assert sum(line["bits"] for line in lines) == pytest.approx(one["pair"]["bits"], abs=0.05)
        assert one["pair"]["probability"] == pytest.approx(1 / (1 + 2 ** -one["pair"]["bits"]), abs=0.01)


def person(number: str = "", **traits: str) -> Identity:
    return identify((("customer_no", number),) if number else (), tuple(sorted(traits.items())), "DE")


def test_every_reason_why_two_are_or_are_not_one_person_is_told() -> None:
    home: dict[str, Any] = {"last_name": "Jagemann", "street": "Bergstr. 5", "postal_code": "83093"}
    found = linked(
        [
            person("1", first_name="Anna", **home),  # 0
            person("1", first_name="Anna", last_name="Jagemann"),  # 1
            person(first_name="Anna", **home),  # 2
            person(first_name="Otto", **home),  # 3
            person(first_name="Xaver", last_name="Unterhuber"),  # 4
            person("1", first_name="Anna", last_name="Jagemann"),  # 5: as 1
        ]
    )
    assert why(found, "1", "5").because == "they say the same"
    straight = why(found, "0", "2")
    assert (straight.one_person, straight.because) == (True, "linked")
    assert [line.field for line in straight.waterfall.lines] == ["prior", "first_name", "family"]
    around = why(found, "1", "2")
    assert around.one_person
    assert around.because.startswith("linked")
    assert {len(around.through), around.reason} in ({1, "linked"}, {2, "linked_through"})
    apart = why(found, "2", "3")
    assert (apart.one_person, apart.because) == (False, "the evidence is below the threshold")
    assert apart.waterfall.threshold is not None
    assert apart.waterfall.bits < apart.waterfall.threshold
    assert apart.whole is not None
    assert apart.whole.fragments == (3, 1)
    assert why(found, "0", "4").because.startswith("never compared")


def test_the_profile_of_a_record_is_told_with_every_link_and_all_that_was_refused() -> None:
    found = linked(
        [
            person("1", first_name="Anna", last_name="Jagemann"),
            person("1", first_name="Anna", last_name="Jagemann", birth_date="1980-02-03"),
            person("2", first_name="Xaver", last_name="Unterhuber"),
        ]
    )
    told = profile_of(found, "0")
    assert [one.link.rule for one in told.links] == ["customer_no"]
    assert told.missed_most == told.links[0]
    assert profile_of(found, "2") == Account([], [], None)


def test_records_that_lead_to_nobody_are_not_one_person_because_they_say_the_same() -> None:
    empty, first_name_alone = Identity(), Identity(first="anna")
    found = linked([empty, empty, first_name_alone, first_name_alone])
    assert len(set(profiles(found).values())) == 4
    assert why(found, "0", "1").one_person is False
