"""Histories: the clicks of one person as the stream would have kept them."""

from collections.abc import Sequence

from unifier.clickstream.clicks import Click
from unifier.clickstream.spec import ClickSpec
from unifier.events.canonical import CHANNELS, Signal
from unifier.profiles.marks import NO_DETAIL, Mark
from unifier.profiles.orders import Orders
from unifier.rules import Rules

_OF_ORDERS = (Signal.PURCHASE, Signal.FULFILMENT, Signal.TROUBLE)


def history(clicks: Sequence[Click], spec: ClickSpec, rules: Rules) -> tuple[list[Mark], frozenset[bytes]]:
    """The marks in ascending order, and the orders that were cancelled or wholly given back."""
    marks, orders = [], Orders()
    for click in clicks:
        signal = spec.signal(click.name, rules)
        # Who buys a product again does not tell of one order twice: of a purchase only its number says that.
        detail = click.order if signal in _OF_ORDERS else click.product
        channel = CHANNELS.index(click.channel)
        marks.append(Mark(click.at, int(signal), channel, 0, click.key, detail or NO_DETAIL))
        if click.order:
            _tell(orders, click, spec)
    return sorted(marks), orders.undone()


def _tell(orders: Orders, click: Click, spec: ClickSpec) -> None:
    """As `events.online` reads orders: a refund without an amount is of all, one of 0 is none, and some
    publishers tell refunds as negative amounts."""
    kind = spec.order_kind(click.name)
    unpaid = (kind == "return" and click.paid == 0) or (kind == "update" and click.paid is None)
    if kind in ("", "fulfilment") or unpaid:
        return
    amount, store = click.paid or 0, click.channel == "store"
    if kind == "return":
        amount = abs(amount)
    orders.tell(click.order, kind, amount, spec.currency, click.at, store, click.key)
