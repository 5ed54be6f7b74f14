"""The facts of a profile that conditions ask for (`unifier.conditions`), each worked out at first need."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from unifier.conditions import Value
from unifier.events.canonical import CHANNELS, Signal
from unifier.journey.buying import Buyer
from unifier.journey.forecast import EXPECTED_DAYS, features
from unifier.journey.ropo import Crossing, crossings
from unifier.journey.told import Told
from unifier.journey.walk import State
from unifier.profiles.consent import Word, consents
from unifier.profiles.fragment import Fragment
from unifier.profiles.marks import DAY_MS, Fields, all_times, fields_of, times_of
from unifier.profiles.orders import Orders, union
from unifier.profiles.view import is_known
from unifier.rules import Rules

_PURCHASE, _STORE = int(Signal.PURCHASE), CHANNELS.index("store")
_NO_ORDERS = Orders()
_SIGNALS = {
    "interests": int(Signal.INTEREST),
    "preferences": int(Signal.PREFERENCE),
    "troubles": int(Signal.TROUBLE),
    "advocacies": int(Signal.ADVOCACY),
}


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

    @cached_property
    def _packed(self) -> bytes:
        return b"".join([fragment.marks for fragment in self._fragments])

    @cached_property
    def marks(self) -> list[Fields]:
        """All marks in ascending order."""
        return sorted([mark for fragment in self._fragments for mark in fields_of(fragment.marks)])

    @cached_property
    def touched(self) -> list[int]:
        """When there were marks, in the order of the fragments; less work than `marks`."""
        return all_times(self._packed)

    @cached_property
    def orders(self) -> Orders:
        """The orders of all fragments, each once."""
        told = [f.orders for f in self._fragments if f.orders is not None]
        return union(told) if len(told) > 1 else told[0] if told else _NO_ORDERS

    @cached_property
    def buyer(self) -> Buyer | None:
        """What the forecast of orders knows; None: no order stands."""
        orders = self["orders"]
        assert isinstance(orders, list)
        if not orders:
            return None
        days = sorted({at // DAY_MS for at in orders})
        age = max(self._now // DAY_MS, days[-1]) - days[0]
        return Buyer(len(days) - 1, (days[-1] - days[0]) / 7, age / 7)

    @cached_property
    def crossings(self) -> list[Crossing]:
        """Sales with touches on the other side before them."""
        return crossings(self._fragments, self.rules.ropo)

    @cached_property
    def consents(self) -> dict[str, Word]:
        """By purpose the word that counts."""
        return consents(self._fragments) if any(f.consents for f in self._fragments) else {}

    @cached_property
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

    def _purchase_chance(self) -> float | None:
        packed = self._packed
        return (
            self.rules.forecast.chance(self.phase, features(packed, self.touched, self._now))
            if packed
            else None
        )

    def _alive_chance(self) -> float | None:
        buying, buyer = self.rules.forecast.buying, self.buyer
        return buying.model.alive(buyer) if buying and buyer and buyer.repeats else None

    def _expected_orders(self) -> float | None:
        buying, buyer = self.rules.forecast.buying, self.buyer
        return buying.model.expected(buyer, EXPECTED_DAYS / 7) if buying and buyer else None

    def _did(self, event: str) -> float:
        return float(sum([place[3] for f in self._fragments for place in f.places if place[2] == event]))

    def _channel(self, channel: str) -> float:
        return float(sum([place[3] for f in self._fragments for place in f.places if place[0] == channel]))


_FACTS: Mapping[str, Callable[[ProfileFacts], Value]] = {
    "known": ProfileFacts._known_person,
    "anonymous": lambda facts: not facts["known"],
    "loyal": lambda facts: facts._stand[3],
    "phase": lambda facts: facts.phase,
    "journey": lambda facts: float(facts._stand[2]),
    "returns": ProfileFacts._returns,
    "touches": lambda facts: float(sum(fragment.touches for fragment in facts._fragments)),
    "orders": ProfileFacts._orders,
    "orders_online": lambda facts: facts._orders(store=False),
    "orders_store": lambda facts: facts._orders(store=True),
    "ropo_sales": lambda facts: facts._sales(in_store=True),
    "showroomed": lambda facts: facts._sales(in_store=False),
    "first_seen": lambda facts: [min(fragment.first_at for fragment in facts._fragments)],
    "purchase_chance": ProfileFacts._purchase_chance,
    "alive_chance": ProfileFacts._alive_chance,
    "expected_orders": ProfileFacts._expected_orders,
    "last_seen": lambda facts: [max(fragment.last_at for fragment in facts._fragments)],
}
_PREFIXED: Mapping[str, Callable[[ProfileFacts, str], Value]] = {
    "consent": ProfileFacts._consent,
    "did": ProfileFacts._did,
    "channel": ProfileFacts._channel,
}
