"""Names in mailboxes: what they tell beside the fields, and what they do not."""

import pytest

from tests.scoring import pair_bits
from unifier.matching.blocking import blocking_keys
from unifier.matching.compare import ELSEWHERE
from unifier.matching.identity import Identity, identify
from unifier.matching.mailboxes import Told, named_only, told_by
from unifier.matching.scale import scale_of
from unifier.matching.score import NAMESAKE, TOLD_ONCE, contradiction, explain, score
from unifier.matching.spelling import fold
from unifier.matching.told_names import ANOTHERS_MAILBOX, IN_MAILBOX
from unifier.matching.values import values_of
from unifier.rules import default_rules

RULES = default_rules()
WEIGHTS = scale_of(RULES).weights
MERGE = RULES.matching.merge_bits


def person(*identifiers: tuple[str, str], **traits: str) -> Identity:
    return identify(identifiers, tuple(traits.items()), "DE")


def mail(address: str) -> tuple[str, str]:
    return ("email", address)


def bits(a: Identity, b: Identity) -> float:
    assert pair_bits(a, b, RULES) == pair_bits(b, a, RULES)
    return pair_bits(a, b, RULES)


def level_of(field: str, a: Identity, b: Identity) -> str:
    lines = explain(values_of(a), values_of(b), {}, WEIGHTS)
    return next((line.level for line in lines if line.field == field), "")


@pytest.mark.parametrize(
    ("mailbox", "told"),
    [
        ("anna.huber@gmx.de", Told("anna", "huber")),
        ("anna_huber77@gmx.de", Told("anna", "huber")),
        ("huber-anna@gmx.de", Told("anna", "huber")),
        ("müller.jürgen@gmx.de", Told("jurgen", "muller")),
        ("annahuber@gmx.de", Told("anna", "huber")),
        ("huberanna77@gmx.de", Told("anna", "huber")),
        ("a.huber@gmx.de", Told("a", "huber")),
        ("huber.a@gmx.de", Told("a", "huber")),
        ("ahuber77@gmx.de", Told("a", "huber")),
        ("anna77@gmx.de", Told("anna", "")),
    ],
)
def test_a_mailbox_tells_a_name(mailbox: str, told: Told) -> None:
    assert told in told_by(mailbox)


@pytest.mark.parametrize("mailbox", ["ab@gmx.de", "4711@gmx.de", "a.b@gmx.de", "the.best.of@gmx.de"])
def test_a_mailbox_tells_nobody(mailbox: str) -> None:
    assert told_by(mailbox) == ()


GEORGIOS = person(mail("georgiosspaeth@gmx.de"), first_name="Georgios", last_name="Späth")


@pytest.mark.parametrize(
    ("mailbox", "traits"),
    [
        ("georgios.spaeth61@web.de", {}),
        ("spaeth.georgios61@web.de", {"last_name": "Späth"}),
        ("georgios.spaeth61@web.de", {"first_name": "Georgios"}),
    ],
)
def test_who_tells_no_name_but_has_a_mailbox_of_that_name_is_found_and_is_one(
    mailbox: str, traits: dict[str, str]
) -> None:
    nameless = person(mail(mailbox), **traits)
    assert set(blocking_keys(nameless)) & set(blocking_keys(GEORGIOS))
    assert bits(nameless, GEORGIOS) > MERGE
    assert bits(person(mail("tiger4711@web.de"), **traits), GEORGIOS) < 0.0


def test_a_mailbox_of_a_common_name_is_not_enough() -> None:
    assert (
        bits(person(mail("peter.mueller61@web.de")), person(first_name="Peter", last_name="Müller")) < MERGE
    )


@pytest.mark.parametrize("people", [6_000, 1_000_000])
@pytest.mark.parametrize(
    ("mailbox", "own"),
    [
        ("petra.mueller@web.de", "petra.mueller@gmx.de"),
        ("petra.mueller1@gmx.de", "petra.mueller@gmx.de"),
        ("p.mueller@web.de", "p.mueller@gmx.de"),
    ],
)
def test_two_mailboxes_of_one_common_name_are_no_second_fact(mailbox: str, own: str, people: int) -> None:
    """They are alike because they tell it: every provider has a Petra Müller."""
    petra = person(mail(own), first_name="Petra", last_name="Müller")
    rules = RULES.with_model(RULES.matching.model.for_people(people))
    assert pair_bits(person(mail(mailbox)), petra, rules) < MERGE


@pytest.mark.parametrize("people", [60_000, 1_000_000])
@pytest.mark.parametrize(
    ("first", "mailbox", "own"),
    [
        ("Petra", "petra.mueller@web.de", "petra.mueller@gmx.de"),
        ("Petra", "petra_mueller@gmx.de", "petra.mueller@gmx.de"),
        ("Petra", "petra.mueller2@gmx.de", "petra.mueller@gmx.de"),
        ("Petra", "petra.mueller77@gmx.de", "petra.mueller78@gmx.de"),
        ("P.", "pmueller15@gmx.de", "pmueller16@gmx.de"),
        ("P.", "p.mueller@web.de", "p.mueller@gmx.de"),
        ("P.", "muellerp@web.de", "muellerp@gmx.de"),
        ("Petra", "mueller@web.de", "mueller@gmx.de"),
        ("Petra", "petra@web.de", "petra@gmx.de"),
    ],
)
def test_a_mailbox_that_tells_but_the_name_in_the_fields_is_no_second_fact(
    first: str, mailbox: str, own: str, people: int
) -> None:
    """Whoever is called Petra Müller has such a one."""
    petra = person(mail(own), first_name="Petra", last_name="Müller")
    newcomer = person(mail(mailbox), first_name=first, last_name="Müller")
    rules = RULES.with_model(RULES.matching.model.for_people(people))
    by_name = pair_bits(
        person(first_name=first, last_name="Müller"), person(first_name="Petra", last_name="Müller"), rules
    )
    assert pair_bits(newcomer, petra, rules) == pytest.approx(by_name)
    assert by_name < MERGE


def test_a_mailbox_is_a_name_however_its_letters_are_folded() -> None:
    assert named_only("luissilva7@aol.com", ("luis",), ("silva",))
    assert named_only("silva@aol.com", (), ("silva",))
    assert named_only("annaeva@aol.com", (fold("Anna Eva"),), ())  # written as one word, its ae is an ä
    assert not named_only("luissilvas@aol.com", ("luis",), ("silva",))


def test_a_letter_that_is_misspelt_in_a_mailbox_is_no_namesake() -> None:
    name = {"first_name": "Petra", "last_name": "Müller"}
    told, slipped = (person(mail(f"{box}@gmx.de"), **name) for box in ("petra.mueller", "petra.mueler"))
    assert bits(told, slipped) > bits(person(**name), told) + 8.0


@pytest.mark.parametrize("local", ["tiger4711", "petra.mueller67", "die.petra.mueller", "peters.mueller"])
def test_what_a_mailbox_tells_besides_the_name_is_a_fact(local: str) -> None:
    name = {"first_name": "Petra", "last_name": "Müller"}
    at_one, elsewhere = (person(mail(f"{local}@{provider}"), **name) for provider in ("gmx.de", "web.de"))
    assert bits(at_one, elsewhere) > bits(person(**name), at_one) + 1.0


@pytest.mark.parametrize("provider", ["gmx.net", "gmx.d", "web.de"])
def test_a_number_that_both_mailboxes_have_is_a_fact_at_whatever_provider(provider: str) -> None:
    name = {"first_name": "Petra", "last_name": "Müller"}
    told, other = (person(mail(f"petra.mueller1985@{at}"), **name) for at in ("gmx.de", provider))
    assert bits(told, other) > bits(person(**name), told) + 1.0


@pytest.mark.parametrize(
    ("other", "two"), [("jsmith16", True), ("jsmith", True), ("jsmiht15", False), ("jsmith15", False)]
)
def test_two_of_one_name_have_mailboxes_with_other_numbers_and_other_phones(other: str, two: bool) -> None:
    name = {"first_name": "John", "last_name": "Smith"}
    one = person(mail("jsmith15@gmx.de"), ("phone", "0171 4839227"), **name)
    another = person(mail(f"{other}@gmx.de"), ("phone", "0152 8812345"), **name)
    assert contradiction(values_of(one), values_of(another), WEIGHTS) == (NAMESAKE if two else "")
    assert contradiction(values_of(another), values_of(one), WEIGHTS) == (NAMESAKE if two else "")


@pytest.mark.parametrize(
    ("birth", "two"),
    [("1980-05-07", False), ("1980-05-08", False), ("1980-05-18", True), ("", True)],
)
def test_two_of_one_name_who_are_reached_elsewhere_are_one_if_born_alike(birth: str, two: bool) -> None:
    name = {"first_name": "John", "last_name": "Smith"}
    one = person(mail("jsmith15@gmx.de"), ("phone", "0171 4839227"), birth_date="1980-05-07", **name)
    another = person(mail("jsmith16@gmx.de"), ("phone", "0152 8812345"), birth_date=birth, **name)
    assert contradiction(values_of(one), values_of(another), WEIGHTS) == (NAMESAKE if two else "")


def test_a_name_that_but_a_mailbox_tells_is_told_once_also_if_a_number_beside_it_is_a_fact() -> None:
    told = person(mail("anna.huber77@web.de"), first_name="Anna", last_name="Huber")
    untold = person(mail("anna.huber77@gmx.de"), last_name="Huber")
    found = explain(values_of(told), values_of(untold), {}, WEIGHTS)
    lines = {line.level: line.bits for line in found}
    assert lines[TOLD_ONCE] == -min(lines[IN_MAILBOX], lines[ELSEWHERE]) < 0.0


@pytest.mark.parametrize(("local", "fact"), [("anna.huber", True), ("huber.a", True), ("anna", False)])
def test_a_surname_in_both_mailboxes_that_but_one_bears_is_a_fact(local: str, fact: bool) -> None:
    """Anna Maier was Anna Huber."""
    anna, born = {"first_name": "Anna"}, {"birth_date": "1985-03-04"}
    huber, maier = ({"last_name": name} | anna | born for name in ("Huber", "Maier"))
    before, now = person(mail(f"{local}@gmx.de"), **huber), person(mail(f"{local}@web.de"), **maier)
    assert (bits(before, now) > bits(person(**huber), person(**maier)) + 1.0) == fact


def test_colleagues_whose_mailboxes_begin_alike_have_but_their_office_in_common() -> None:
    office = {"street": "Talweg 9", "postal_code": "83093"}
    shared = {("phone", "+493055510221"): 3}
    switchboard = ("phone", "030 55510221")
    anna = person(mail("a.huber@firm.de"), switchboard, first_name="Anna", last_name="Huber", **office)
    for mailbox in ("a.schmidt@firm.de", "aschmidt@firm.de", "tiger7@firm.de"):
        other = person(mail(mailbox), switchboard, last_name="Schmidt", **office)
        assert score(values_of(anna), values_of(other), shared, WEIGHTS) < 0.0


REBECCA = {"first_name": "Rebecca", "last_name": "Payne", "birth_date": "1974-10-02"}
LINE = ("phone", "0171 4839227")


def test_who_tells_no_first_name_but_the_mailbox_of_another_is_another_of_the_home() -> None:
    rebecca = person(mail("rebecca.payne43@gmx.de"), LINE, **REBECCA)
    josh = person(mail("josh_payne@gmx.de"), LINE, last_name="Payne")
    assert level_of("first_name", josh, rebecca) == ANOTHERS_MAILBOX
    assert bits(josh, rebecca) < 0.0
    assert contradiction(values_of(josh), values_of(rebecca), WEIGHTS) == "first_name"


@pytest.mark.parametrize(
    "mailbox", ["rebeca.payne@gmx.de", "tiger12@gmx.de", "becky77@gmx.de", "josh77@gmx.de", "payne@gmx.de"]
)
def test_a_mailbox_that_may_be_hers_says_nothing_against_her(mailbox: str) -> None:
    rebecca = person(LINE, **REBECCA)
    assert bits(person(mail(mailbox), LINE, last_name="Payne"), rebecca) > MERGE


@pytest.mark.parametrize("surname", ["Jagemann", "Huber", "Petermann"])
def test_a_mailbox_of_the_surname_alone_tells_no_first_name(surname: str) -> None:
    unnamed = person(mail(f"{surname.lower()}@gmx.de"), last_name=surname)
    assert level_of("first_name", unnamed, person(first_name="Christiane", last_name=surname)) == ""


def test_a_mailbox_that_both_use_says_nothing_of_whose_name_it_is() -> None:
    rebecca = person(mail("josh_payne@gmx.de"), LINE, **REBECCA)
    unnamed = person(mail("josh_payne@gmx.de"), LINE, last_name="Payne")
    assert level_of("first_name", unnamed, rebecca) == ""


def test_a_name_that_is_told_counts_not_that_of_the_mailbox() -> None:
    anna, peter = (person(mail("peter.huber@gmx.de"), first_name=name) for name in ("Anna", "Peter"))
    told = person(first_name="Anna", last_name="Huber")
    assert level_of("first_name", anna, told) == "equal"
    assert level_of("last_name", anna, told) == ""
    assert level_of("last_name", peter, person(first_name="Peter", last_name="Huber")) == IN_MAILBOX


EILEEN = {"last_name": "Evamp"}


@pytest.mark.parametrize(
    ("mailbox", "told", "more", "one"),
    [
        ("eileen.evamp@gmx.de", "Eikwwn", {}, True),
        ("eileen.evamp@gmx.de", "Oux", {"birth_date": "1971-03-05"}, True),
        ("eileen.evamp@gmx.de", "Oux", {}, False),  # her husband's, as far as one knows
        ("eileen.evamp@gmx.de", "Emma", {"birth_date": "1971-03-05"}, False),  # her twin's
        ("evamp@gmx.de", "Eikwwn", {}, False),
    ],
)
def test_a_mailbox_of_both_tells_how_a_first_name_is_written(
    mailbox: str, told: str, more: dict[str, str], one: bool
) -> None:
    eileen = person(mail(mailbox), LINE, first_name="Eileen", **EILEEN, **more)
    other = person(mail(mailbox), LINE, first_name=told, **EILEEN, **more)
    assert (bits(eileen, other) > MERGE) == one


def test_a_mailbox_of_both_may_be_misspelt_once() -> None:
    eileen = person(mail("eileen.evamp@gmx.de"), first_name="Eileen", birth_date="1971-03-05", **EILEEN)
    other = person(mail("eilen.evamp@gmx.de"), first_name="Oux", birth_date="1971-03-05", **EILEEN)
    another = person(mail("eileen.evamp@web.de"), first_name="Oux", birth_date="1971-03-05", **EILEEN)
    assert bits(eileen, other) > MERGE
    assert bits(eileen, another) < 0.0


@pytest.mark.parametrize(("owner", "other"), [("Eva", "Alva"), ("Gina", "Runa"), ("Hulya", "Ilay")])
def test_a_rare_name_beside_the_mailbox_of_the_family_is_no_misprint(owner: str, other: str) -> None:
    theirs = mail(f"{owner.lower()}.evamp@gmx.de")
    told = [person(theirs, LINE, first_name=name, **EILEEN) for name in (owner, other)]
    assert bits(*told) < 0.0


@pytest.mark.parametrize("more", [{}, {"birth_date": "1971-03-05"}])
def test_a_rare_name_that_a_mailbox_of_its_own_tells_is_no_misprint(more: dict[str, str]) -> None:
    """Sisters, whose mailboxes and names are both a slip or two apart."""
    home = {"street": "Bergstr. 5", "postal_code": "83093", **EILEEN, **more}
    lina, yuna = (person(mail(f"{name}.evamp@gmx.de"), first_name=name, **home) for name in ("lina", "yuna"))
    assert bits(lina, yuna) < 0.0
    assert (
        bits(lina, person(mail("lina.evamp@gmx.de"), first_name="yuna", **home)) > MERGE
    )  # told by hers alone


def test_who_is_born_otherwise_bears_another_name_however_it_is_written() -> None:
    eileen = person(mail("eileen.evamp@gmx.de"), first_name="Eileen", birth_date="1971-03-05", **EILEEN)
    other = person(mail("eileen.evamp@gmx.de"), first_name="Eikwwn", birth_date="1940-12-24", **EILEEN)
    assert bits(eileen, other) < 0.0
