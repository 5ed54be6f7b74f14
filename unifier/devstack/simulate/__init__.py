"""The simulated retailer: people, their journeys, and what a real one's publishers make of them.

Everything is drawn from one seed; nothing is read from a clock. The same arguments give the same bytes.
"""

from collections.abc import Iterator

from unifier.devstack.simulate.journeys import life
from unifier.devstack.simulate.message import Message
from unifier.devstack.simulate.retailer import Retailer
from unifier.devstack.simulate.strangers import crawler, scraper, staff
from unifier.devstack.simulate.truth import Truth

__all__ = ["Message", "Simulation", "Truth", "simulate"]

DAY_MS = 86_400_000
EVENTS_A_DAY = 7.0  # about what one person causes
BOTS = 0.01  # share of all events, for each of the two


class Simulation:
    """Iterate it once for the messages; `truth` is complete when they have run out."""

    def __init__(self, retailer: Retailer, messages: Iterator[Message]) -> None:
        self.truth = retailer.truth
        self._messages = messages

    def __iter__(self) -> Iterator[Message]:
        return self._messages

    def __next__(self) -> Message:
        return next(self._messages)


def simulate(people: int, days: float, seed: int, end_ms: int) -> Simulation:
    """The messages of `people` persons over `days` days that end at `end_ms`, in order of arrival."""
    start_ms = end_ms - int(days * DAY_MS)
    retailer = Retailer(people, seed, start_ms, end_ms)
    pause_ms = DAY_MS / (max(people, 1) * EVENTS_A_DAY * BOTS)
    lives = [life(person, retailer) for person in retailer.people]
    lives += [crawler(retailer, pause_ms), scraper(retailer, pause_ms)]
    lives += [staff(retailer, store) for store in range(len(retailer.tills.stores))]
    return Simulation(retailer, retailer.run(lives))
