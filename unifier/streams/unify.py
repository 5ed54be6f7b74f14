"""One component's share of a batch: from what is stored to what is to be stored and told.

Pure but for the nonce in the version:

fold (fragments, evidence) → partition → ids → journey → effects → one commit
"""

import os
from collections.abc import Set
from itertools import count

import ormsgpack

from unifier.journey.counted import Change
from unifier.journey.visits import count_step, count_unusual
from unifier.profiles.anchors import moved_with_others
from unifier.profiles.component import Component
from unifier.profiles.fold import Folded, fold
from unifier.profiles.marks import DAY_MS, Mark
from unifier.profiles.retention import SETTLING_MS, begin_expiry, expiry
from unifier.profiles.reviews import doubt
from unifier.profiles.store import Commit
from unifier.profiles.store.layout import FOR_EVER, HEAD_BYTES, LIVE
from unifier.profiles.unheeded import Unheeded, unheeded, waited
from unifier.rules import Rules
from unifier.streams import effects
from unifier.streams.draft import Draft
from unifier.streams.intake import Intake
from unifier.streams.jobs import Job
from unifier.streams.publisher import Message
from unifier.streams.resolve import named_fragments
from unifier.streams.telling import Teller

_COUNTER_BYTES, _NONCE_BYTES = 4, 8
_nonces = count(int.from_bytes(os.urandom(_NONCE_BYTES)))  # of this process; it asks the system once


class Unifier:
    """Drafts commits under one set of rules."""

    def __init__(self, intake: Intake, rules: Rules) -> None:
        self.rules = rules
        self.form = rules.form
        self._intake = intake
        self._teller = Teller(rules)

    def draft(self, job: Job, now: int) -> Draft | None:
        """The commit of a job; None when nothing changes."""
        component, heads = opened(job, self.form)
        coming = {fid for fid in job.work.coming if not component.has_to_do_with(fid)}
        job.work.coming = coming
        before = component.form
        change = Change(component, self._teller.models, self.rules.ropo)
        anchors = {fid: named.anchor_hash for fid, named in job.named.items()}
        folded = fold(component, job.work, anchors, self.rules, now)
        timers = [wish for wish in job.wishes if wish.timer]
        expired = 0
        if timers:
            read_until = max(wish.read_until for wish in timers)
            expired = begin_expiry(component, self.rules, now, read_until)
        # A command without effect is written as well: the compare tells whether it met the state as it is.
        news = folded.touched or folded.repeated or folded.partition is not None
        if not (news or timers or job.work.commands or job.work.restrict or folded.begun):
            return None
        if not (heads or component.packed or component.awaited):
            return None
        if folded.partition is not None and self._looked_up(job, component):
            component.form = self.form
        head = heads.get(component.cid, b"")
        new = (folded.founded | folded.awaited) - {component.cid}
        homeless = new & (job.fresh | coming - job.housed)
        commit = Commit(
            component.cid,
            head,
            b"",
            b"",
            None,
            [(root, heads[root]) for root in job.roots if root != component.cid],
            sorted(homeless),
        )
        anew = any(wish.anew for wish in job.wishes)
        cause = self._cause(job, folded, before)
        draft = Draft(component, commit, folded, job.examined, cause, anew, expired, new - homeless)
        messages = self._tell(job, draft, change, now)
        if component.form != self.form and (folded.partition is not None or not commit.unseen):
            # Part of it, be it where somebody stands in the journey, is by these rules now.
            component.mix_form(self.form)
        counts = change.all({record.pid for record, intent in folded.erased if intent.expired})
        for came in folded.came:
            if came.fid not in component.restricted:
                count_step(counts, came, self.rules)
        for unusual in folded.unusual:
            if unusual.fid not in component.restricted:
                count_unusual(counts, unusual, self.rules.steps)
        if any(counts.values()):
            messages.append(effects.counts(counts))
        if messages:
            commit.effects = ormsgpack.packb([tuple(message) for message in messages])
        commit.value = _next_head(head) + component.pack(folded.touched | folded.founded)
        commit.due = component.due()
        if (over := expiry(component, self.rules)) is not None:
            # Of whom it is over already, not all is read yet.
            over = max(over, now if timers else 0) + SETTLING_MS
            commit.due = over if commit.due is None else min(commit.due, over)
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
        component, folded = draft.component, draft.folded
        whole = folded.founded | folded.repeated
        entered = {(fid, key.text): (job.named[fid], key) for fid in whole for key in job.named[fid].keys}
        for arrival in job.work.arrivals:
            event = arrival.event
            if event.order is not None or event.same_as:
                fid = component.now_in(arrival.fid, event.at)
                named = job.named.get(fid) or self._intake.stored(component.fragment(fid))
                for key in self._intake.extra_keys(arrival):
                    entered.setdefault((fid, key.text), (named, key))
        for wish in job.wishes:  # a key that is to tie components may have died since it was looked at
            entered |= {(named.fid, key.text): (named, key) for named, key in wish.keys}
        draft.entered = [(named, key) for named, key in entered.values() if named.fid in component]
        if not draft.entered:
            return
        newest = {fid: component.fragment(fid).last_at for fid in {named.fid for named, _ in draft.entered}}
        earliest: dict[bytes, int] = {}
        for arrival in job.work.arrivals:
            fid, at = arrival.fid, arrival.event.at
            earliest[fid] = min(at, earliest.get(fid, at))
        draft.commit.index = [
            named.write(key, newest[named.fid], earliest.get(named.fid, FOR_EVER))
            for named, key in draft.entered
        ]

    def _tell(self, job: Job, draft: Draft, change: Change, now: int) -> list[Message]:
        """Messages about identity, then about the journey, of every profile that changed."""
        component, folded = draft.component, draft.folded
        messages = self._tell_identity(draft, now)
        # Before any of the parts is told anything: what is new to one of them went out to none of the others.
        draft.wholes = {pid: component.records[pid].guided for pid in folded.assigned.split}
        owners = {fid: record for record in component.records.values() for fid in record.members}
        changed = set(folded.assigned.changed) | folded.assigned.merged.keys() | folded.assigned.split.keys()
        touched: dict[str, list[Mark]] = {pid: [] for pid in sorted(changed) if pid in component.records}
        for fid in sorted(folded.touched):
            owners[fid].heard = now // DAY_MS
            touched.setdefault(owners[fid].pid, []).extend(folded.fresh.get(fid, ()))
        # Of a profile that only grew, the past is as it was told, unless the new marks say otherwise.
        recount = changed - folded.assigned.grown | {owners[fid].pid for fid in folded.undone}
        if any(wish.timer for wish in job.wishes):
            for record in component.records.values():
                if record.due is not None and record.due <= now:
                    touched.setdefault(record.pid, [])
        if draft.anew:
            for record in component.records.values():
                if self._teller.told_by_others(record):
                    touched.setdefault(record.pid, [])
        for record in folded.released + folded.cut:
            if record.pid in component.records:
                touched.setdefault(record.pid, [])
                recount.add(record.pid)
        touched |= {pid: [] for pid in self._moved_with_others(job, draft, touched.keys())}
        for record in folded.restricted:
            record.due = None
            messages.append(effects.gone(record.pid))
        for pid, fresh in touched.items():
            record = component.records[pid]
            if component.is_restricted(record):
                continue
            before = record.sequence
            messages += self._teller.tell(job, draft, change, record, None if pid in recount else fresh, now)
            if record.sequence == before:
                record.sequence += 1  # a change that nobody is told of but by the snapshot
        # Whoever is told anything, be it that a word was refused, has a new version, and so a new snapshot.
        draft.commit.unseen = not (touched or messages or draft.commit.absorbed)
        return messages

    def _moved_with_others(self, job: Job, draft: Draft, touched: Set[str]) -> list[str]:
        """The other profiles that what is new gives another household."""
        component, folded = draft.component, draft.folded
        others = component.records.keys() - touched
        if not others or not (
            folded.partition or any(component.fragment(fid).identity.street for fid in folded.touched)
        ):
            return []
        before = (Component.unpack(root, value[HEAD_BYTES:]) for root, value in job.roots.items())
        return moved_with_others(component, before, others, self.rules)

    def _tell_identity(self, draft: Draft, now: int) -> list[Message]:
        component, folded = draft.component, draft.folded
        if folded.partition is None:
            return self._tell_refused(draft, now)
        assigned, links = folded.assigned, folded.partition.links
        cause, records = draft.cause, component.records
        messages = []
        for gone, intent in folded.erased:
            messages += [effects.erased(gone, intent, now), effects.gone(gone.pid)]
        messages += [effects.created(records[pid], cause, now) for pid in assigned.created]
        # An id that lives again is told as a part before others are told to have become one with it.
        for pid, parts in assigned.split.items():
            apart = [records[part] for part in parts]
            of_split = draft.cause_of("separate", *apart)
            draft.causes |= dict.fromkeys(parts, of_split)
            messages.append(effects.split(records[pid], apart, of_split, now))
        for pid, others in assigned.merged.items():
            of_merge = draft.causes[pid] = draft.cause_of("link", records[pid])
            messages.append(effects.merged(records[pid], others, links, component, of_merge, now))
            messages += [effects.gone(other) for other in others]
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
        heard = [*folded.words, *waited(component, folded.called)]
        words = [word for one in heard for word in unheeded(component, *one, refused)]
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

    def _cause(self, job: Job, folded: Folded, before: bytes) -> effects.Cause:
        """What made the evidence change: a command, an event that founded a fragment, else the last event;
        without any, other rules than `before`."""
        if folded.partition is None:
            return {}
        if word := job.work.commands or job.work.restrict:
            return {"command_id": word[-1].command_id}
        if job.work.marked:
            return effects.erasure_cause(job.work.marked[-1])
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
