"""What a story is, what it is found in, and the words that all of them use."""

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from unifier.devstack.demo.ledger import Found, Row
from unifier.devstack.simulate.truth import Truth
from unifier.serving.models import LinkEvidence

_PLAIN = {
    **dict.fromkeys(("first_name", "last_name", "middle_name", "full_name"), "name"),
    **dict.fromkeys(("street", "house_no", "postal_code", "city", "region", "country"), "address"),
    "payment_account": "bank card",
    "loyalty_id": "loyalty card",
    "account_id": "account",
    "birth_date": "birth date",
}


class Story(NamedTuple):
    """`facts` go into the report, `lines` on the screen; no facts: there was none in this run."""

    title: str
    facts: dict[str, Any]
    lines: list[str]


class Evening(NamedTuple):
    """What is known when the week is over."""

    truth: Truth
    rows: list[Row]
    found: Found

    def by_profile(self) -> dict[str, list[Row]]:
        """The events of every profile, in the order in which they happened."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: (row.at, row.event_id)):
            if row.fid in self.found.pids:
                found[self.found.pids[row.fid]].append(row)
        return found

    def name(self, person: str) -> str:
        """First and last name, as the truth knows them; all people are invented."""
        one = self.truth.people[person]
        return f"{one.first_name} {one.last_name}"


def when(at_ms: int) -> str:
    """A weekday and a time, UTC."""
    return time.strftime("%a %d %b %H:%M", time.gmtime(at_ms / 1000))


def plain(types: Iterable[str]) -> str:
    """Types of identifiers and traits in everyday words."""
    return ", ".join(sorted({_PLAIN.get(one, one) for one in types}))


def strongest(links: Iterable[LinkEvidence]) -> list[str]:
    """Each rule that speaks for one person with its best bits, the strongest first."""
    best: dict[str, float] = {}
    for link in links:
        best[link.rule] = max(best.get(link.rule, link.bits), link.bits)
    return [f"{rule} {bits:+.1f} bits" for rule, bits in sorted(best.items(), key=lambda one: -one[1])]
