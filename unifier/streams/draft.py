"""A draft: what is to be written of one component, and what its metrics are once it is."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from unifier import metrics
from unifier.journey.follow import Transition
from unifier.profiles.component import Component, Record
from unifier.profiles.fold import Folded
from unifier.profiles.store import Commit
from unifier.streams import effects
from unifier.streams.intake import IndexKey, Named


@dataclass(slots=True)
class Draft:
    """What is to be written of one component, and what to look at when it is."""

    component: Component
    commit: Commit
    folded: Folded
    examined: Mapping[str, Collection[bytes]]  # key → holders that were looked at for links
    cause: effects.Cause  # of what changed in who is who
    anew: bool  # worked out anew, since other rules are in force
    expired: int  # profiles that are to be forgotten now, as their time is over
    housed: Collection[bytes] = ()  # new fragments whose homes lead to this component already, as was read
    entered: list[tuple[Named, IndexKey]] = field(default_factory=list)  # of each index write
    causes: dict[str, effects.Cause] = field(default_factory=dict)  # of profiles that merged or fell apart
    wholes: Mapping[str, Any] = field(default_factory=dict)  # who fell apart: what to do, as told before
    transitions: list[Transition] = field(default_factory=list)
    timers: int = 0
    reviews: int = 0
    refused: int = 0

    def cause_of(self, word: str, *records: Record) -> effects.Cause:
        """What made one of these, or these of one: of several commands the last such word about them."""
        here = {fid for record in records for fid in record.members}
        for command, sides in reversed(self.folded.words):
            if command.command == word and not any(map(here.isdisjoint, sides)):
                return {"command_id": command.command_id}
        return self.cause


def tally(written: Sequence[Draft]) -> None:
    """Add what was written to the metrics."""
    changes = Counter([(change.model, change.to) for draft in written for change in draft.transitions])
    capped: Counter[str] = Counter()
    duplicates = merges = splits = reviews = refused = timers = late = erased = expired = 0
    for draft in written:
        folded = draft.folded
        duplicates += folded.duplicates
        late += folded.late
        for _, intent in folded.erased:
            expired += intent.expired
            erased += not intent.expired
        if folded.capped:
            capped += folded.capped
        if folded.partition is not None:
            merges += sum(map(len, folded.assigned.merged.values()))
            splits += len(folded.assigned.split)
        reviews += draft.reviews
        refused += draft.refused
        timers += draft.timers
    metrics.commits_total.inc(len(written))
    metrics.duplicates_total.inc(duplicates)
    metrics.merges_total.inc(merges)
    metrics.splits_total.inc(splits)
    metrics.reviews_total.inc(reviews)
    metrics.words_refused_total.inc(refused)
    metrics.timers_fired_total.inc(timers)
    if late or erased or expired:
        metrics.events_of_erased_total.inc(late)
        metrics.erased_total.inc(erased)
        metrics.expired_total.inc(expired)
    for structure, times in capped.items():
        metrics.capped_total.labels(structure).inc(times)
    for (model, phase), times in changes.items():
        metrics.transitions_total.labels(model, phase).inc(times)
