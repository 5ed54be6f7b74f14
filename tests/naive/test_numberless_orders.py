"""The rules may call an event a purchase that tells no order: an order by telephone."""

import json
from typing import Any

from tests.naive.counting import told
from tests.naive.histories import DAY, NOW, History, Said
from tests.naive.product import RULES, Core, Delivery, intake_of
from unifier.devstack.simulate.message import iso
from unifier.events.canonical import Signal

SIGNALS = {"Order Taken": Signal.PURCHASE, "Parcel Delivered": Signal.FULFILMENT}
TELEPHONE = RULES.model_copy(
    update={
        "signals": RULES.signals.model_copy(update={"online": {**RULES.signals.online, **SIGNALS}}),
    }
)


def said(days: float, name: str, product: str = "", channel: str = "call_centre") -> Said:
    """So many days ago."""
    message = {
        "messageId": f"{name} {days}",
        "type": "track",
        "event": name,
        "timestamp": iso(int(NOW - days * DAY)),
        "userId": "u",
        "context": {"channel": channel},
        "properties": {"product_id": product},
    }
    return Said("online", json.dumps(message).encode())


def walked(*messages: Said) -> tuple[Core, dict[str, Any]]:
    core = Core(TELEPHONE)
    core.take(messages, Delivery(History([*messages]), [*messages], intake_of(TELEPHONE)), NOW)
    [profile] = core.profiles()
    return core, profile


def test_who_orders_the_same_product_again_has_bought_again() -> None:
    _, profile = walked(said(20, "Order Taken", "box"), said(10, "Order Taken", "box"))
    assert profile["phase"]["journey"] == 2
    assert profile["loyal"]


def test_a_parcel_without_a_number_is_of_the_newest_order_whatever_it_names() -> None:
    _, profile = walked(said(1.5, "Order Taken", "box"), said(1.25, "Parcel Delivered", "carton"))
    assert profile["phase"]["since"] == iso(NOW - 5 * DAY // 4)


def test_each_is_a_sale_with_touches_before_it() -> None:
    core, _ = walked(*(said(day, "Order Taken") for day in (20, 10)), said(21, "Consulted", channel="store"))
    sales = {
        key[0]: number for key, number in told(core).items() if key[1:] == ("sales", "showrooming", "", "")
    }
    assert sales == {(NOW - day * DAY) // DAY: 1 for day in (20, 10)}
