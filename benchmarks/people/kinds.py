"""The kinds of data that can be made, by name."""

from collections.abc import Callable
from functools import partial

from benchmarks.people.labelled import Labelled
from benchmarks.people.registers import big_clusters, customers, dirty, few_fields
from benchmarks.people.retail import retail_de
from benchmarks.people.traps import traps

LOCALES = ("de_DE", "de_AT", "de_CH", "en_GB", "en_US", "fr_FR", "nl_NL", "it_IT", "es_ES")

Maker = Callable[[int, int], Labelled]
_COUNTRIES: dict[str, Maker] = {
    f"customers_{locale[3:].lower()}": partial(customers, locale=locale) for locale in LOCALES
}
KINDS: dict[str, tuple[int, Maker]] = {
    "retail_de": (6_000, retail_de),
    "dirty": (1_200, dirty),
    "few_fields": (3_000, few_fields),
    "big_clusters": (800, big_clusters),
    "traps": (1_500, traps),
} | {name: (1_500, maker) for name, maker in _COUNTRIES.items()}
"""Name → (people at size 1, maker from people and seed)."""


def make(kind: str, size: float, seed: int) -> Labelled:
    """`size` times the usual number of people; another seed, other people. Raises KeyError."""
    people, maker = KINDS[kind]
    return maker(max(1, round(people * size)), seed)
