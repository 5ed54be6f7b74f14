"""The playbook: what to do next for a profile, when, through which allowed channel, why, and until when.

The first action of the rules' [playbook] that applies is the next one. It applies if the profile is in its
phase, its conditions hold, a channel of it is allowed by consent, it is not over, and it did not go out in an
earlier stay within its cool-down; one that sells waits while there is trouble. While the profile stays in the
phase it is the same action with the same times, so the best hour is that of the touches before it: else what
went out in the afternoon would be due again at night, because the person was there at night.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from unifier.events.form import time_text
from unifier.journey.facts import ProfileFacts
from unifier.journey.hours import HOUR_MS, best_hour
from unifier.rules import Action, Playbook


class Pushed(NamedTuple):
    """When an action goes out, as it was told, until when it holds (milliseconds UTC), of which journey."""

    at: int
    until: int
    journey: int

    def is_of(self, facts: ProfileFacts) -> bool:
        """Whether it was told of this stay of the profile: a late event may have moved its beginning."""
        since = facts.phase_since
        return since is not None and self.at >= since and self.journey == facts.journey


class NextAction(NamedTuple):
    """What to do. Times in milliseconds UTC."""

    name: str
    channel: str
    at: int
    until: int

    def document(self, playbook: Playbook | None, facts: ProfileFacts) -> dict[str, Any] | None:
        """As outside readers get it. None: the rules no longer have it."""
        if playbook is None:
            return None
        rule = next((each for each in playbook.actions if each.name == self.name), None)
        if rule is None or self.channel not in playbook.channels:
            return None
        purpose = playbook.channels[self.channel]
        return {
            "what": self.name,
            "say": rule.say,
            "channel": self.channel,
            "when": time_text(self.at),
            "until": time_text(self.until),
            "why": [
                f"{facts.phase} since {time_text(facts.phase_since or 0)}",
                *([f"silent after {facts.fell_silent}"] if facts.fell_silent else []),
                *(condition.text for condition in rule.when),
                *([f"{purpose} is granted"] if purpose else []),
            ],
        }


def next_action(
    facts: ProfileFacts, playbook: Playbook, out: Mapping[str, Pushed], now: int
) -> NextAction | None:
    """What to do next; None: nothing but wait. `out`: what of each action went out last."""
    since = facts.phase_since
    actions = playbook.of_phase.get(facts.phase)
    if since is None or actions is None:
        return None
    trouble = facts.last_trouble
    quiet_until = 0 if trouble is None else trouble + playbook.quiet_after_trouble
    for action in actions:
        if action.selling and quiet_until > now:
            continue
        last = out.get(action.name) if action.cooldown else None
        if last is not None and since + action.delay < last.at + action.cooldown and not last.is_of(facts):
            continue
        if not all(condition.holds(facts, now) for condition in action.when):
            continue
        channel = _allowed(action, facts, playbook.channels)
        if channel is None:
            continue
        start = since + action.delay
        if action.at_best_hour:
            before = [at for at in facts.touched if at <= since]
            start = _at_hour(start, best_hour(before, playbook.hours))
        until = start + action.valid
        if until <= now:
            continue
        return NextAction(action.name, channel, start, until)
    return None


def turns_at(facts: ProfileFacts, playbook: Playbook, action: NextAction | None, now: int) -> int | None:
    """When time alone may change the next action, milliseconds UTC; None: never."""
    moments = [action.until] if action is not None else []
    trouble = facts.last_trouble
    if trouble is not None:
        moments.append(trouble + playbook.quiet_after_trouble)
    for each in playbook.of_phase.get(facts.phase, ()):
        moments += [at for when in each.when if (at := when.flips_at(facts, now)) is not None]
    return min((at for at in moments if at > now), default=None)


def _allowed(action: Action, facts: ProfileFacts, channels: Mapping[str, str]) -> str | None:
    """The first of its channels that needs no consent or has it."""
    for channel in action.channels:
        purpose = channels[channel]
        if not purpose or facts[f"consent:{purpose}"] is True:
            return channel
    return None


def _at_hour(start: int, hour: int) -> int:
    """The next beginning of that hour of the day, UTC, not before `start`."""
    day = start - start % (24 * HOUR_MS)
    at = day + hour * HOUR_MS
    return at if at >= start else at + 24 * HOUR_MS
