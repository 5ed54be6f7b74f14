"""One result judged against the truth: everything that the tables and pictures show."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from benchmarks.linkage import quality
from benchmarks.linkage.failures import Failure, missed, reachable, wrong
from benchmarks.linkage.quality import Pair
from benchmarks.linkage.review import review_band
from benchmarks.linkage.sets import DataSet
from unifier.matching.quality import b_cubed, closure

OURS = "unifier"
BUDGET = 0.05
"""Share of the profiles that a steward looks at, from the top of the list."""
PERCENTILES = (50, 90, 99, 99.9, 100)
CLASSES = 12


def ours(tools: Iterable[str]) -> list[str]:
    """Our side among the names of tools: one for each set of weights, the leading one first."""
    return [name for name in tools if name.startswith(OURS)]


def judge_ours(data: DataSet, found: dict[str, Any]) -> dict[str, Any]:
    """Our side: also calibration, review band, latency, what is left wrong."""
    truth, labels = data.truth, found["labels"]
    reach = reachable(truth, data.identities)
    bins, error = quality.calibration((said, truth[a] == truth[b]) for a, b, said in found["links"])
    band = review_band(truth, labels, reach, found["fragments"], found["reviews"], BUDGET)
    whole = review_band(truth, labels, reach, found["fragments"], found["reviews"])
    return {
        **_grouping(truth, labels),
        **_costs(found),
        "ceiling": _grouping(truth, reach),
        "curve": quality.curve(truth, found["pairs"]),
        "calibration": {"bins": bins, "expected_error": round(error, 4)},
        "review": {
            **band._asdict(),
            "errors_shown": round(band.errors_shown, 3),
            "decisions_shown": round(band.decisions_shown, 3),
            "asked": round(band.asked, 3),
            "all": {"errors_shown": round(whole.errors_shown, 3), "asked": round(whole.asked, 3)},
        },
        "latency_us": percentiles(found["latency_us"]),
        "checks": found["checks"],
        "traps": traps(data, labels),
        "wrong": _named(wrong(truth, labels, data.identities)),
        "missed": _named(missed(reach, labels, data.identities)),
    }


def judge_peer(data: DataSet, found: dict[str, Any]) -> dict[str, Any]:
    """A peer: its own grouping, else components at its bar; and at the bar that is best by the truth."""
    if "failed" in found:
        return found
    truth = data.truth
    pairs: list[Pair] = [(a, b, score) for a, b, score in found["pairs"]]
    bar = found["bar"]
    at_bar = quality.components(len(truth), [(a, b) for a, b, score in pairs if score >= bar])
    labels = found["labels"] or at_bar
    best, best_labels = quality.best_threshold(truth, pairs)
    return {
        "version": found["version"],
        **_grouping(truth, labels),
        **_costs(found),
        "bar": bar,
        "best": {"bar": round(best, 4), **_grouping(truth, best_labels)},
        "curve": quality.curve(truth, pairs),
        "traps": traps(data, labels),
    }


def traps(data: DataSet, labels: Sequence[int]) -> dict[str, dict[str, int]]:
    """Per kind of trap: people, pairs of them taken for one, people who were not put together."""
    planted = {person: trap for person, trap in zip(data.truth, data.traps, strict=True) if trap}
    people, profiles = defaultdict(set), defaultdict(set)
    for person, label in zip(data.truth, labels, strict=True):
        people[label].add(person)
        profiles[person].add(label)
    merged = Counter(
        planted[one]
        for group in people.values()
        for one, other in combinations(sorted(group & planted.keys()), 2)
        if planted[one] == planted[other]
    )
    split = Counter(
        planted[person] for person, labels in profiles.items() if person in planted and len(labels) > 1
    )
    return {
        trap: {"people": count, "merged": merged[trap], "split": split[trap]}
        for trap, count in sorted(Counter(planted.values()).items())
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """The mean, and percentiles by nearest rank."""
    ordered = sorted(values)
    if not ordered:
        return {}
    found = {"mean": sum(ordered) / len(ordered)}
    for percent in PERCENTILES:
        found[f"p{percent:g}"] = ordered[
            max(0, min(len(ordered) - 1, -int(-percent * len(ordered) // 100) - 1))
        ]
    return {name: round(value, 1) for name, value in found.items()}


def _grouping(truth: Sequence[str], labels: Sequence[int]) -> dict[str, Any]:
    return {
        "b_cubed": b_cubed(truth, labels).figures(),
        "closure": closure(truth, labels).figures(),
    }


def _costs(found: dict[str, Any]) -> dict[str, Any]:
    return {name: round(found[name], 2) for name in ("train_s", "predict_s", "peak_mb")}


def _named(classes: list[Failure]) -> list[dict[str, Any]]:
    return [one._asdict() for one in classes[:CLASSES]]
