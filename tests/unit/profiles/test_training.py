import random
from functools import cache

import pytest

from unifier.matching.identity import Identity, identify
from unifier.matching.model import parse_model, shipped_model
from unifier.matching.names import COMPANY
from unifier.matching.quality import closure
from unifier.matching.train import Trained
from unifier.profiles.linkage import Linkage
from unifier.profiles.training import train
from unifier.rules import Rules, default_rules

FIRST = [
    a + b
    for a in ("An", "Ber", "Cla", "Dir", "El", "Fri", "Ger", "Hel")
    for b in ("na", "tin", "ke", "mut", "do")
]
LAST = [
    a + b + c
    for a in ("Bau", "Fisch", "Hof", "Kell", "Mos", "Nolt", "Pohl", "Reut")
    for b in ("er", "in", "ol", "as", "ut")
    for c in ("mann", "berg", "ing", "au")
]


def person(draw: random.Random) -> dict[str, str]:
    return {
        "first_name": draw.choice(FIRST),
        "last_name": draw.choice(LAST),
        "birth_date": f"{draw.randint(1940, 2005)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
        "attribute:trade": draw.choice(["smith", "baker", "clerk", "nurse", "driver", "cook"]),
    }


@cache
def rows() -> tuple[tuple[Identity, int], ...]:
    """Two or three records of each of 300 people: names, birth date, of which some are wrong, and trade."""
    draw = random.Random(3)
    found = []
    for number in range(300):
        own = person(draw)
        for _ in range(draw.randint(2, 3)):
            told = dict(own)
            if draw.random() < 0.08:
                told["birth_date"] = person(draw)["birth_date"]
            if draw.random() < 0.1:
                told["first_name"] = told["first_name"][:-1]
            found.append((identify((), tuple(sorted(told.items())), "DE"), number))
    return tuple(found)


@cache
def trained() -> Trained:
    return train([identity for identity, _ in rows()], default_rules())


def closure_f1(rules: Rules) -> float:
    linkage = Linkage(rules)
    fids = [linkage.add(identity)[0] for identity, _ in rows()]
    linkage.settle()
    profile = {
        fid: group[0]
        for one in linkage.components()
        for group in linkage.partition(one).groups
        for fid in group
    }
    return closure([str(number) for _, number in rows()], [profile[fid].hex() for fid in fids]).f1


def test_training_is_the_same_in_any_order_of_rows() -> None:
    shuffled = [identity for identity, _ in rows()]
    random.Random(1).shuffle(shuffled)
    assert train(shuffled, default_rules()) == trained()


def test_a_trained_model_is_a_valid_file() -> None:
    model = trained().model
    assert parse_model(model.to_json(), "m").levels == model.levels


def test_few_columns_are_enough_to_learn_and_an_attribute_is_weighed() -> None:
    assert trained().learnt
    trade = trained().model.levels["attribute:trade"]
    assert trade["equal"] > 1.0 > 0.0 > trade["differ"]


def test_learnt_weights_link_not_worse_than_the_shipped() -> None:
    rules = default_rules()
    assert closure_f1(rules.with_model(trained().model)) >= closure_f1(rules)


def test_the_prior_moves_with_the_number_of_people() -> None:
    few = train([identity for identity, number in rows() if number < 150], default_rules())
    assert 0.5 < few.model.prior_bits - trained().model.prior_bits < 1.5


def one(**told: str) -> Identity:
    return identify((), tuple(told.items()), "DE")


@pytest.mark.parametrize(
    "identities",
    [
        [],
        [one(first_name="Anna", last_name="Moser")],
        [one(first_name="Anna", last_name="Moser")] * 500,
        [one()] * 50,
        [one(first_name=f"{a}{b}a", last_name=f"{c}ost") for a in "bcdfg" for b in "aeio" for c in "klmnp"],
    ],
    ids=["no row", "one row", "all equal", "all empty", "no duplicates"],
)
def test_files_that_teach_nothing_keep_the_shipped_weights_and_say_so(identities: list[Identity]) -> None:
    found = train(identities, default_rules())
    assert not found.learnt
    assert found.warnings
    assert found.model.levels["first_name"] == shipped_model().levels["first_name"]
    assert -40.0 < found.model.prior_bits <= 0.0


@pytest.mark.parametrize("least", [8, 3])
def test_namesakes_with_mailboxes_of_their_own_stay_apart(least: int) -> None:
    """Of 300 people that bear a few names: the shipped frequencies believe such names to be rare."""
    draw = random.Random(least)
    records = []
    for number in range(300):
        name = {"first_name": draw.choice(FIRST[:least]), "last_name": draw.choice(LAST[:least])}
        mailbox = f"{name['first_name']}.{name['last_name']}{number:03}@example.org"
        records += [identify((("email", mailbox),), tuple(name.items()), "DE")] * 2
        records += [one(**name)] if draw.random() < 0.2 else []
    linkage = Linkage(default_rules().with_model(train(records, default_rules()).model))
    for record in records:
        linkage.add(record)
    linkage.settle()
    for fids in linkage.components():
        for group in linkage.partition(fids).groups:
            assert len({pair for fid in group for pair in linkage.members[fid].identity.ids}) <= 1


def test_a_column_that_tells_nobody_apart_is_named() -> None:
    same = [identity._replace(city="anytown") for identity, _ in rows()]
    assert any(
        warning.startswith("city: tells nobody apart") for warning in train(same, default_rules()).warnings
    )


def test_companies_among_the_rows_are_no_first_name() -> None:
    names = [f"{last}bau" for last in LAST]
    firms = [
        identify((), (("city", city), ("last_name", f"{name} GmbH")), "DE")
        for name in names
        for city in ("Bonn", "Köln")
    ]
    learnt = train([*(identity for identity, _ in rows()), *firms], default_rules())
    assert learnt.learnt
    assert COMPANY not in learnt.model.frequencies["first_name"]
    assert parse_model(learnt.model.to_json(), "m.json") == learnt.model


def test_a_field_that_hardly_anybody_knows_does_not_stop_the_training() -> None:
    draw = random.Random(5)
    alone = []
    for name in ("hobby", "club", "church", "school", "ward", "team"):
        own = person(draw) | {f"attribute:{name}": "one"}
        alone += [identify((), tuple(sorted((own | {"city": city}).items())), "DE") for city in CITIES]
    assert train([identity for identity, _ in rows()] + alone, default_rules()).model.levels


CITIES = ("Bonn", "Ulm", "Kiel", "Jena", "Trier", "Hof", "Gera", "Celle")
