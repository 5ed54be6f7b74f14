"""Orders of a fragment: what was bought, what came back. Exact in integers of 1/10000 currency unit.

An order is known by the hash of its key, so the same receipt told under two identities is one order
when the two turn out to be one person; and an online order that a till hands out, naming it, is one with
what the shop tells. What a till has voided, a sale or a return, falls away. The newest ORDERS_MAX are kept
one by one; older ones are summed into `closed`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, TypeVar

Key = TypeVar("Key", str, bytes)

ORDERS_MAX = 200
RETURNS_MAX = 16  # part returns of one order that are told apart; more are summed, one sum a currency
CURRENCIES_MAX = 200  # in the sums of older orders; there are some 180
SUM_MOST = 2**63 - 1  # what can be stored
_OTHER_RETURNS = bytes(8)
_NAME_BYTES = len(_OTHER_RETURNS)
_PLAIN = 6  # fields of most orders, as stored


@dataclass(slots=True)
class Purchase:
    """One order, or what a till tells of it. `sold_at` 0: nobody has told of its sale so far."""

    sold_at: int = 0  # as told first
    store: bool = False
    currency: str = ""
    amount: int = 0
    cancelled: bool = False
    returns: dict[bytes, int] = field(default_factory=dict)  # hash of the return, currency → amount; 0: all
    told_at: int = 0  # when that was told what it comes to
    of: bytes = b""  # key of the order of the shop that it is a part of

    def pack(self) -> list[object]:
        """Plain values for MessagePack."""
        told = [self.sold_at, self.store, self.currency, self.amount, self.cancelled, self.returns]
        later = self.told_at - self.sold_at
        return [*told, later, self.of] if later or self.of else told

    @classmethod
    def unpack(cls, packed: list[Any]) -> "Purchase":
        """Inverse of `pack`."""
        order = cls(*packed[:_PLAIN])
        later, order.of = packed[_PLAIN:] or (0, b"")
        order.told_at = order.sold_at + later
        return order

    @property
    def word(self) -> tuple[bool, int, int, str]:
        """What it comes to; of two words the greater counts: that of the shop that took the order before that
        of a till which hands it out, of one's own the later."""
        return bool(self.told_at) and not self.store, self.told_at, self.amount, self.currency

    @property
    def undone(self) -> bool:
        """Cancelled, or all of it returned: it no longer counts as a purchase."""
        if self._none_left or not (self.returns and self.sold_at):
            return self._none_left
        back = sum(amount for key, amount in self.returns.items() if _currency(key) == self.currency)
        return 0 < self.amount <= back

    @property
    def _none_left(self) -> bool:
        return self.cancelled or 0 in self.returns.values()

    def paid(self) -> dict[str, int]:
        """By currency what the customer paid in the end; of a cancelled order nothing."""
        sums = {self.currency: self.amount} if self.sold_at else {}
        for key, amount in self.returns.items():
            if currency := _currency(key):  # of a whole order nobody tells what was given back
                sums[currency] = sums.get(currency, 0) - amount
        return dict.fromkeys(sums, 0) if self._none_left else sums


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
            {key: Purchase.unpack(fields) for key, fields in kept.items()},  # type: ignore[attr-defined]
            Closed(*closed),  # type: ignore[misc]
        )

    def names(self, returns: bool) -> set[bytes]:
        """Hashes of the orders that are told of, and of their returns."""
        found = {*self.kept, *[order.of for order in self.kept.values() if order.of]}
        return found | self.own(returns)

    def own(self, returns: bool) -> set[bytes]:
        """The same, without the orders that another system names."""
        told = self.kept.values() if returns else ()
        back = {key[:_NAME_BYTES] for order in told for key in order.returns}
        return self.kept.keys() | back - {_OTHER_RETURNS}

    def tell(
        self,
        key: bytes,
        kind: str,
        amount: int,
        currency: str,
        at: int,
        store: bool,
        part: bytes,
        of: bytes = b"",
    ) -> bool:
        """Fold one event in; `part` (8 bytes) names a return, `of` the order of the shop that it is told of.
        True when a cap pushed an older order into `closed`, or a return in yet another currency out."""
        full = False
        order = self.kept.get(key)
        if order is None:
            order = self.kept[key] = Purchase()
        if kind in ("sale", "update"):
            sold_at = at if kind == "sale" else 0
            order = self.kept[key] = _joined(order, Purchase(sold_at, store, currency, amount, told_at=at))
        elif kind == "cancel":
            order.cancelled = True
        elif kind == "return":
            part += currency.encode()
            if part not in order.returns:  # told again, with the customer, it is the same return
                if len(order.returns) >= RETURNS_MAX:
                    part = _OTHER_RETURNS + currency.encode()
                    order.cancelled |= amount == 0
                full = not _add(order.returns, part, amount, 2 * RETURNS_MAX)
        order.of = max(order.of, of)
        return self.close_oldest() or full

    def take_in(self, other: "Orders") -> None:
        """Take in what another fragment was told, within the caps."""
        whole = union([self, other])
        self.kept, self.closed = whole.kept, whole.closed
        for order in self.kept.values():
            named = sorted(part for part in order.returns if not part.startswith(_OTHER_RETURNS))
            for part in named[RETURNS_MAX:]:
                amount = order.returns.pop(part)
                order.cancelled |= amount == 0
                _add(order.returns, _OTHER_RETURNS + part[_NAME_BYTES:], amount, 2 * RETURNS_MAX)
        self.close_oldest()

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


def settled(parts: Iterable[Orders]) -> Orders:
    """The same, as they count: what was voided falls away, and what a till tells of a shop's order is part of
    it. Not to be stored: more may be told of each."""
    whole = union(parts)
    whole.kept = _settled(whole.kept)
    return whole


def _settled(kept: dict[bytes, Purchase]) -> dict[bytes, Purchase]:
    voided = {key for key, order in kept.items() if order.cancelled}
    if not voided and not any([order.of for order in kept.values()]):  # noqa: C419 - half the time
        return kept
    found: dict[bytes, Purchase] = {}
    parts: dict[bytes, dict[bytes, Purchase]] = {}
    for key, order in kept.items():
        returns = {name: back for name, back in order.returns.items() if name[:_NAME_BYTES] not in voided}
        stands = order if len(returns) == len(order.returns) else replace(order, returns=returns)
        (parts.setdefault(order.of, {}) if order.of else found)[key] = stands
    for key, told in parts.items():
        whole = found.get(key, Purchase())
        for part in told.values():
            if not part.cancelled:
                whole = _joined(whole, part)
        if not whole.sold_at and not whole.returns:
            whole = replace(whole, cancelled=True)
        found[key] = whole
        # Whoever told of the till's receipt without naming the order has told of what no longer counts.
        gone = [name for name, part in told.items() if part.cancelled or whole.undone]
        found |= {name: Purchase(cancelled=True) for name in gone}
    return found


def _joined(a: Purchase, b: Purchase) -> Purchase:
    """What was told of one order in two events, or in two fragments."""
    word = max(a, b, key=attrgetter("word"))
    sold_at = min([one.sold_at for one in (a, b) if one.sold_at], default=0)
    returns = a.returns | b.returns
    for key in a.returns.keys() & b.returns:
        if key.startswith(_OTHER_RETURNS):
            returns[key] = a.returns[key] + b.returns[key]
    cancelled, of = a.cancelled or b.cancelled, max(a.of, b.of)
    return Purchase(sold_at, word.store, word.currency, word.amount, cancelled, returns, word.told_at, of)
