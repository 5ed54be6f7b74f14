"""A steward's link of two profiles puts the two people together, not a browser of one with the other."""

from tests.unit.profiles.making import RULES, anchors, arrival, event
from unifier.events.canonical import Command
from unifier.profiles.component import Component
from unifier.profiles.fold import Work, fold
from unifier.profiles.regroup import regroup
from unifier.profiles.unheeded import unheeded


def test_the_whole_profile_comes_along_whichever_of_its_fragments_is_first() -> None:
    for number in range(8):  # the ids, and so which fragment comes first, differ with each cookie
        account, cookie = ("account_id", f"a{number}"), ("cookie_id", f"c{number}")
        coming = [
            arrival(event("1", account, cookie, first_name="Greta", last_name="Geheim"), 0),
            arrival(event("2", cookie), 1),
            arrival(event("3", ("crm_id", "x"), first_name="Xaver", last_name="Unterhuber"), 2),
        ]
        component = Component(min(each.fid for each in coming))
        fold(component, Work(coming), anchors(coming), RULES, now=10)
        assert len(component.records) == 2
        command = Command("w", "link", "s", "they say so", 10, profiles=tuple(sorted(component.records)))
        fold(component, Work(commands=[command]), {}, RULES, now=11)
        assert len(component.records) == 1


def test_who_stays_behind_when_two_profiles_are_linked_is_told() -> None:
    """Petra's order by her mailbox comes along with Karl; she, whose first name is another, does not."""
    behind = 0
    for number in range(8):
        mail, card = ("email", f"m{number}x@example.org"), ("loyalty_id", f"L{number}")
        coming = [
            arrival(event("1", mail, ("crm_id", "a")), 0),
            arrival(event("2", mail, ("account_id", "1"), first_name="Petra"), 1),
            arrival(event("3", card, first_name="Karl", last_name="Unterhuber"), 2),
            arrival(event("4", card, ("crm_id", "x"), first_name="Karl", last_name="Unterhuber"), 3),
        ]
        component = Component(min(each.fid for each in coming))
        fold(component, Work(coming), anchors(coming), RULES, now=10)
        assert len(component.records) == 2
        command = Command("w", "link", "s", "they say so", 10, profiles=tuple(sorted(component.records)))
        folded = fold(component, Work(commands=[command]), {}, RULES, now=11)
        words = [
            w for one in folded.words for w in unheeded(component, *one, regroup(component, RULES).refused)
        ]
        assert [word.reason for word in words] == ["below"] * (len(component.records) - 1)
        behind += len(words)
    assert behind


def test_a_word_that_is_told_again_is_one_word() -> None:
    coming = [arrival(event(name, ("crm_id", name)), n) for n, name in enumerate("ab")]
    component = Component(coming[0].fid)
    fold(component, Work(coming), anchors(coming), RULES, now=10)
    for name in ("link", "separate"):
        word = Command(name, name, "s", "I say so", 11, fragments=tuple(each.fid.hex() for each in coming))
        assert fold(component, Work(commands=[word, word]), {}, RULES, now=11).duplicates == 1
    assert (len(component.ties), len(component.separations)) == (1, 1)
