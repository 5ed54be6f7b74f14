"""What a worker's matching keeps in memory at most: the tables of frequencies, and all that it remembers.

Measured by filling everything to its cap with people none of whom has anything in common with another.
"""

import gc
import tracemalloc
from collections import deque
from hashlib import blake2b

from unifier.matching.identity import Identity, identify
from unifier.matching.model import FREQUENCIES_MAX, parse_model, shipped_model
from unifier.matching.scale import PAIRS_REMEMBERED, Scale
from unifier.rules import Rules, default_rules

PEOPLE = 10_000
"""More than any cap but that of pairs."""
_LETTERS = bytes.maketrans(b"0123456789abcdef", b"bcdfghklmnprstvz")


def remembered_mb() -> float:
    """Megabytes of tables and memories when all are full."""
    tracemalloc.start()
    try:
        scale = _filled(_crowded())
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
        del scale
        return used / 1e6
    finally:
        tracemalloc.stop()


def _crowded() -> Rules:
    """The default rules with a model whose frequency tables of names are full."""
    table = {_name(number): 12.0 for number in range(FREQUENCIES_MAX)}
    model = shipped_model()
    told = model.model_copy(update={"frequencies": {"first_name": table, "last_name": table}})
    return default_rules().with_model(parse_model(told.to_json(), "made up"))


def _filled(rules: Rules) -> Scale:
    """A scale that has seen so many people, each beside the next ones, as have the modules' memories."""
    scale = Scale(rules)
    before = deque([Identity()], maxlen=1 + PAIRS_REMEMBERED // PEOPLE)
    for number in range(PEOPLE):
        now = _person(number)
        for other in before:
            scale.linked(other, now)
            scale.pair(scale.facts(other), scale.facts(now))
        before.append(now)
    return scale


def _person(number: int) -> Identity:
    """Told in every field; every other two without a street, so that places are compared too."""
    first, middle, last = (_name(number, part) for part in "fml")
    identify((), (("full_name", f"{first.title()} {last.title()}"),), "DE")
    traits = {
        "attribute:occupation": _name(number, "o"),
        "birth_date": f"{1900 + number % 110}-{1 + number // 110 % 12:02d}-{1 + number // 1320 % 28:02d}",
        "city": _name(number, "c"),
        "first_name": first,
        "last_name": last,
        "middle_name": middle,
        "postal_code": f"{10_000 + number}",
        "street": f"{_name(number, 's')}str. {number % 200}" if number % 4 < 2 else "",
    }
    ids = (
        ("email", f"{first}.{last}@example.org"),
        ("loyalty_id", f"L{number}"),
        ("phone", f"0171 {2_000_000 + number}"),
    )
    return identify(ids, tuple(traits.items()), "DE")


def _name(number: int, part: str = "") -> str:
    """Eight letters that no other number has."""
    return (
        blake2b(f"{part}{number}".encode(), digest_size=4).hexdigest().encode().translate(_LETTERS).decode()
    )
