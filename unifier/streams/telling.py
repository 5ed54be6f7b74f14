"""What is told of one profile's journey: its transitions, what to do next, the segments that it entered and
left.
"""

from collections.abc import Mapping, Sequence

from unifier.journey.counted import Change
from unifier.journey.facts import ProfileFacts
from unifier.journey.follow import RESHAPED, Transition, follow
from unifier.journey.guide import Guidance, Guided, compile_guides, guide, inherited, parted
from unifier.journey.models import compile_models
from unifier.journey.predictions import predictions
from unifier.journey.told import Told
from unifier.profiles.component import Record
from unifier.profiles.fragment import Arrival
from unifier.profiles.marks import Mark
from unifier.profiles.orders import settled
from unifier.rules import Rules
from unifier.streams import effects
from unifier.streams.draft import Draft
from unifier.streams.jobs import Job
from unifier.streams.publisher import Message


class Teller:
    """Follows journeys under one set of rules."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.models = compile_models(rules)
        self._guides = compile_guides(rules)
        self._purchase = {model.name: model.phases[model.purchase] for model in self.models.each}

    def told_by_others(self, record: Record) -> bool:
        """Whether what was told of the profile comes from other rules than those in force."""
        if record.told is None:
            return False
        forms = Told.unpack(record.told).form, Guided.unpack(record.guided).form
        return forms != (self.models.form, self._guides.form)

    def tell(
        self,
        job: Job,
        draft: Draft,
        change: Change,
        record: Record,
        fresh: list[Mark] | None,
        now: int,
    ) -> list[Message]:
        """Follow the profile's journey, and count it; `fresh` None: its past changed, walk all of it."""
        component = draft.component
        if fresh is None:
            orders = [f.orders for f in component.fragments(record.members) if f.orders is not None]
            record.undone = tuple(sorted(settled(orders).undone()))
        else:
            fresh.sort()
        followed = follow(
            Told.unpack(record.told) if record.told is not None else None,
            lambda: [mark for f in component.fragments(record.members) for mark in f.all_marks()],
            fresh,
            frozenset(record.undone),
            self.models,
            now,
            _reason(job, draft, record, fresh),
            lambda: any(f.forgets_purchases for f in component.fragments(record.members)),
            lambda: change.marks_before(record.pid),
        )
        fragments = list(component.fragments(record.members))
        facts = ProfileFacts(fragments, followed.told, self.rules, now)
        change.followed(record, fragments, facts, followed, draft.folded, fresh)
        rides = self._rides(followed.transitions)
        moved, stale = rides is not None, rides is not None and rides.stale
        kept = _kept(draft, record, now, facts.journey)
        guidance = guide(kept, facts, self._guides, now, moved, stale)
        record.told, record.guided = followed.told.pack(), guidance.guided.pack()
        record.due = min((at for at in (followed.due, guidance.due) if at is not None), default=None)
        draft.transitions += followed.transitions
        messages = []
        if followed.transitions:
            arrived = {arrival.event_hash: arrival for arrival in job.work.arrivals}
            for transition in followed.transitions:
                cause = self._journey_cause(draft, record, transition, arrived)
                more = self._more(transition, facts, guidance if transition is rides else None)
                messages.append(
                    effects.transition(record, transition, cause, bool(facts["anonymous"]), now, more)
                )
        if guidance.entered or guidance.left:
            messages.append(effects.segments_changed(record, guidance, now))
        return messages

    def _rides(self, transitions: Sequence[Transition]) -> Transition | None:
        """The transition that guidance rides on: the last one of the first model."""
        first = self.models.each[0].name
        return next((each for each in reversed(transitions) if each.model == first), None)

    def _more(self, change: Transition, facts: ProfileFacts, guidance: Guidance | None) -> dict[str, object]:
        more: dict[str, object] = {}
        for crossing in facts.crossings if change.to == self._purchase[change.model] else ():
            if crossing.event == change.cause:
                more["ropo"] = crossing.document()
        if guidance is None:
            return more
        if guidance.stops:
            more["stops"] = guidance.stops
        if change.stale:
            return more
        if (action := guidance.tells) is not None:
            more["action"] = action.document(self._guides.playbook, facts)
        if (told := predictions(facts, with_hour=False)) is not None:
            more["predictions"] = told
        return more

    def _journey_cause(
        self, draft: Draft, record: Record, change: Transition, arrived: Mapping[bytes, Arrival]
    ) -> effects.Cause:
        if isinstance(change.cause, bytes):
            if draft.anew and not change.cause:
                return draft.cause
            arrival = arrived.get(change.cause)
            return {"event_id": change.cause.hex()} if arrival is None else effects.event_cause(arrival)
        if change.cause in RESHAPED:
            return {change.cause: next(iter(draft.causes.get(record.pid, draft.cause).values()))}
        draft.timers += 1
        return {"timer": change.cause}


def _kept(draft: Draft, record: Record, now: int, journey: int) -> Guided:
    """What to do was told of the profile, of those who became one with it, and of the one it came out of."""
    assigned = draft.folded.assigned
    kept = Guided.unpack(record.guided)
    dead = [draft.component.dead.get(pid) for pid in assigned.merged.get(record.pid, ())]
    if others := [Guided.unpack(each.guided) for each in dead if each is not None]:
        kept = inherited(kept, others, now, journey)
    for pid, (_, *parts) in assigned.split.items():
        if record.pid in parts:
            kept = parted(kept, Guided.unpack(draft.wholes[pid]), now, journey)
    return kept


def _reason(job: Job, draft: Draft, record: Record, fresh: list[Mark] | None) -> bytes | str:
    """The cause to tell if the past changed: how the profile was reshaped, else the hash of the event."""
    assigned = draft.folded.assigned
    if record.pid in assigned.merged:
        return "merge"
    if any(record.pid in parts for parts in assigned.split.values()):
        return "split"
    if job.work.marked:
        return "erase"
    if record in draft.folded.released:
        return "release"
    if fresh:
        return fresh[0].event
    told = (a.event_hash for a in reversed(job.work.arrivals) if a.fid in record.members)
    return next(told, b"")
