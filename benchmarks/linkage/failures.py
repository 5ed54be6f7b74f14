"""What is left wrong, by class: what two wrongly joined people, or two parts of one person, have in common.

A class reads "same last_name, address; other first_name": pairs of rows are counted in it, and cases.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from benchmarks.linkage.quality import components
from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import Identity

MANY = 60
"""Rows that may share a value before it leads nowhere."""


class Failure(NamedTuple):
    """One class of errors."""

    what: str
    pairs: int
    cases: int


def wrong(truth: Sequence[object], labels: Sequence[int], identities: Sequence[Identity]) -> list[Failure]:
    """Pairs of rows in one profile that are two people's, the commonest class first."""
    return _classes(_by(labels, truth), identities)


def missed(truth: Sequence[object], labels: Sequence[int], identities: Sequence[Identity]) -> list[Failure]:
    """Pairs of rows of one person in two profiles."""
    return _classes(_by(truth, labels), identities)


def reachable(truth: Sequence[str], identities: Sequence[Identity]) -> list[int]:
    """The best that any matcher could do: rows of one person that lead to one another by common values."""
    holders: dict[str, list[int]] = defaultdict(list)
    for row, identity in enumerate(identities):
        for key in [*blocking_keys(identity), *map("|".join, identity.ids)]:
            holders[key].append(row)
    steps: list[tuple[int, int]] = []
    for rows in holders.values():
        if len({truth[row] for row in rows}) <= MANY:
            of_person: dict[str, int] = {}
            steps += [(of_person.setdefault(truth[row], row), row) for row in rows]
    return components(len(truth), steps)


def _by(outer: Sequence[object], inner: Sequence[object]) -> dict[object, dict[object, list[int]]]:
    found: dict[object, dict[object, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, (one, other) in enumerate(zip(outer, inner, strict=True)):
        found[one][other].append(row)
    return found


def _classes(
    parts_of: dict[object, dict[object, list[int]]], identities: Sequence[Identity]
) -> list[Failure]:
    pairs: Counter[str] = Counter()
    cases: Counter[str] = Counter()
    for parts in parts_of.values():
        known = [(len(rows), _values(identities[row] for row in rows)) for rows in parts.values()]
        for (many, mine), (more, theirs) in combinations(known, 2):
            what = _what(mine, theirs)
            pairs[what] += many * more
            cases[what] += 1
    return [Failure(what, count, cases[what]) for what, count in pairs.most_common()]


def _values(identities: Iterable[Identity]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for identity in identities:
        told = {
            "first_name": identity.first,
            "last_name": identity.last,
            "birth_date": identity.birth,
            "address": f"{identity.street} {identity.house_no} {identity.postcode}"
            if identity.street
            else "",
            "city": identity.city if not identity.street else "",
        }
        for name, value in [*told.items(), *identity.ids]:
            if value:
                found[name].add(value)
    return found


def _what(mine: dict[str, set[str]], theirs: dict[str, set[str]]) -> str:
    both = sorted(mine.keys() & theirs.keys())
    same = [name for name in both if mine[name] & theirs[name]]
    other = [name for name in both if not mine[name] & theirs[name]]
    nameless = (
        not {"first_name", "last_name"} & mine.keys() or not {"first_name", "last_name"} & theirs.keys()
    )
    said = [f"same {', '.join(same)}" if same else "nothing in common"]
    said += [f"other {', '.join(other)}"] if other else []
    said += ["one side nameless"] if nameless else []
    return "; ".join(said)
