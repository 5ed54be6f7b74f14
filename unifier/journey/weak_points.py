"""Weak points: steps at which journeys stop more than they used to, since when, until when, and for whom.

A cell is a step, for all its visits or for those with one value of an attribute. Each cell is watched day by
day by an e-detector (Shin, Ramdas and Rinaldo 2023, arXiv 2203.03532): under the null hypothesis the share of
visits that go on is at least as large as it was, and each bet is on odds that are smaller by a factor. The
evidence, summed over all days on which the trouble may have begun, passes the threshold in a quiet cell once
in `cells` decades on average: by chance all cells together raise a false alarm in ten years, or fewer.

Days are counted from 1970, UTC. A day goes in when it is over.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import erfc, exp, inf, log, sqrt
from typing import Any, NamedTuple

from unifier.events.form import time_text
from unifier.journey.wilson import interval
from unifier.profiles.marks import DAY_MS

GAP = 14  # days between the baseline and the day held against it; also between two weak points of one step
HALF_LIFE = 90  # days after which a day of the baseline counts half
LEAST = 30  # visits in the baseline before a cell is watched
BETS = (0.15, 0.3, 0.5)  # on the odds of going on, as parts of what they were
LOWER = 1.645  # standard normal quantile: one-sided 95 %
QUIET_DAYS = 3650  # to a false alarm of all cells together, on average, at least
OVER = log(100)  # evidence that a trouble has ended
NAMED = 0.01  # familywise error of naming an attribute value (Holm)
_DECAY = 0.5 ** (1 / HALF_LIFE)


class Cell(NamedTuple):
    """A step; `attribute` "" is all its visits, else those with that value."""

    step: str
    attribute: str = ""
    value: str = ""


class Count(NamedTuple):
    """Visits that came to a step, and those of them that went on."""

    came: float
    went_on: float

    @property
    def stopped(self) -> float:
        """The share that stopped; 0 without visits."""
        return 1 - self.went_on / self.came if self.came else 0.0


NOBODY = Count(0.0, 0.0)
Days = Mapping[int, Count]


@dataclass(slots=True)
class Alarm:
    """A cell whose visits stop more than they used to."""

    cell: Cell
    since: int  # the day it most likely began
    detected: int  # the day after which it was known
    e_value: float  # evidence when it was detected
    until: int | None = None  # the first day without it; None: it lasts

    def lasted(self, day: int) -> bool:
        """Whether it is known to have been there on that day."""
        return self.since <= day and self.until is not None and day < self.until


@dataclass(slots=True)
class WeakPoint:
    """Alarms of one step that belong together. Shares are of visits that stop."""

    step: str
    since: int
    until: int | None
    detected: int
    where: dict[str, str]  # the attribute value that has it, if it is not common to all
    share_before: float
    share_now: float
    e_value: float

    def document(self, next_step: str, likely_why: str | None) -> dict[str, Any]:
        """As outside readers get it."""
        return {
            "step": self.step,
            "next_step": next_step,
            "since": time_text(self.since * DAY_MS),
            "until": None if self.until is None else time_text(self.until * DAY_MS),
            "detected_at": time_text((self.detected + 1) * DAY_MS),
            "where": self.where,
            "share_before": round(self.share_before, 4),
            "share_now": round(self.share_now, 4),
            "e_value": float(f"{self.e_value:.4g}"),
            "likely_why": likely_why,
        }


@dataclass(slots=True)
class _Bet:
    factor: float
    evidence: float = 0.0  # Shiryaev-Roberts sum of the likelihood ratios since every day
    best: float = 0.0  # log likelihood ratio since the day that makes it largest
    since: int = 0

    def take(self, day: int, count: Count, share: float) -> None:
        odds = self.factor * share / (1 - share)
        worse = odds / (1 + odds)
        gain = _log_ratio(count, worse, share)
        self.evidence = (self.evidence + 1) * exp(min(gain, 500.0))
        if self.best <= 0.0:
            self.best, self.since = 0.0, day
        self.best += gain


@dataclass(slots=True)
class Detector:
    """Watches one cell. `most`: the evidence at which it raises an alarm."""

    cell: Cell
    most: float
    alarms: list[Alarm] = field(default_factory=list)
    _base: Count = NOBODY
    _waiting: deque[tuple[int, Count]] = field(default_factory=deque)  # the newest GAP days
    _bets: list[_Bet] = field(default_factory=lambda: [_Bet(factor) for factor in BETS])
    _open: Alarm | None = None
    _trouble: Count = NOBODY  # since the open alarm
    _over: float = 0.0  # evidence that the open alarm has ended, since `_maybe`
    _maybe: int = 0

    def take(self, day: int, count: Count) -> None:
        """Take in a day that is over; every day once, in order, also those without a visit."""
        self._age(day)
        share = self.usual
        if self._open is not None:
            self._look_for_end(self._open, day, count, share)
        elif share > 0.0:
            for bet in self._bets:
                bet.take(day, count, share)
            evidence = sum(bet.evidence for bet in self._bets) / len(self._bets)
            if evidence > self.most:
                self._raise(day, evidence, count)
        self._waiting.append((day, count))

    @property
    def usual(self) -> float:
        """Lower bound of the share that goes on; 0.0 while the baseline is too small."""
        came, went_on = self._base
        if came < LEAST:
            return 0.0
        low, _ = interval(went_on, came, LOWER)
        return min(low, 1 - 1e-9)

    def _age(self, day: int) -> None:
        """Days that are old enough join the baseline, unless they were in trouble."""
        if self._open is None:  # while it lasts, nothing joins, and what was usual is not forgotten
            self._base = Count(self._base.came * _DECAY, self._base.went_on * _DECAY)
        while self._waiting and self._waiting[0][0] <= day - GAP:
            then, count = self._waiting.popleft()
            troubled = self._open is not None and then >= self._open.since
            if not troubled and not any(alarm.lasted(then) for alarm in self.alarms[-2:]):
                self._base = _sum(self._base, count)

    def _raise(self, day: int, evidence: float, count: Count) -> None:
        best = max(self._bets, key=lambda bet: bet.best)
        self._open = Alarm(self.cell, best.since, day, evidence)
        self.alarms.append(self._open)
        self._trouble = _sum(count, *(then for at, then in self._waiting if at >= best.since))
        self._over = 0.0

    def _look_for_end(self, alarm: Alarm, day: int, count: Count, share: float) -> None:
        """A CUSUM (Page 1954) from the share in trouble back to the usual one."""
        odds = BETS[-1] * share / (1 - share)
        worse = min((self._trouble.went_on + 0.5) / (self._trouble.came + 1), odds / (1 + odds))
        if self._over <= 0.0:
            self._over, self._maybe = 0.0, day
        self._over += _log_ratio(count, share, worse)
        if self._over > OVER:
            alarm.until = self._maybe
            self._begin_anew()
        elif self._over <= 0.0:
            self._trouble = _sum(self._trouble, count)
            if day - alarm.since >= HALF_LIFE:  # it is what is usual from now on
                self._base = self._trouble
                self._waiting.clear()
                self._begin_anew()

    def _begin_anew(self) -> None:
        self._open = None
        self._bets = [_Bet(factor) for factor in BETS]


def weak_points(counts: Mapping[Cell, Days]) -> list[WeakPoint]:
    """All that is found in the days that are there, the newest first."""
    seen = {day for days in counts.values() for day in days}
    if not seen:
        return []
    first, last = min(seen), max(seen)
    alarms: list[Alarm] = []
    for cell, days in counts.items():
        detector = Detector(cell, len(counts) * QUIET_DAYS)
        for day in range(first, last + 1):
            detector.take(day, days.get(day, NOBODY))
        alarms += detector.alarms
    alarms.sort(key=lambda alarm: (alarm.cell.step, alarm.since, alarm.cell))
    found = [
        _told(together, counts, last)
        for _, of_step in groupby(alarms, key=lambda alarm: alarm.cell.step)
        for together in _overlapping(list(of_step))
    ]
    return sorted(found, key=lambda point: (-point.since, point.step))


def _overlapping(alarms: Sequence[Alarm]) -> list[list[Alarm]]:
    """Alarms of one step, by `since`, put together that overlap or are less than GAP days apart."""
    together: list[list[Alarm]] = []
    reach = -inf
    for alarm in alarms:
        if alarm.since > reach + GAP:
            together.append([])
            reach = -inf
        together[-1].append(alarm)
        reach = max(reach, inf if alarm.until is None else alarm.until)
    return together


def _told(alarms: Sequence[Alarm], counts: Mapping[Cell, Days], last: int) -> WeakPoint:
    step = alarms[0].cell.step
    strongest = max(alarms, key=lambda alarm: (alarm.e_value, alarm.cell))
    since, until = _span(alarms, strongest.cell)
    cell = _for_whom(step, since, last + 1 if until is None else until, counts)
    if any(alarm.cell == cell for alarm in alarms):
        since, until = _span(alarms, cell)
    end = last + 1 if until is None else until
    before, now = _around(counts[cell], since, end)
    if not before.came:
        before, _ = _around(counts[Cell(step)], since, end)
    return WeakPoint(
        step=step,
        since=since,
        until=until,
        detected=min(alarm.detected for alarm in alarms),
        where={cell.attribute: cell.value} if cell.attribute else {},
        share_before=before.stopped,
        share_now=now.stopped,
        e_value=strongest.e_value,
    )


def _span(alarms: Sequence[Alarm], cell: Cell) -> tuple[int, int | None]:
    """Since when and until when a cell raised alarms; there may be quiet days between."""
    own = [alarm for alarm in alarms if alarm.cell == cell]
    ends = [alarm.until for alarm in own if alarm.until is not None]
    return own[0].since, max(ends) if len(ends) == len(own) else None


def _for_whom(step: str, since: int, end: int, counts: Mapping[Cell, Days]) -> Cell:
    """The attribute value whose own change is worse than that of all other visits (Holm); else all."""
    everybody = Cell(step)
    total = _around(counts[everybody], since, end)
    tested: list[tuple[float, Cell]] = []
    for cell, days in counts.items():
        if cell.step != step or not cell.attribute:
            continue
        own = _around(days, since, end)
        rest = [_less(whole, part) for whole, part in zip(total, own, strict=True)]
        if not own[0].came:  # a crowd that was never there before is held against what was usual of all
            own = total[0], own[1]
        if all(count.came for count in (*own, *rest)):
            (change, doubt), (other_change, other_doubt) = _change(*own), _change(*rest)
            tested.append(((change - other_change) / sqrt(doubt + other_doubt), cell))
    tested.sort()
    if tested and erfc(-tested[0][0] / sqrt(2)) / 2 < NAMED / len(tested):
        return tested[0][1]
    return everybody


def _around(days: Days, since: int, end: int) -> tuple[Count, Count]:
    """Counts of the half-life before `since`, and of the days from it up to `end`."""
    before = [count for day, count in days.items() if since - HALF_LIFE <= day < since]
    now = [count for day, count in days.items() if since <= day < end]
    return _sum(*before), _sum(*now)


def _sum(*counts: Count) -> Count:
    return Count(sum(count.came for count in counts), sum(count.went_on for count in counts))


def _less(whole: Count, part: Count) -> Count:
    return Count(max(0.0, whole.came - part.came), max(0.0, whole.went_on - part.went_on))


def _change(before: Count, now: Count) -> tuple[float, float]:
    """Logarithm of the ratio of two shares that go on, and its variance (Katz and others 1978).

    What fails one visit in three takes the same part from every group, however many of it went on before:
    so ratios of shares are compared, not of odds.
    """
    logs, doubt = [], 0.0
    for came, went_on in (before, now):
        logs.append(log((went_on + 0.5) / (came + 0.5)))
        doubt += 1 / (went_on + 0.5) - 1 / (came + 0.5)
    return logs[1] - logs[0], max(doubt, 1e-12)


def _log_ratio(count: Count, alternative: float, usual: float) -> float:
    """Log likelihood ratio of two shares that go on."""
    came, went_on = count
    return went_on * log(alternative / usual) + (came - went_on) * log((1 - alternative) / (1 - usual))
