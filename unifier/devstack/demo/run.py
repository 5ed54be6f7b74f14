"""`unifier demo`: a retailer's week through the whole system, and what came of it."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson

from unifier.devstack.demo.at_the_till import recognised
from unifier.devstack.demo.feed import clock_ms
from unifier.devstack.demo.hearing import MODEL
from unifier.devstack.demo.household import kept_apart
from unifier.devstack.demo.ledger import read_messages, read_store
from unifier.devstack.demo.play import WORKERS, Play, playing
from unifier.devstack.demo.screen import Screen
from unifier.devstack.demo.steward import undo
from unifier.devstack.demo.stories import Evening, Story
from unifier.devstack.demo.summary import SPEED_WORDS, against_truth, latency, lines, outcome
from unifier.devstack.demo.week import POISON, Week, draw, told_now
from unifier.devstack.errors import StackError
from unifier.devstack.simulate import Message

CHUNK = 500  # events published between two looks
PACED_S, PACED_SHARE, PACED_MOST = 12.0, 10, 1_500  # the end of the week, at a steady pace
TRICKLE_S = 0.4  # between two events when the week is over
SHOWN = 14  # lines of an answer
INTERRUPTED = 130  # as a shell says it


def run(once: bool, events: int, seed: int, report: str | None) -> int:
    """Play the week; then, unless `once`, stay up until Ctrl-C or SIGTERM. Gives the exit code."""
    screen = Screen()
    target = Path(report) if report else None
    if target:
        _write(target, b"")  # now rather than after the play
    played = False
    try:
        with playing(screen) as play:
            screen.say("drawing a week of the simulated retailer")
            week = draw(events, seed, int(clock_ms()))
            figures = _perform(play, week, seed)
            if target:
                _write(target, orjson.dumps(figures, option=orjson.OPT_INDENT_2) + b"\n")
            played = True
            if not once:
                _stay(play, week)
    except KeyboardInterrupt:
        screen.keep()
    screen.title(
        "Everything is stopped and removed." if played else "Interrupted: all is stopped and removed."
    )
    return 0 if played else INTERRUPTED


def _perform(play: Play, week: Week, seed: int) -> dict[str, Any]:
    play.screen.title(f"A week of {len(week.truth.people):,} people, {len(week.messages):,} events")
    paced = min(PACED_MOST, len(week.messages) // PACED_SHARE)
    speed = _at_full_speed(play, week.messages[:-paced])
    pace, sent_at = _at_a_pace(play, week.messages[-paced:])
    play.until(play.settled, "everything that was committed is published")
    play.screen.keep()
    play.screen.say("everything is worked off, and everything that came of it was published")
    _check(play)
    rows = read_messages(week.messages, play.settings, play.rules)
    evening = Evening(week.truth, rows, read_store(play.settings))
    first = len(week.messages) - paced
    waited = latency(
        play.tally, {row.event_id: sent_at[row.number - first] for row in rows if row.number >= first}, pace
    )
    stories = [scene(play, evening) for scene in (recognised, kept_apart, undo)]
    play.until(play.settled, "what the steward said is published")
    play.screen.keep()
    for story in stories:
        play.screen.title(story.title)
        play.screen.write([f"   {line}" for line in story.lines])
    read = _read(play, stories)
    figures = {
        "seed": seed,
        **outcome(play.tally, play.feed, play.rules.models[MODEL].phases),
        **against_truth(evening.rows, evening.found.pids),
        "speed": speed,
        "latency_ms": waited,
        "stories": [{"title": story.title, **story.facts} for story in stories],
        "read": read,
        "seconds": round(play.screen.seconds, 1),
    }
    play.screen.title("Summary")
    play.screen.write([f"   {line}" for line in lines(figures)])
    return figures


def _at_full_speed(play: Play, messages: Sequence[Message]) -> dict[str, Any]:
    began = time.monotonic()
    for start in range(0, len(messages), CHUNK):
        play.feed.send(messages[start : start + CHUNK])
        play.tick(0)
        play.show()
    play.feed.flush()
    play.until(play.worked_off, "the backlog is worked off")
    seconds = time.monotonic() - began
    play.screen.keep()
    play.screen.say(f"a backlog of {len(messages):,} events was worked off in {seconds:.1f} s")
    return {
        "events_per_s": round(len(messages) / seconds),
        "events": len(messages),
        "workers": WORKERS,
        "what": SPEED_WORDS,
    }


def _at_a_pace(play: Play, messages: Sequence[Message]) -> tuple[float, list[float]]:
    """Publish evenly over some seconds; gives the pace and the time at which each message was handed over."""
    pause, sent_at = PACED_S / max(1, len(messages)), list[float]()
    play.screen.say(f"the last {len(messages):,} events of the week, at {1 / pause:,.0f} a second")
    began = due = time.monotonic()
    for message in messages:
        due += pause
        sent_at.append(clock_ms())
        play.feed.send([message])
        play.tick(max(0.0, due - time.monotonic()))
        play.show()
    play.feed.flush()
    return len(messages) / (time.monotonic() - began), sent_at


def _check(play: Play) -> None:
    """The dead letters are the poison. Else there is a fault, and no figure would be worth telling."""
    poison = Counter(reason for reason, _, _ in POISON)
    if others := Counter(one["reason"] for one in play.tally.dead) - poison:
        reason = others.most_common(1)[0][0]
        error = next(one["error"] for one in play.tally.dead if one["reason"] == reason)
        raise StackError(
            f"{others.total():,} events that are well formed went to the dead letters ({reason}: {error}); "
            "the workers have a fault"
        )


def _read(play: Play, stories: Sequence[Story]) -> dict[str, Any]:
    """The line that reads a profile, and what it gives."""
    pid = stories[0].facts.get("profile_id") or min(play.tally.kinds)
    url = f"{play.url}/v1/profiles/{pid}"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {play.key}"})
    if not answer.is_success:
        raise StackError(f"{url} answers {answer.status_code}, and should give the profile")
    pretty = orjson.dumps(answer.json(), option=orjson.OPT_INDENT_2).decode().splitlines()
    curl = f"curl -s -H 'Authorization: Bearer {play.key}' {url}"
    play.screen.title("Read a profile")
    play.screen.write([f"   {curl}", *(f"   {line}" for line in pretty[:SHOWN]), "   …"])
    taken_back = stories[2].facts.get("profile_id", pid)
    play.screen.write(
        [
            "   why it is one person, what was refused, and a steward's word:",
            f"   curl -s -H 'Authorization: Bearer {play.key}' {play.url}/v1/profiles/{taken_back}/evidence",
        ]
    )
    return {"url": url, "status": answer.status_code, "curl": curl}


def _write(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        raise StackError(f"--report {target}: {error.strerror}; name another file") from None


def _stay(play: Play, week: Week) -> None:
    play.screen.title("The retailer goes on, told as if it happened now; Ctrl-C ends it")
    for message in week.later:
        play.feed.send([told_now(message, int(clock_ms()))])
        play.tick(TRICKLE_S)
        play.show(every_s=60)
