"""What came out, in figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from unifier.devstack.demo.feed import Feed
from unifier.devstack.demo.hearing import MODEL, Tally
from unifier.devstack.demo.ledger import Row, b_cubed, ropo_sales, tied

ROPO_WORDS = (
    "till sales within 30 days after a touch of the customer by web, app, e-mail, social media or an ad"
)
LATENCY_WORDS = (
    "from handing an event to the publisher until a reader of committed messages has the transition "
    "that it caused (the last, if it caused several), with everything on this machine"
)
SPEED_WORDS = (
    "from the first publish of the backlog until the workers have committed the last of it, "
    "with everything on this machine"
)
MATCHING_WORDS = (
    "B-cubed over the events that carry an identifier or a name: browsers that never sign in and cards "
    "that nobody names count as missed"
)


def outcome(tally: Tally, feed: Feed, phases: Sequence[str]) -> dict[str, Any]:
    """Counts of the outbound topics; `phases` in the order of the journey."""
    transitions = [data for data, _ in tally.transitions]
    six = [data for data in transitions if data["model"] == MODEL]
    return {
        "events": {"published": feed.published, "worked_off": feed.worked_off},
        "profiles": {kind: tally.profiles(kind) for kind in ("known", "anonymous")},
        "merges": tally.merges,
        "splits": len(tally.split),
        "reviews": tally.reviews,
        "transitions": {
            "total": len(transitions),
            MODEL: {
                "total": len(six),
                "to": {phase: tally.by_phase[phase] for phase in (*phases, "none") if tally.by_phase[phase]},
                "direction": dict(Counter(data["direction"] for data in six).most_common()),
            },
        },
        "dead_letters": {
            "total": len(tally.dead),
            "by_reason": dict(sorted(Counter(one["reason"] for one in tally.dead).items())),
        },
    }


def against_truth(rows: Sequence[Row], pids: Mapping[bytes, str]) -> dict[str, Any]:
    """ROPO sales and the matching, as the profiles have it and as the simulation knows it."""
    told = [row for row in rows if row.carries and row.fid in pids]
    precision, recall = b_cubed((row.person, pids[row.fid]) for row in told)
    return {
        "ropo_sales": {
            "in_profiles": ropo_sales(rows, lambda row: pids.get(row.fid)),
            "in_truth": ropo_sales(rows, lambda row: row.person),
            "told_by_ids": ropo_sales(rows, tied(rows)),
            "till_sales": len({row.sale for row in rows if row.sale}),
            "what": ROPO_WORDS,
        },
        "matching": {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "events": len(told),
            "what": MATCHING_WORDS,
        },
    }


def latency(tally: Tally, sent_at: Mapping[str, float], pace: float) -> dict[str, Any]:
    """Milliseconds to the transitions that these events caused; `sent_at`: event id → time of publishing."""
    last_heard: dict[str, float] = {}
    for data, at in tally.transitions:
        if (cause := data["cause"].get("event_id") or data["cause"].get("merge")) in sent_at:
            last_heard[cause] = max(last_heard.get(cause, at), at)
    taken = sorted(at - sent_at[cause] for cause, at in last_heard.items())
    figures = {f"p{share}": round(quantile(taken, share / 100), 1) for share in (50, 99)} if taken else {}
    return {**figures, "events": len(taken), "events_per_s": round(pace, 1), "what": LATENCY_WORDS}


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed (nearest rank)."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def lines(report: Mapping[str, Any]) -> list[str]:
    """The same in words."""
    events, profiles, ropo = report["events"], report["profiles"], report["ropo_sales"]
    six, dead, speed = report["transitions"][MODEL], report["dead_letters"], report["speed"]
    latency, matching = report["latency_ms"], report["matching"]
    p99 = f"{latency['p99']:,.0f} ms (median {latency['p50']:,.0f} ms)" if "p99" in latency else "none"
    return [
        f"events         {events['published']:,} published, {events['worked_off']:,} worked off",
        f"profiles       {profiles['known']:,} known, {profiles['anonymous']:,} anonymous",
        f"identity       {report['merges']:,} merges, {report['splits']:,} splits, "
        f"{report['reviews']:,} reviews",
        f"transitions    {six['total']:,}: {_counts(six['direction'])}",
        f"  to phase     {_counts(six['to'])}",
        f"ROPO sales     {ropo['in_profiles']:,} of {ropo['till_sales']:,} till sales "
        f"(the truth knows {ropo['in_truth']:,}, ids alone tell {ropo['told_by_ids']:,}):",
        f"               {ropo['what']}",
        f"dead letters   {dead['total']:,}: {_counts(dead['by_reason'])}",
        f"speed          {speed['events_per_s']:,.0f} events/s with {speed['workers']} workers:",
        f"               {speed['what']}",
        f"p99            {p99}, {latency['events']:,} events with a transition "
        f"at {latency['events_per_s']:,.0f} events/s:",
        f"               {latency['what']}",
        f"matching       precision {matching['precision']:.3f}, recall {matching['recall']:.3f}:",
        f"               {matching['what']}",
    ]


def _counts(of: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in of.items())
