"""Orders of a fragment: what was bought, what came back. Exact in integers of 1/10000 currency unit.

An order is known by the hash of its key, so the same receipt told under two identities is one order
when the two turn out to be one person. The newest ORDERS_MAX are kept one by one; older ones are summed
into `closed`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TypeVar

Key = TypeVar("Key", str, bytes)

ORDERS_MAX = 200
RETURNS_MAX = 16  # part returns of one order that are told apart; more are summed, one sum a currency
CURRENCIES_MAX = 200  # in the sums of older orders; there are some 180
SUM_MOST = 2**63 - 1  # what can be stored
_OTHER_RETURNS = bytes(8)
_NAME_BYTES = len(_OTHER_RETURNS)


@dataclass(slots=True)
class Purchase:
    """One order. `sold_at` 0: only its return or its delivery is known so far."""

    sold_at: int = 0
    store: bool = False
    currency: str = ""
    amount: int = 0
    cancelled: bool = False
    returns: dict[bytes, int] = field(default_factory=dict)  # hash of the return, currency → amount

    def pack(self) -> list[object]:
        """Plain values for MessagePack."""
        return [self.sold_at, self.store, self.currency, self.amount, self.cancelled, self.returns]

    @property
    def sale(self) -> tuple[int, int, str, bool]:
        """What was told of the sale; of two, the greater counts."""
        return self.sold_at, self.amount, self.currency, self.store

    @property
    def undone(self) -> bool:
        """Cancelled, or all of it returned: it no longer counts as a purchase."""
        if self.cancelled or not (self.returns and self.sold_at):
            return self.cancelled
        back = sum(amount for key, amount in self.returns.items() if _currency(key) == self.currency)
        return 0 < self.amount <= back

    def paid(self) -> dict[str, int]:
        """By currency what the customer paid in the end; of a cancelled order nothing."""
        sums = {self.currency: self.amount} if self.sold_at else {}
        for key, amount in self.returns.items():
            if currency := _currency(key):  # of a whole order nobody tells what was given back
                sums[currency] = sums.get(currency, 0) - amount
        return dict.fromkeys(sums, 0) if self.cancelled else sums


def _add(sums: dict[Key, int], key: Key, amount: int, most: int) -> bool:
    """Add to one of at most so many sums, within what can be stored. False when there is no room for it."""
    if key not in sums and len(sums) >= most:
        return False
    sums[key] = max(-SUM_MOST, min(SUM_MOST, sums.get(key, 0) + amount))
    return True


def _currency(key: bytes) -> str:
    """Of one of `Purchase.returns`."""
    return key[_NAME_BYTES:].decode()


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
        for currency, amount in order.paid().items():
            _add(self.revenue, currency, amount, CURRENCIES_MAX)

    def merge(self, other: "Closed") -> None:
        """Add the sums of another fragment."""
        self.store += other.store
        self.online += other.online
        self.returns += other.returns
        for currency, amount in other.revenue.items():
            _add(self.revenue, currency, amount, CURRENCIES_MAX)


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
        self, key: bytes, kind: str, amount: int, currency: str, at: int, store: bool, part: bytes
    ) -> bool:
        """Fold one event in; `part` (8 bytes) names a return. True when a cap pushed an older order into
        `closed`, or a return in yet another currency out."""
        full = False
        order = self.kept.get(key)
        if order is None:
            order = self.kept[key] = Purchase()
        if kind == "sale":
            # Told twice: the later word, whichever came first.
            if (at, amount, currency, store) > order.sale:
                order.sold_at, order.amount, order.currency, order.store = at, amount, currency, store
        elif kind == "cancel":
            order.cancelled = True
        elif kind == "return":
            order.cancelled |= amount == 0
            part += currency.encode()
            if part not in order.returns:  # told again, with the customer, it is the same return
                if len(order.returns) >= RETURNS_MAX:
                    part = _OTHER_RETURNS + currency.encode()
                full = not _add(order.returns, part, amount, 2 * RETURNS_MAX)
        return self.close_oldest() or full

    def close_oldest(self) -> bool:
        """Sum up the oldest that are too many. True when there were any."""
        oldest = sorted(self.kept, key=lambda k: (self.kept[k].sold_at, k))[
            : max(0, len(self.kept) - ORDERS_MAX)
        ]
        for key in oldest:
            self.closed.add(self.kept.pop(key))
        return bool(oldest)

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
    for key in a.returns.keys() & b.returns:
        if key.startswith(_OTHER_RETURNS):
            returns[key] = a.returns[key] + b.returns[key]
    return Purchase(sale.sold_at, sale.store, sale.currency, sale.amount, a.cancelled or b.cancelled, returns)
