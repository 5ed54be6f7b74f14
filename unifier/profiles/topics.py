"""Topics of a fragment: which campaigns and categories were met on which days, which were bought; and what
was asked and answered.

Of each topic the first moment of each of its newest days is kept, so that what comes later on a day changes
nothing that was said of an earlier sale. A function of the set of events, in whatever order they come, within
the caps.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from unifier.events.canonical import Event, Signal
from unifier.profiles.marks import DAY_MS

TOPICS_MAX = 24
DAYS_MAX = 8
ONLINE, STORE, BOUGHT, ASKED, ANSWERED = "osbqr"  # of one moment a question comes before its answer
SIDES = {ONLINE: "online", STORE: "store", BOUGHT: "bought", ASKED: "asked", ANSWERED: "answered"}
_PURCHASE = int(Signal.PURCHASE)

Topics = dict[str, list[int]]
"""Side, campaign and category, put together → moments in ascending order, milliseconds UTC."""


class Met(NamedTuple):
    """A topic that was met at a moment."""

    at: int
    side: str  # ONLINE or STORE; BOUGHT: it was bought then; ASKED, ANSWERED: the category says what
    campaign: str
    category: str


def meet(topics: Topics, event: Event) -> bool:
    """Take in what an event is about. True when another topic had to go."""
    if event.signal == _PURCHASE:
        return _note(topics, f"{BOUGHT}\x1f\x1f{event.category}", event.at)
    side = STORE if event.channel == "store" else ONLINE
    return _note(topics, f"{side}\x1f{event.campaign}\x1f{event.category}", event.at)


def respond(topics: Topics, kind: str, answers: bool, at: int) -> bool:
    """Take in a question of a kind, or an answer. True when another topic had to go."""
    return _note(topics, f"{ANSWERED if answers else ASKED}\x1f\x1f{kind}", at)


def _note(topics: Topics, topic: str, at: int) -> bool:
    """A topic was met. True when another one had to go."""
    times = topics.get(topic)
    if times is None:
        topics[topic] = [at]
        if len(topics) <= TOPICS_MAX:
            return False
        del topics[min(topics, key=lambda name: (topics[name][-1], name))]
        return True
    if times[-1] <= at < times[-1] // DAY_MS * DAY_MS + DAY_MS:
        return False  # as most: it is not the first of its day
    place = bisect_left(times, at // DAY_MS * DAY_MS)
    if place < len(times) and times[place] // DAY_MS == at // DAY_MS:
        times[place] = min(times[place], at)
    else:
        insort(times, at)
        del times[:-DAYS_MAX]
    return False


def take_in(topics: Topics, others: Topics) -> None:
    """Take in what another fragment met."""
    for topic, times in others.items():
        for at in times:
            _note(topics, topic, at)


def answers(topics: Topics) -> bool:
    """Whether there was an answer."""
    for topic in topics:  # noqa: SIM110 - a generator takes three times as long, and everybody is asked
        if topic[0] == ANSWERED:
            return True
    return False


def met(topics: Iterable[Topics]) -> Iterator[Met]:
    """All that was met, in no order."""
    for one in topics:
        for topic, times in one.items():
            side, campaign, category = topic.split("\x1f", 2)
            for at in times:
                yield Met(at, side, campaign, category)
