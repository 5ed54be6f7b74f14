"""The facts of a profile that conditions ask for (`rules.conditions`), each worked out at first need."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from unifier.events.canonical import Signal
from unifier.journey.buying import Buyer, Outlook
from unifier.journey.forecast import EXPECTED_DAYS, features
from unifier.journey.ropo import Crossing, crossings
from unifier.journey.told import Told
from unifier.journey.walk import State
from unifier.profiles.consent import Word, consents
from unifier.profiles.fragment import Fragment, label, marks_of, seen
from unifier.profiles.marks import DAY_MS, Fields, all_times, times_of
from unifier.profiles.orders import Orders, settled
from unifier.profiles.view import is_known
from unifier.rules import Rules
from unifier.rules.conditions import Value

_NO_ORDERS = Orders()
_SIGNALS = {
    "interests": int(Signal.INTEREST),
    "preferences": int(Signal.PREFERENCE),
    "troubles": int(Signal.TROUBLE),
    "advocacies": int(Signal.ADVOCACY),
}


T = TypeVar("T")


class _Once(Generic[T]):
    """A property that is worked out at first need. functools.cached_property takes a lock for that before
    Python 3.12, which is more than most of these take."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, facts: Any, owner: type | None = None) -> T:
        value = facts.__dict__[self._name] = self._work(facts)
        return value


class ProfileFacts(Mapping[str, Value]):
    """Facts of the fragments of one profile and of where it stands in the journey."""

    def __init__(self, fragments: Sequence[Fragment], told: Told, rules: Rules, now: int) -> None:
        self._fragments = fragments
        self._told = told
        self.rules = rules
        self._now = now  # milliseconds UTC; only what is to be expected depends on it
        self._known: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        known = self._known
        if name not in known:
            known[name] = self._work_out(name)
        return known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    @_Once
    def packed(self) -> bytes:
        """All marks, in the order of the fragments."""
        return b"".join([fragment.marks for fragment in self._fragments])

    @_Once
    def marks(self) -> list[Fields]:
        """All marks in ascending order."""
        return marks_of(self._fragments)

    @_Once
    def touched(self) -> list[int]:
        """When there were marks, in the order of the fragments; less work than `marks`."""
        return all_times(self.packed)

    @_Once
    def seen(self) -> tuple[int, int]:
        """The first and the last touch."""
        return seen(self._fragments)

    @_Once
    def orders(self) -> Orders:
        """The orders of all fragments, each once."""
        told = [f.orders for f in self._fragments if f.orders is not None]
        return settled(told) if told else _NO_ORDERS

    @_Once
    def sold(self) -> list[int]:
        """When the orders that stand were sold, ascending."""
        return self._orders()

    @_Once
    def purchase_chance(self) -> float | None:
        """Of a purchase within 7 days; None: there is nothing to go on."""
        marks = self.packed
        return self.rules.forecast.chance(self.phase, features(marks, self._now)) if marks else None

    @_Once
    def buyer(self) -> Buyer | None:
        """What the forecast of orders knows; None: no order stands."""
        sold = self.sold
        if not sold:
            return None
        first, last = sold[0] // DAY_MS, sold[-1] // DAY_MS
        repeats = len({at // DAY_MS for at in sold}) - 1
        return Buyer(repeats, (last - first) / 7, (max(self._now // DAY_MS, last) - first) / 7)

    @_Once
    def outlook(self) -> Outlook | None:
        """Of a buyer, in the next 90 days."""
        buying, buyer = self.rules.forecast.buying, self.buyer
        return buying.model.outlook(buyer, EXPECTED_DAYS / 7) if buying and buyer else None

    def _expected_orders(self) -> float | None:
        return self.outlook.expected if self.outlook else None

    def _alive_chance(self) -> float | None:
        """Nobody stops before a repeat purchase."""
        return self.outlook.alive if self.outlook and self.buyer and self.buyer.repeats else None

    @_Once
    def crossings(self) -> list[Crossing]:
        """Sales with touches on the other side before them."""
        return crossings(self._fragments, self.rules.ropo)

    @_Once
    def consents(self) -> dict[str, Word]:
        """By purpose the word that counts."""
        return consents(self._fragments) if any(f.consents for f in self._fragments) else {}

    @_Once
    def _stand(self) -> tuple[str, int | None, int, bool]:
        """Phase, since when, journey, and loyalty in the first model."""
        telling = self._told.tellings[0]
        state = State(*telling.state)
        return telling.phase, state.since, state.journey, state.loyal

    @property
    def phase(self) -> str:
        """The phase in the first model."""
        return self._stand[0]

    @property
    def phase_since(self) -> int | None:
        """When that phase began, milliseconds UTC; None: there never was one."""
        return self._stand[1]

    @property
    def journey(self) -> int:
        """The number of the journey in the first model."""
        return self._stand[2]

    @_Once
    def fell_silent(self) -> str:
        """What came last, if the person fell back by time alone after it; else ""."""
        model = next(iter(self.rules.models.values()))
        before = model.phases[: model.phases.index(model.on.purchase)]
        last = max([[place[4], *place[:3]] for f in self._fragments for place in f.places], default=None)
        if last is None or self.phase not in before or last[0] >= (self.phase_since or 0):
            return ""
        _, channel, touchpoint, name = last
        return f"{label(name, touchpoint)} ({channel})"

    @property
    def last_trouble(self) -> int | None:
        """The newest return, refund or complaint, milliseconds UTC."""
        troubles = self["troubles"]
        assert isinstance(troubles, list)
        return troubles[-1] if troubles else None

    def _work_out(self, name: str) -> Value:
        if (fact := _FACTS.get(name)) is not None:
            return fact(self)
        if (signal := _SIGNALS.get(name)) is not None:
            return sorted([at for f in self._fragments for at in times_of(f.marks, signal)])
        kind, _, rest = name.partition(":")
        return _PREFIXED[kind](self, rest)

    def _known_person(self) -> bool:
        return is_known(self._fragments, self.rules)

    def _orders(self, store: bool | None = None) -> list[int]:
        if not self.orders.kept:
            return []
        standing = self.orders.standing()
        return sorted(order.sold_at for order in standing if store is None or order.store == store)

    def _sales(self, in_store: bool) -> list[int]:
        return [each.at for each in self.crossings if each.in_store == in_store]

    def _returns(self) -> float:
        orders = self.orders
        return float(sum(len(order.returns) for order in orders.kept.values()) + orders.closed.returns)

    def _consent(self, purpose: str) -> Value:
        word = self.consents.get(purpose)
        return None if word is None else word.granted

    def _did(self, event: str) -> float:
        return float(sum([place[3] for f in self._fragments for place in f.places if place[2] == event]))

    def _channel(self, channel: str) -> float:
        return float(sum([place[3] for f in self._fragments for place in f.places if place[0] == channel]))


_FACTS: Mapping[str, Callable[[ProfileFacts], Value]] = {
    "known": ProfileFacts._known_person,
    "anonymous": lambda facts: not facts["known"],
    "loyal": lambda facts: facts._stand[3],
    "phase": lambda facts: facts.phase,
    "journey": lambda facts: float(facts.journey),
    "returns": ProfileFacts._returns,
    "touches": lambda facts: float(sum(fragment.touches for fragment in facts._fragments)),
    "orders": lambda facts: facts.sold,
    "orders_online": lambda facts: facts._orders(store=False),
    "orders_store": lambda facts: facts._orders(store=True),
    "ropo_sales": lambda facts: facts._sales(in_store=True),
    "showroomed": lambda facts: facts._sales(in_store=False),
    "first_seen": lambda facts: [facts.seen[0]],
    "purchase_chance": lambda facts: facts.purchase_chance,
    "alive_chance": ProfileFacts._alive_chance,
    "expected_orders": ProfileFacts._expected_orders,
    "last_seen": lambda facts: [facts.seen[1]],
}
_PREFIXED: Mapping[str, Callable[[ProfileFacts, str], Value]] = {
    "consent": ProfileFacts._consent,
    "did": ProfileFacts._did,
    "channel": ProfileFacts._channel,
}
