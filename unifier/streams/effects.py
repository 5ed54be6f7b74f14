"""Effects: what a commit tells the world, as messages for the outbox. Ids come from profile and sequence."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import ormsgpack

from unifier.events.form import time_text
from unifier.events.outbound import (
    CREATED,
    ERASED,
    MERGED,
    PROFILE,
    REFUSED,
    REVIEW,
    SEGMENTS,
    SOURCE,
    SPLIT,
    TRANSITION,
    envelope,
)
from unifier.journey.counts import Counts
from unifier.journey.follow import Transition, transition_id
from unifier.journey.guide import Guidance
from unifier.profiles.component import Component, Record
from unifier.profiles.fragment import Arrival
from unifier.profiles.partition import Link
from unifier.profiles.privacy import Intent
from unifier.profiles.reviews import Task
from unifier.profiles.unheeded import Unheeded
from unifier.profiles.verdict import reason_in_words
from unifier.rules import Rules
from unifier.streams.publisher import Message

EVIDENCE_TOLD = 10  # strongest links named in one message

COUNTS = "counts"
"""Of an effect that is no message; where messages name their topic."""

Cause = dict[str, Any]


def created(record: Record, cause: Cause, now: int) -> Message:
    """A person not seen before."""
    return _identity(CREATED, record, {"cause": cause}, now)


def merged(
    record: Record, others: Sequence[str], links: Iterable[Link], component: Component, cause: Cause, now: int
) -> Message:
    """Others turned out to be this person."""
    evidence = _evidence(links, record, component)
    data = {"survivor": record.pid, "merged": list(others), "evidence": evidence, "cause": cause}
    return _identity(MERGED, record, data, now)


def erased(record: Record, intent: Intent, now: int) -> Message:
    """All of a person was erased."""
    return _identity(ERASED, record, {"cause": erasure_cause(intent)}, now)


def gone(pid: str) -> Message:
    """The tombstone of a merged-away or erased id on the compacted topic."""
    return Message("profiles", pid.encode(), None)


def split(record: Record, parts: Sequence[Record], cause: Cause, now: int) -> Message:
    """One profile turned out to be several people; the first part keeps the id."""
    data = {"parts": {part.pid: [fid.hex() for fid in part.members] for part in parts}, "cause": cause}
    return _identity(SPLIT, record, data, now)


def review(record: Record, task: Task, component: Component, now: int) -> Message:
    """A decision close to the bar, or an ambiguous one, that a person should look at."""
    a, b, bits, _ = task.review
    sides = [component.record_of(fid) for fid in (a[0], b[0])]
    profiles = [side.pid for side in sides if side is not None]
    fragments = [[fid.hex() for fid in side] for side in (a, b)]
    data = {"review_id": task.review_id, "profiles": profiles, "fragments": fragments, "bits": round(bits, 2)}
    return _identity(REVIEW, record, data, now)


def refused(record: Record, other: Record, word: Unheeded, now: int) -> Message:
    """A steward's word of no effect between two profiles, or within one.

    The id says which word and about whom: one that could not be kept is told again when it is read again.
    """
    about = blake2b(f"{word.command.command_id}\0{other.pid}".encode(), digest_size=8).hexdigest()
    data = {
        "command": word.command.command,
        "command_id": word.command.command_id,
        "profiles": list(dict.fromkeys([record.pid, other.pid])),
        "reason": word.reason,
        "because": reason_in_words(word.reason),
    }
    return _identity(REFUSED, record, data, now, about)


def transition(
    record: Record,
    change: Transition,
    cause: Cause,
    anonymous: bool,
    now: int,
    more: Mapping[str, Any] | None = None,
) -> Message:
    """A change of journey phase; `more`: ropo, action, stops, predictions."""
    data: dict[str, Any] = {
        "profile_id": record.pid,
        "model": change.model,
        "journey": change.journey,
        "from": change.source_phase,
        "to": change.to,
        "direction": change.direction,
        "at": time_text(change.at),
        "detected_at": time_text(change.detected_at),
        "dwell_s": change.dwell_s,
        "cause": cause,
        "anonymous": anonymous,
        "corrects": [transition_id(record.pid, change.model, number) for number in change.corrects],
    }
    if change.stale:
        data["stale"] = True
    if more:
        data |= more
    record.sequence += 1
    number = transition_id(record.pid, change.model, change.number)
    value = envelope(TRANSITION, number, SOURCE, record.pid, now, record.sequence, data)
    return Message("journey", record.pid.encode(), value)


def segments_changed(record: Record, guidance: Guidance, now: int) -> Message:
    """Segments that the profile entered and left."""
    data = {
        "profile_id": record.pid,
        "entered": guidance.entered,
        "left": guidance.left,
        "segments": guidance.guided.segments,
    }
    record.sequence += 1
    number = f"{record.pid}/segments/{record.sequence}"
    value = envelope(SEGMENTS, number, SOURCE, record.pid, now, record.sequence, data)
    return Message("segments", record.pid.encode(), value)


def snapshot(record: Record, document: dict[str, Any], now: int) -> Message:
    """The profile as it is now, for the compacted topic."""
    number = f"{record.pid}/{record.sequence}"
    value = envelope(PROFILE, number, SOURCE, record.pid, now, record.sequence, document)
    return Message("profiles", record.pid.encode(), value)


def counts(changes: Counts) -> Message:
    """What changes in the counts of journeys: for the relay, which adds it up; nobody else gets it.

    A map, as `counted` reads it.
    """
    return Message(COUNTS, b"", ormsgpack.packb(changes, option=ormsgpack.OPT_NON_STR_KEYS))


def counted(value: bytes) -> Counts:
    """Inverse of `counts`."""
    changes: Counts = ormsgpack.unpackb(value, option=ormsgpack.OPT_NON_STR_KEYS)
    return changes


def event_cause(arrival: Arrival) -> Cause:
    """What caused a change, for readers: the event and where it happened."""
    event = arrival.event
    return {
        "event_id": event.event_id,
        "source": event.source,
        "channel": event.channel,
        "touchpoint": event.touchpoint,
    }


def erasure_cause(intent: Intent) -> Cause:
    """What caused an erasure: a command, or that nothing was heard for long."""
    return {"timer": "retention"} if intent.expired else {"command_id": intent.command_id}


def rules_cause(before: bytes, rules: Rules) -> Cause:
    """What caused a change that no event did: the rules, the model, or both are others than `before`."""
    parts = {"rules": rules.fingerprint, "model": rules.matching.model.fingerprint}
    other = {part: now for part, now in parts.items() if bytes.fromhex(now) not in (before[:4], before[4:])}
    return dict(other or parts)


def _evidence(links: Iterable[Link], record: Record, component: Component) -> list[dict[str, Any]]:
    """The strongest links within a profile; the event is that of the fragment that came later."""
    members = set(record.members)
    within = sorted((link for link in links if link.a in members and link.b in members), key=_strongest_first)
    return [
        {"rule": link.rule, "bits": round(link.bits, 2), "event_id": link_event(link, component)}
        for link in within[:EVIDENCE_TOLD]
    ]


def _strongest_first(link: Link) -> tuple[float, bytes, bytes]:
    return -link.bits, link.a, link.b


def link_event(link: Link, component: Component) -> str:
    """The event that made a link possible: the one that founded the later of its fragments."""
    later = max(component.fragments((link.a, link.b)), key=lambda f: (f.first_at, f.fid))
    return later.origin


def _identity(type_: str, record: Record, data: dict[str, Any], now: int, about: str = "") -> Message:
    record.sequence += 1
    number = f"{record.pid}/{type_.split('.')[2]}/{about or record.sequence}"
    data = {"profile_id": record.pid, **data}
    value = envelope(type_, number, SOURCE, record.pid, now, record.sequence, data)
    return Message("identity", record.pid.encode(), value)
