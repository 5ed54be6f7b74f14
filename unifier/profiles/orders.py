"""Orders of a fragment: what was bought, what came back. Exact in integers of 1/10000 currency unit.

An order is known by the hash of its key, so the same receipt told under two identities is one order
when the two turn out to be one person. The newest ORDERS_MAX are kept one by one; older ones are summed
into `closed`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

ORDERS_MAX = 200
RETURNS_MAX = 16  # part returns of one order that are told apart; more are summed under one key
_OTHER_RETURNS = bytes(8)


@dataclass(slots=True)
class Purchase:
    """One order. `sold_at` 0: only its return or its delivery is known so far."""

    sold_at: int = 0
    store: bool = False
    currency: str = ""
    amount: int = 0
    cancelled: bool = False
    returns: dict[bytes, int] = field(default_factory=dict)  # hash of the event → amount

    def pack(self) -> list[object]:
        """Plain values for MessagePack."""
        return [self.sold_at, self.store, self.currency, self.amount, self.cancelled, self.returns]

    @property
    def sale(self) -> tuple[int, int, str, bool]:
        """What was told of the sale; of two, the greater counts."""
        return self.sold_at, self.amount, self.currency if self.sold_at else "", self.store

    @property
    def returned(self) -> int:
        """What was given back."""
        return sum(self.returns.values())

    @property
    def undone(self) -> bool:
        """Cancelled, or all of it returned: it no longer counts as a purchase."""
        return self.cancelled or (self.sold_at > 0 and self.amount > 0 and self.returned >= self.amount)

    @property
    def net(self) -> int:
        """What the customer paid in the end."""
        return 0 if self.cancelled else self.amount - self.returned


@dataclass(slots=True)
class Closed:
    """Sums of the orders that are no longer kept one by one."""

    store: int = 0
    online: int = 0
    returns: int = 0
    revenue: dict[str, int] = field(default_factory=dict)

    def pack(self) -> list[object]:
        """Plain values for MessagePack."""
        return [self.store, self.online, self.returns, self.revenue]

    def add(self, order: Purchase) -> None:
        """Sum an order up."""
        if order.sold_at and not order.undone:
            if order.store:
                self.store += 1
            else:
                self.online += 1
        self.returns += len(order.returns)
        if order.net:
            self.revenue[order.currency] = self.revenue.get(order.currency, 0) + order.net

    def merge(self, other: "Closed") -> None:
        """Add the sums of another fragment."""
        self.store += other.store
        self.online += other.online
        self.returns += other.returns
        for currency, amount in other.revenue.items():
            self.revenue[currency] = self.revenue.get(currency, 0) + amount


class Orders:
    """The orders of a fragment, or of a profile (the union over its fragments)."""

    __slots__ = ("closed", "kept")

    def __init__(self, kept: dict[bytes, Purchase] | None = None, closed: Closed | None = None) -> None:
        self.kept = kept if kept is not None else {}
        self.closed = closed if closed is not None else Closed()

    def pack(self) -> list[object]:
        """Plain values for MessagePack."""
        return [{key: order.pack() for key, order in self.kept.items()}, self.closed.pack()]

    @classmethod
    def unpack(cls, packed: list[object]) -> "Orders":
        """Inverse of `pack`."""
        kept, closed = packed
        return cls(
            {key: Purchase(*fields) for key, fields in kept.items()},  # type: ignore[attr-defined]
            Closed(*closed),  # type: ignore[misc]
        )

    def tell(
        self, key: bytes, kind: str, amount: int, currency: str, at: int, store: bool, event: bytes
    ) -> bool:
        """Fold one event in. True when the cap pushed an older order into `closed`."""
        order = self.kept.get(key)
        if order is None:
            order = self.kept[key] = Purchase(currency=currency)
        if kind == "sale":
            # Told twice: the later word, whichever came first.
            if (at, amount, currency, store) > order.sale:
                order.sold_at, order.amount, order.currency, order.store = at, amount, currency, store
        elif kind == "cancel":
            order.cancelled = True
        elif kind == "return":
            order.cancelled |= amount == 0
            part = event if len(order.returns) < RETURNS_MAX else _OTHER_RETURNS
            order.returns[part] = order.returns.get(part, 0) + amount
        if len(self.kept) <= ORDERS_MAX:
            return False
        oldest = min(self.kept, key=lambda k: (self.kept[k].sold_at, k))
        self.closed.add(self.kept.pop(oldest))
        return True

    def standing(self) -> list[Purchase]:
        """The orders that count, those in `closed` aside."""
        return [order for order in self.kept.values() if order.sold_at and not order.undone]

    def undone(self) -> frozenset[bytes]:
        """Keys of the orders that were cancelled or wholly returned."""
        return frozenset(key for key, order in self.kept.items() if order.undone)


def union(parts: Iterable[Orders]) -> Orders:
    """The orders of several fragments, each order once."""
    whole = Orders()
    for part in parts:
        whole.closed.merge(part.closed)
        for key, order in part.kept.items():
            known = whole.kept.get(key)
            whole.kept[key] = order if known is None else _joined(known, order)
    return whole


def _joined(a: Purchase, b: Purchase) -> Purchase:
    """One order told in two fragments. Of two sales the later, then the larger, stands."""
    sale = max(a, b, key=attrgetter("sale"))
    returns = a.returns | b.returns
    if _OTHER_RETURNS in returns:
        returns[_OTHER_RETURNS] = a.returns.get(_OTHER_RETURNS, 0) + b.returns.get(_OTHER_RETURNS, 0)
    return Purchase(sale.sold_at, sale.store, sale.currency, sale.amount, a.cancelled or b.cancelled, returns)
