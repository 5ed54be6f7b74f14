"""The simulated retailer: its people, its channels, and the clock that wakes them in turn."""

from collections.abc import Iterator
from heapq import heapify, heappop, heapreplace
from itertools import count
from random import Random

from unifier.devstack.simulate.backoffice import BackOffice
from unifier.devstack.simulate.belongings import PHONES, equip, new_cookie, new_loyalty
from unifier.devstack.simulate.catalogue import Catalogue
from unifier.devstack.simulate.message import Message, Wire
from unifier.devstack.simulate.online import Online
from unifier.devstack.simulate.people import Device, Person, Population
from unifier.devstack.simulate.tills import Tills
from unifier.devstack.simulate.trouble import HOUR_MS
from unifier.devstack.simulate.truth import Truth


class Retailer:
    """What a life can reach: the time, the channels, the products."""

    def __init__(self, people: int, seed: int, start_ms: int, end_ms: int) -> None:
        rng = self.rng = Random(seed)
        self.now = start_ms
        self.truth = Truth(end_ms)
        self.wire = Wire(rng, end_ms)
        self.catalogue = Catalogue(rng)
        self.online = Online(rng, self.wire, self.truth)
        self.tills = Tills(rng, self.wire, self.truth)
        self.office = BackOffice(rng, self.wire, self.truth, self.online)
        self.population = Population(rng, self.tills.near())
        self.people: list[Person] = []
        while len(self.people) < people:
            household = self.population.household()
            equip(household, rng)
            self.people += household
        del self.people[people:]
        for person in self.people:
            self.truth.add(person)
        self.tablets = [Device(new_cookie(rng), PHONES[0], "192.0.2.1") for _ in self.tills.stores]
        self.truth.shared |= {("cookie_id", tablet.cookie) for tablet in self.tablets}
        self._orders = count(rng.randrange(10**7, 10**8))

    def run(self, lives: list[Iterator[int]]) -> Iterator[Message]:
        """Wake the lives in order of time; give what arrives meanwhile. Ends at the simulated end."""
        waking = [(next(life), number, life) for number, life in enumerate(lives)]
        heapify(waking)
        end_ms = self.wire.end_ms
        while waking and waking[0][0] <= end_ms:
            at, number, life = waking[0]
            yield from self.wire.until(at)
            self.now = at
            wakes = next(life, None)
            if wakes is None:
                heappop(waking)
            else:
                heapreplace(waking, (max(wakes, at), number, life))
        yield from self.wire.until(end_ms)

    def next_order(self) -> str:
        """A number for an online order."""
        return f"W{next(self._orders)}"

    def open_hours(self, at_ms: int) -> int:
        """The first moment from `at_ms` on at which a store is open: 8 to 19 h UTC, every day."""
        hour = at_ms / HOUR_MS % 24
        if 8 <= hour < 19:
            return at_ms
        return at_ms + int(((8 - hour) % 24 + self.rng.random() * 10) * HOUR_MS)

    def join_loyalty(self, person: Person) -> None:
        """A new loyalty card, handed over at the till; the record follows by night."""
        person.loyalty_id = new_loyalty(self.rng)
        person.crm_id = person.crm_id or f"K-{self.rng.getrandbits(36):09x}"
        self.office.record(person, self.now)
