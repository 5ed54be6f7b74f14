"""Estimation: a model from the people whom the matching found, without knowing who is who.

Weights are those of Fellegi & Sunter (1969), estimated by turns as in EM: who is who given the weights, which
is the partition's business, and the weights given who is who, which is `estimate` (Winkler, "Using the EM
Algorithm for Weight Computation in the Fellegi-Sunter Model of Record Linkage", ASA 1988).
"""

from collections.abc import Mapping, Sequence
from math import log2

from unifier.matching.compare import ATTRIBUTE, DIFFER, EQUAL, IDENTIFIER, comparison_of
from unifier.matching.estimate import bits_of, falling
from unifier.matching.frequent import Frequencies, frequencies
from unifier.matching.model import Model, TrainedOn
from unifier.matching.tally import FAMILY, Person, Tally, names_of, values_of_person
from unifier.matching.values import Texts, Values

LEAST = 5.0
"""Pairs of one person that both know a field, below which its weights stay what they were."""
HARSHER = 1.0
"""Bits by which a disagreement may be worth less than shipped. Who disagrees was put together less often, so
there the people found are no fair sample."""
STRANGERS = 0.5
"""Of pairs of records of one person that both tell a mailbox or a phone, the share that tell another, from
which on it is names that make one of strangers: few names, and many who bear each. Of people, on all sets of
which the truth is known, it is a tenth at most."""
LEAST_TOLD = 30.0
"""Such pairs, below which that is not asked."""
_REACHED_BY = ("email", "phone")
_BORNE = {"first_name": 0.75, "last_name": 0.85}
"""m of the shipped frequencies: how often one person's two names are equal."""
LONERS = 0.875
"""Of pairs with a home in common and other first names, the share born alike, from which on they are no
housemates but one person whose first name was lost: the records tell of no households."""
LEAST_HOMES = 30.0
"""Such pairs, below which that is not asked."""
_GUESSED = dict(zip(ATTRIBUTE.levels, (3.0, 2.0, 1.0, -0.5), strict=True))
"""What is believed of an attribute of which nothing is known."""


def joins_namesakes(found: Tally) -> bool:
    """Whether the people found are people who bear one name."""
    known = sum(found.same_known.get(name, 0.0) for name in _REACHED_BY)
    differ = sum(found.same.get((name, DIFFER), 0.0) for name in _REACHED_BY)
    return known >= LEAST_TOLD and differ >= STRANGERS * known


def estimate(
    people: Sequence[Person], records: int, found: Tally, base: Model, trained_on: TrainedOn, few_names: bool
) -> Model:
    """The weights that the people found among so many records suggest; `base` is believed beforehand.

    `few_names`: a name may be as common as it is, however little is left that two who bear it say.
    """
    believed = base.for_people(found.people)
    values = [(values_of_person(person), person.share) for person in people]
    levels: dict[str, dict[str, float]] = dict(believed.levels)
    tables: dict[str, dict[str, float]] = dict(believed.frequencies)
    for name in _fields(believed, found):
        if found.same_known.get(name, 0.0) < LEAST:
            continue
        levels[name] = _levels(name, _believed(name, believed), found)
        if name in _BORNE:
            told = _told(name, values)
            levels[name], tables[name] = _with_frequencies(name, levels[name], told, base, found, few_names)
    return believed.model_copy(
        update={
            "trained_on": trained_on,
            "prior_bits": round(log2(max(found.matches, 1.0 / max(1, records)) / max(1, records - 1)), 2),
            "household_bits": 0.0 if _of_loners(found) else base.household_bits,
            "levels": levels,
            "frequencies": {name: table for name, table in tables.items() if table},
        }
    )


def _of_loners(found: Tally) -> bool:
    """Hardly two of the records' people have a home in common."""
    return found.homes >= LEAST_HOMES and found.homes_born_alike >= LONERS * found.homes


def _fields(model: Model, found: Tally) -> list[str]:
    """The fields of the model, and what else the records have."""
    of_model = [name for name in model.levels if name != IDENTIFIER.field]
    return of_model + sorted(found.same_known.keys() - set(of_model))


def _believed(name: str, model: Model) -> dict[str, float]:
    if name in model.levels or not name.startswith("attribute:"):
        return model.bits(name)
    return _GUESSED


def _levels(name: str, believed: Mapping[str, float], found: Tally) -> dict[str, float]:
    """Bits of every level of a field, the best first."""
    known, bits, counts = found.same_known[name], [], []
    for level in comparison_of(name).levels:
        same = found.same.get((name, level), 0.0)
        if level in (EQUAL, comparison_of(FAMILY).levels[0]) and name in found.sharing_known:
            other, other_known = found.sharing[name], found.sharing_known[name]
        else:
            other, other_known = found.other.get((name, level), 0.0), found.other_known.get(name, 0.0)
        worth = bits_of(same, known, other, other_known, believed[level])
        bits.append(max(worth, believed[level] - HARSHER) if level == DIFFER else worth)
        counts.append(same + 1.0)
    return {
        level: round(worth, 2)
        for level, worth in zip(comparison_of(name).levels, falling(bits, counts), strict=True)
    }


def _told(name: str, people: Sequence[tuple[Values, float]]) -> list[tuple[Texts, float]]:
    """The names of people, with the weight of who has them."""
    return [(names_of(values, name), weight) for values, weight in people]


def _with_frequencies(
    name: str,
    levels: dict[str, float],
    told: list[tuple[Texts, float]],
    base: Model,
    found: Tally,
    few_names: bool,
) -> tuple[dict[str, float], dict[str, float]]:
    """(levels, bits of single values): what "equal" is worth depends on how common the value is."""
    borne = _BORNE[name]
    same, known = found.same.get((name, EQUAL), 0.0), found.same_known.get(name, 0.0)
    own = log2((same + 20 * borne) / (known + 20))
    prior = {value: borne * 2.0**-bits for value, bits in base.frequencies.get(name, {}).items()}
    learnt: Frequencies = frequencies(told, prior, borne * 2.0 ** -base.levels[name][EQUAL])
    below = list(levels.values())[1]
    least = levels[DIFFER] if few_names else below
    worth = {value: round(max(least, own + bits), 2) for value, bits in learnt.values.items()}
    return levels | {EQUAL: round(max(below, own + learnt.rare), 2)}, worth


def as_common(model: Model, people: Sequence[Person]) -> Model:
    """The same, but that no name is rarer than it is among these people."""
    values = [(values_of_person(person), person.share) for person in people]
    tables = dict(model.frequencies)
    for name in _BORNE:
        rare, table = model.levels[name][EQUAL], tables.get(name, {})
        _, worth = _with_frequencies(name, model.levels[name], _told(name, values), model, Tally(), True)
        tables[name] = table | {value: bits for value, bits in worth.items() if bits < table.get(value, rare)}
    return model.model_copy(update={"frequencies": tables})


def started(base: Model, values: Sequence[Values], records: int, few_names: bool = False) -> Model:
    """What to find the first people with: the shipped weights for their number, and the names as common as
    they are among `values` of distinct records, as far as can be told before it is known whose they are.

    `few_names` as in `estimate`.
    """
    model = base.for_people(records / 2)
    told = [(each, 1.0) for each in values]
    levels, tables = dict(model.levels), dict(model.frequencies)
    for attribute in sorted({name for each in values for name in each.attributes}):
        levels.setdefault(f"attribute:{attribute}", _GUESSED)
    for name in _BORNE:
        names = _told(name, told)
        if any(own for own, _ in names):
            levels[name], tables[name] = _with_frequencies(
                name, levels[name], names, base, Tally(), few_names
            )
    return model.model_copy(update={"levels": levels, "frequencies": tables})
