"""The evidence of stored profiles: what the models promise, and no value of a person."""

import orjson

from tests.unit.profiles.making import RULES, event, folded
from unifier.events.canonical import Command, Event, Identifier
from unifier.profiles.component import Component
from unifier.profiles.fold import Work, fold
from unifier.serving.evidence import Asked, evidence, verdict
from unifier.serving.models import Evidence, Verdict

MAIL, CARD, PHONE = (
    ("email", "greta.geheim@example.org"),
    ("loyalty_id", "47110815"),
    ("phone", "01715551234"),
)


def told_by(event_id: str, first_name: str, *identifiers: Identifier) -> Event:
    return event(event_id, *identifiers, first_name=first_name, last_name="Geheimnisvoll")


def greta_and_her_namesake() -> Component:
    """Greta by account, till and browser, and a Greta with an account of her own on the same mailbox."""
    component, _ = folded(
        [
            told_by("e1", "Greta", ("account_id", "1"), MAIL, PHONE, ("cookie_id", "browser")),
            told_by("e2", "Greta", CARD, MAIL, PHONE),
            event("e3", ("cookie_id", "browser")),
            told_by("e4", "Greta", ("account_id", "2"), MAIL),
        ]
    )
    return component


def largest(component: Component) -> str:
    return max(component.records, key=lambda pid: len(component.records[pid].members))


def test_the_evidence_is_what_the_model_says_and_holds_no_value_of_a_person() -> None:
    component = greta_and_her_namesake()
    pid = largest(component)
    document = evidence(component, component.records[pid], RULES)
    told = Evidence.model_validate(document)
    assert {link.rule for link in told.links} == {"email", "cookie_id"}
    assert all(link.bits == link.waterfall.bits for link in told.links)
    assert told.missed_most is not None
    (refused,) = told.refused
    assert refused.other in component.records.keys() - {pid}
    assert refused.reason.startswith("unique:")
    assert refused.waterfall.fragments in ((3, 1), (1, 3))
    text = orjson.dumps(document).decode().lower()
    for value in ("greta", "geheim", "1715551234", "47110815", "browser"):
        assert value not in text


def test_two_profiles_of_one_component_are_told_apart_by_the_rule_that_refused() -> None:
    component = greta_and_her_namesake()
    one, other = component.records.values()
    greta, namesake = (Asked(component, record, record.pid) for record in (one, other))
    told = [verdict(greta, namesake, RULES), verdict(namesake, greta, RULES)]
    assert told[0] is not None
    assert told[1] is not None
    assert told[0].reason == told[1].reason == "unique:account_id"
    assert not told[0].one_person
    assert told[0].waterfall.bits == told[1].waterfall.bits


def test_profiles_that_never_met_have_a_verdict_too() -> None:
    one, _ = folded([told_by("e1", "Greta", MAIL)])
    other, _ = folded(
        [event("e2", ("email", "xaver@example.org"), first_name="Xaver", last_name="Unterhuber")]
    )
    asked = [
        Asked(each, next(iter(each.records.values())), next(iter(each.records))) for each in (one, other)
    ]
    found = verdict(asked[0], asked[1], RULES)
    assert found is not None
    assert (found.one_person, found.reason) == (False, "never_compared")
    assert one.cid not in other
    assert len(one) == len(other) == 1, "explaining changes nothing"


def test_a_merged_away_id_and_its_survivor_are_told_why_they_are_one() -> None:
    component, _ = folded(
        [told_by("e1", "Greta", ("account_id", "1")), event("e2", MAIL, first_name="Xaver")]
    )
    one, other = component.records
    fold(component, Work(commands=[word("link", one, other)]), {}, RULES, now=20_000)
    (record,) = component.records.values()
    found = verdict(Asked(component, record, one), Asked(component, record, other), RULES)
    assert found is not None
    assert found.one_person
    assert [link.rule for link in found.through] == ["steward"]
    assert found.waterfall.lines[-1].field == "steward"
    told = Verdict.model_validate({"profile_id": record.pid, **found.told(bytes.hex)})
    assert told.waterfall.fragments == (1, 1)
    same = Asked(component, record, record.pid)
    assert verdict(same, same, RULES) is None


def word(command: str, *profiles: str) -> Command:
    return Command(
        command=command,
        command_id="c1",
        by="desk",
        reason="spoke with her",
        profiles=profiles,
        fragments=(),
        at=1,
    )
