"""What the verifier found of people who were erased.

What is left ought not to be there. What waits cannot be taken out of a topic one by one: records of inbound
topics, and earlier versions under a key, go by the topic's retention and compaction. Others are people who
carry one of the identifiers too, as of a family's mailbox: an erasure leaves them.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from unifier.events.form import time_text


@dataclass(slots=True)
class Found:
    """What was found, and what has to be known to go on looking."""

    left: Counter[str] = field(default_factory=Counter)  # where → how many
    waiting: Counter[str] = field(default_factory=Counter)  # topic → records
    until: dict[str, int | None] = field(default_factory=dict)  # topic → when the last goes, milliseconds UTC
    unopened: int = 0  # dead letters that are sealed with a key that is not given
    others: set[str] = field(default_factory=set)  # profiles that carry an identifier too
    # Fragments that are in the index under one of the identifiers, whose bearer was erased up to then.
    known: dict[bytes, int] = field(default_factory=dict)
    gone: dict[bytes, int] = field(default_factory=dict)  # fragments, erased up to
    ids: set[str] = field(default_factory=set)  # erased profile ids

    def wait(self, topic: str, at: int, keeps_ms: int | None) -> None:
        """A record of that time goes when the topic has kept it for so long; None: for ever."""
        self.waiting[topic] += 1
        before = self.until.get(topic, 0)
        self.until[topic] = None if keeps_ms is None or before is None else max(before, at + keeps_ms)

    def told(self, now: int) -> dict[str, Any]:
        """The fields of `serving.models.VerifierFinding`."""
        return {
            "at": time_text(now),
            "left": [{"where": where, "count": n} for where, n in sorted(self.left.items()) if n],
            "waiting": [
                {
                    "where": topic,
                    "count": n,
                    "until": time_text(until) if (until := self.until[topic]) else None,
                }
                for topic, n in sorted(self.waiting.items())
            ],
            "unopened": self.unopened,
            "others": sorted(self.others),
        }
