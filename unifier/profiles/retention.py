"""Retention: people of whom nothing has been heard for long are forgotten. Pure.

It is an erasure that nobody asks for: a timer of the component begins it. What is told of a later time is a
new person. How long somebody was silent is said by the times of events; but while a backlog or a file of
years ago is read, the newest of somebody may be yet to come. So nobody is forgotten before all that had been
published when the time was over is read, nor of whom anything was read within a week, nor within a week after
a timer that fires late, since no worker ran, or there was no rule.
"""

from unifier.profiles.component import Component, Record
from unifier.profiles.consent import speaker
from unifier.profiles.marks import DAY_MS
from unifier.profiles.privacy import Intent, Privacy
from unifier.profiles.view import is_known
from unifier.rules import Rules

READ_WITHIN_MS = 7 * DAY_MS
LATE_MS = DAY_MS
"""A timer that fires so late was due while nobody worked, or before there was a rule."""
SETTLING_MS = 3_600_000
"""From when the time is over until it is looked at, and from one look to the next while not all is read."""


def expiry(component: Component, rules: Rules) -> int | None:
    """When the first of the profiles is to be forgotten, milliseconds UTC; None: none ever."""
    if rules.retention.keeps_all:
        return None
    times = [_expires(component, record, rules) for record in component.records.values()]
    return min([at for at in times if at is not None], default=None)


def overdue(component: Component, rules: Rules, now: int) -> list[tuple[Record, int]]:
    """Profiles whose time is over, and when it was."""
    if rules.retention.keeps_all:
        return []
    times = [(record, _expires(component, record, rules)) for record in component.records.values()]
    return [(record, at) for record, at in times if at is not None and at <= now]


def begin_expiry(component: Component, rules: Rules, now: int, read_until: int) -> int:
    """Store that those whose time is over are to be erased. Gives how many.

    `read_until`: what had been published by then is read; at most `now`.
    """
    begun = 0
    for record, at in overdue(component, rules, read_until):
        if now - at > LATE_MS:
            record.heard = now // DAY_MS  # as if something of it had been read today
        else:
            until = max(fragment.last_at for fragment in component.fragments(record.members))
            component.privacy = component.privacy or Privacy()
            intent = Intent(frozenset(record.members), until, now, "", whole=False, expired=True)
            component.privacy.intents.append(intent)
            begun += 1
    return begun


def _expires(component: Component, record: Record, rules: Rules) -> int | None:
    """When a profile is to be forgotten: with the last of those that heed what it says."""
    times = [_over(component, one, rules) for one in (record, *_heeding(component, record))]
    known = [at for at in times if at is not None]
    return max(known) if len(known) == len(times) else None


def _heeding(component: Component, record: Record) -> list[Record]:
    """Those under an anchor that it refuses to have stitched: without its word they would be."""
    shared = component.shared
    refused = {speaker(f, shared) for f in component.fragments(record.members) if not f.may_stitch}
    return [
        other
        for other in component.records.values()
        if refused and any(speaker(f, shared) in refused for f in component.fragments(other.members))
    ]


def _over(component: Component, record: Record, rules: Rules) -> int | None:
    """When the time of one profile is over. Not while it is restricted, or a part of it is on its way out."""
    retention, privacy = rules.retention, component.privacy
    fragments = list(component.fragments(record.members))
    kept = retention.known if is_known(fragments, rules) else retention.anonymous
    if kept is None or component.is_restricted(record):
        return None
    if privacy is not None and any(not i.fids.isdisjoint(record.members) for i in privacy.intents):
        return None
    silent = max(fragment.last_at for fragment in fragments)
    read = max(record.born, record.heard * DAY_MS + DAY_MS)
    return max(silent + kept, read + READ_WITHIN_MS)
