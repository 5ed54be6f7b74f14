"""One component's share of a batch: from what is stored to what is to be stored and told.

Pure but for the nonce in the version:

fold (fragments, evidence) → partition → ids → journey → effects → one commit
"""

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import ormsgpack

from unifier import metrics
from unifier.events.form import time_text
from unifier.journey.facts import ProfileFacts
from unifier.journey.follow import RESHAPED, Transition, follow
from unifier.journey.guide import Guidance, Guided, compile_guides, guide
from unifier.journey.models import compile_models
from unifier.journey.predictions import predictions
from unifier.journey.told import Told
from unifier.profiles.component import NO_FORM, Component, Record
from unifier.profiles.fold import Folded, fold
from unifier.profiles.fragment import Arrival
from unifier.profiles.marks import Mark
from unifier.profiles.orders import union
from unifier.profiles.reviews import doubt
from unifier.profiles.store import Commit
from unifier.profiles.store.layout import FOR_EVER, HEAD_BYTES, LIVE
from unifier.profiles.unheeded import Unheeded, unheeded
from unifier.rules import Rules
from unifier.streams import effects
from unifier.streams.intake import IndexKey, Intake, Named
from unifier.streams.publisher import Message
from unifier.streams.resolve import Job, named_fragments

_COUNTER_BYTES, _NONCE_BYTES = 4, 8
_nonces = count(int.from_bytes(os.urandom(_NONCE_BYTES)))  # of this process; it asks the system once


@dataclass(slots=True)
class Draft:
    """What is to be written of one component, and what to look at when it is."""

    component: Component
    commit: Commit
    folded: Folded
    examined: Mapping[str, Collection[bytes]]  # key → holders that were looked at for links
    cause: effects.Cause  # of what changed in who is who
    anew: bool  # worked out anew, since other rules are in force
    entered: list[tuple[Named, IndexKey]] = field(default_factory=list)  # of each index write
    transitions: list[Transition] = field(default_factory=list)
    timers: int = 0
    reviews: int = 0
    refused: int = 0


def tally(written: Sequence[Draft]) -> None:
    """Add what was written to the metrics."""
    changes = Counter([(change.model, change.to) for draft in written for change in draft.transitions])
    capped: Counter[str] = Counter()
    duplicates = merges = splits = reviews = refused = timers = late = erased = 0
    for draft in written:
        folded = draft.folded
        duplicates += folded.duplicates
        late += folded.late
        erased += len(folded.erased)
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
    if late or erased:
        metrics.events_of_erased_total.inc(late)
        metrics.erased_total.inc(erased)
    for structure, times in capped.items():
        metrics.capped_total.labels(structure).inc(times)
    for (model, phase), times in changes.items():
        metrics.transitions_total.labels(model, phase).inc(times)


class Unifier:
    """Drafts commits under one set of rules."""

    def __init__(self, intake: Intake, rules: Rules) -> None:
        self.rules = rules
        self.form = rules.form
        self._intake = intake
        self._models = compile_models(rules)
        self._guides = compile_guides(rules)
        self._purchase = {model.name: model.phases[model.purchase] for model in self._models.each}

    def draft(self, job: Job, now: int) -> Draft | None:
        """The commit of a job; None when nothing changes."""
        component, heads = opened(job, self.form)
        before = component.form
        # Who was awaited, and whoever is told of again after an erasure, has a home already.
        settled = {component.cid, *component.awaited, *(component.privacy.gone if component.privacy else ())}
        anchors = {fid: named.anchor_hash for fid, named in job.named.items()}
        folded = fold(component, job.work, anchors, self.rules, now)
        timer = any(wish.timer for wish in job.wishes)
        # A command without effect is written as well: the compare tells whether it met the state as it is.
        news = folded.touched or folded.repeated or folded.partition is not None
        if not (news or timer or job.work.commands or job.work.restrict or folded.begun):
            return None
        if not (heads or component.packed or component.awaited):
            return None
        if folded.partition is not None and before != self.form:
            component.form = self.form if self._looked_up(job, component) else NO_FORM
        head = heads.get(component.cid, b"")
        commit = Commit(
            component.cid,
            head,
            b"",
            b"",
            None,
            [(root, heads[root]) for root in job.roots if root != component.cid],
            [fid for fid in folded.founded | folded.awaited if fid not in settled],
        )
        anew = any(wish.anew for wish in job.wishes)
        draft = Draft(component, commit, folded, job.examined, self._cause(job, folded, before), anew)
        messages = self._tell(job, draft, now)
        if messages:
            commit.effects = ormsgpack.packb([tuple(message) for message in messages])
        commit.value = _next_head(head) + component.pack(folded.touched | folded.founded)
        commit.due = component.due()
        if folded.partition is not None:
            commit.doubt = max([doubt(task.review) for task in folded.tasks], default=0)
        self._enter(job, draft)
        return draft

    def _looked_up(self, job: Job, component: Component) -> bool:
        """Whether all fragments of the component were looked up under the rules in force."""
        known = [wish.anew.looked_up for wish in job.wishes if wish.anew and wish.anew.form == self.form]
        return bool(known) and component.packed.keys() <= frozenset[bytes]().union(*known)

    def _enter(self, job: Job, draft: Draft) -> None:
        """Index writes: of new fragments all keys, of known ones what the events bring beyond their identity.

        A fragment that was told an event again enters all its keys anew: the index answers with everybody
        there, so that a link which a crash prevented is found now.
        """
        folded = draft.folded
        whole = folded.founded | folded.repeated
        entered = {(fid, key.text): (job.named[fid], key) for fid in whole for key in job.named[fid].keys}
        for arrival in job.work.arrivals:
            event = arrival.event
            if event.order is not None or event.same_as:
                for key in self._intake.extra_keys(arrival):
                    entered.setdefault((arrival.fid, key.text), (job.named[arrival.fid], key))
        for wish in job.wishes:  # a key that is to tie components may have died since it was looked at
            entered |= {(named.fid, key.text): (named, key) for named, key in wish.keys}
        if not entered:
            return
        draft.entered = list(entered.values())
        earliest: dict[bytes, int] = {}
        for arrival in job.work.arrivals:
            fid, at = arrival.fid, arrival.event.at
            earliest[fid] = min(at, earliest.get(fid, at))
        draft.commit.index = [
            named.write(key, earliest.get(named.fid, FOR_EVER)) for named, key in draft.entered
        ]

    def _tell(self, job: Job, draft: Draft, now: int) -> list[Message]:
        """Messages about identity, then about the journey, of every profile that changed."""
        component, folded = draft.component, draft.folded
        messages = self._tell_identity(job, draft, now)
        owners = {fid: record for record in component.records.values() for fid in record.members}
        changed = set(folded.assigned.changed) | folded.assigned.merged.keys() | folded.assigned.split.keys()
        touched: dict[str, list[Mark]] = {pid: [] for pid in sorted(changed) if pid in component.records}
        for fid in sorted(folded.touched):
            touched.setdefault(owners[fid].pid, []).extend(folded.fresh.get(fid, ()))
        # Of a profile that only grew, the past is as it was told, unless the new marks say otherwise.
        recount = changed - folded.assigned.grown | {owners[fid].pid for fid in folded.undone}
        if any(wish.timer for wish in job.wishes):
            for record in component.records.values():
                if record.due is not None and record.due <= now:
                    touched.setdefault(record.pid, [])
        if draft.anew:
            for record in component.records.values():
                if self._guided_by_others(record):
                    touched.setdefault(record.pid, [])
        for record in folded.released + folded.cut:
            if record.pid in component.records:
                touched.setdefault(record.pid, [])
                recount.add(record.pid)
        for record in folded.restricted:
            record.due = None
            messages.append(effects.gone(record.pid))
        for pid, fresh in touched.items():
            record = component.records[pid]
            if component.is_restricted(record):
                continue
            before = record.sequence
            messages += self._tell_journey(job, draft, record, None if pid in recount else fresh, now)
            if record.sequence == before:
                record.sequence += 1  # a change that nobody is told of but by the snapshot
        draft.commit.unseen = not touched and not draft.commit.absorbed
        return messages

    def _guided_by_others(self, record: Record) -> bool:
        """Whether what was told of the profile comes from other rules than those in force."""
        if record.told is None:
            return False
        forms = Told.unpack(record.told).form, Guided.unpack(record.guided).form
        return forms != (self._models.form, self._guides.form)

    def _tell_identity(self, job: Job, draft: Draft, now: int) -> list[Message]:
        component, folded = draft.component, draft.folded
        if folded.partition is None:
            return self._tell_refused(draft, now)
        assigned, links = folded.assigned, folded.partition.links
        cause, records = draft.cause, component.records
        messages = []
        for gone, command_id in folded.erased:
            messages += [effects.erased(gone, command_id, now), effects.gone(gone.pid)]
        messages += [effects.created(records[pid], cause, now) for pid in assigned.created]
        for pid, others in assigned.merged.items():
            messages.append(effects.merged(records[pid], others, links, component, cause, now))
            messages += [effects.gone(other) for other in others]
        for pid, parts in assigned.split.items():
            messages.append(effects.split(records[pid], [records[part] for part in parts], cause, now))
        messages += self._tell_refused(draft, now)
        news = folded.founded | folded.touched
        if draft.anew:
            news.update(fid for pid in assigned.changed for fid in records[pid].members)
        for task in folded.tasks:
            a, b, *_ = task.review
            record = component.record_of(a[0])
            if record is not None and not news.isdisjoint((*a, *b)):
                messages.append(effects.review(record, task, component, now))
                draft.reviews += 1
        return messages

    def _tell_refused(self, draft: Draft, now: int) -> list[Message]:
        """Of stewards' words that changed nothing, so that nobody believes that they did."""
        component, folded = draft.component, draft.folded
        refused = folded.partition.refused if folded.partition else ()
        words = [word for one in folded.words for word in unheeded(component, *one, refused)]
        for command in folded.astray:
            named = named_fragments(command)
            here = [fid for fid in named if fid in component]
            reason = "no_two_sides" if len(here) == len(named) else "too_many"  # for one component
            words += [Unheeded(command, fid, fid, reason) for fid in here[:1]]
        messages = []
        for word in words:
            one, other = component.record_of(word.a), component.record_of(word.b)
            if one is not None and other is not None:
                messages.append(effects.refused(one, other, word, now))
        draft.refused += len(messages)
        return messages

    def _tell_journey(
        self, job: Job, draft: Draft, record: Record, fresh: list[Mark] | None, now: int
    ) -> list[Message]:
        """Follow the profile's journey; `fresh` None: its past changed, walk all of it."""
        component, assigned = draft.component, draft.folded.assigned
        if fresh is None:
            orders = [f.orders for f in component.fragments(record.members) if f.orders is not None]
            record.undone = tuple(sorted(union(orders).undone()))
        else:
            fresh.sort()
        reason: bytes | str
        if record.pid in assigned.merged:
            reason = "merge"
        elif any(record.pid in parts for parts in assigned.split.values()):
            reason = "split"
        elif job.work.marked:
            reason = "erase"
        elif record in draft.folded.released:
            reason = "release"
        elif fresh:
            reason = fresh[0].event
        else:
            told = (a.event_hash for a in reversed(job.work.arrivals) if a.fid in record.members)
            reason = next(told, b"")
        followed = follow(
            Told.unpack(record.told) if record.told is not None else None,
            lambda: [mark for f in component.fragments(record.members) for mark in f.all_marks()],
            fresh,
            frozenset(record.undone),
            self._models,
            now,
            reason,
            lambda: any(f.forgets_purchases for f in component.fragments(record.members)),
        )
        fragments = list(component.fragments(record.members))
        facts = ProfileFacts(fragments, followed.told, self.rules, now)
        rides = self._rides(followed.transitions)
        guidance = guide(Guided.unpack(record.guided), facts, self._guides, now, rides is not None)
        record.told, record.guided = followed.told.pack(), guidance.guided.pack()
        record.due = min((at for at in (followed.due, guidance.due) if at is not None), default=None)
        draft.transitions += followed.transitions
        messages = []
        if followed.transitions:
            arrived = {arrival.event_hash: arrival for arrival in job.work.arrivals}
            for change in followed.transitions:
                cause = self._journey_cause(draft, change, arrived)
                more = self._more(change, facts, guidance if change is rides else None)
                messages.append(
                    effects.transition(record, change, cause, bool(facts["anonymous"]), now, more)
                )
        if guidance.entered or guidance.left:
            messages.append(effects.segments_changed(record, guidance, now))
        return messages

    def _rides(self, transitions: Sequence[Transition]) -> Transition | None:
        """The transition that the next action rides on: the last one of the first model, unless it is old."""
        first = self._models.each[0].name
        last = next((each for each in reversed(transitions) if each.model == first), None)
        return None if last is None or last.stale else last

    def _more(self, change: Transition, facts: ProfileFacts, guidance: Guidance | None) -> dict[str, object]:
        more: dict[str, object] = {}
        for crossing in facts.crossings if change.to == self._purchase[change.model] else ():
            if crossing.event == change.cause:
                more["ropo"] = crossing.document()
        if guidance is not None and (action := guidance.guided.action) is not None:
            more["action"] = action.document(self._guides.playbook, time_text(facts.phase_since or 0))
        if guidance is not None and guidance.stops:
            more["stops"] = guidance.stops
        if guidance is not None and (told := predictions(facts, with_hour=False)) is not None:
            more["predictions"] = told
        return more

    def _journey_cause(
        self, draft: Draft, change: Transition, arrived: Mapping[bytes, Arrival]
    ) -> effects.Cause:
        if isinstance(change.cause, bytes):
            if draft.anew and not change.cause:
                return draft.cause
            arrival = arrived.get(change.cause)
            return {"event_id": change.cause.hex()} if arrival is None else effects.event_cause(arrival)
        if change.cause in RESHAPED:
            return {change.cause: next(iter(draft.cause.values()))}
        draft.timers += 1
        return {"timer": change.cause}

    def _cause(self, job: Job, folded: Folded, before: bytes) -> effects.Cause:
        """What made the evidence change: a command, an event that founded a fragment, else the last event;
        without any, other rules than `before`."""
        if folded.partition is None:
            return {}
        if word := job.work.commands or job.work.marked or job.work.restrict:
            return {"command_id": word[-1].command_id}
        arrivals = [a for a in job.work.arrivals if a.fid in folded.founded] or job.work.arrivals
        if arrivals:
            return effects.event_cause(arrivals[-1])
        if any(wish.anew for wish in job.wishes):
            return effects.rules_cause(before, self.rules)
        return {"event_id": ""}


def opened(job: Job, form: bytes) -> tuple[Component, dict[bytes, bytes]]:
    """The job's component, everything absorbed into the smallest; and the heads that must still be there."""
    if not job.roots:
        return Component(min(job.work.coming.union(a.fid for a in job.work.arrivals)), form=form), {}
    survivor, *others = sorted(job.roots)
    component = Component.unpack(survivor, job.roots[survivor][HEAD_BYTES:])
    for root in others:
        component.absorb(Component.unpack(root, job.roots[root][HEAD_BYTES:]))
    return component, {root: value[:HEAD_BYTES] for root, value in job.roots.items()}


def _next_head(head: bytes) -> bytes:
    """A counter and a nonce: a version must never come again, not even after a fail-over."""
    counter = int.from_bytes(head[1 : 1 + _COUNTER_BYTES], "big") + 1
    return LIVE + (counter % 2**32).to_bytes(_COUNTER_BYTES, "big") + _nonce()


def _nonce() -> bytes:
    return (next(_nonces) % (1 << 8 * _NONCE_BYTES)).to_bytes(_NONCE_BYTES)
