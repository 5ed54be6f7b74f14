"""Rows of click-streams as online events, in the words of the Segment specification."""

from typing import Any

from unifier.clickstream.clicks import NAME_MAX, hash_of, key_of, moment
from unifier.clickstream.spec import ClickSpec
from unifier.events.canonical import Signal
from unifier.events.errors import Unreadable
from unifier.events.fields import exact
from unifier.events.form import time_text
from unifier.linking.rows import Cells
from unifier.rules import Rules

NO_CURRENCY = "XXX"
"""ISO 4217: no currency is involved."""
_OF_ORDERS = "Order "
_SAID_IN = {"device": ("device", "type"), "region": ("location", "region")}
"""Where an event says what the stream breaks visits down by."""


def online_event(cells: Cells, spec: ClickSpec, rules: Rules) -> dict[str, Any]:
    """A row as an event of a browser; its id is made of the row, unless the spec names a column for it.

    What the row has not, the event has not: whoever reads it refuses it for that.
    """
    key = hash_of(key_of(cells, spec)).hex()
    name = _name(cells.get(spec.event, ""), spec, rules)
    properties = {"product_id": cells.get(spec.product, "") if spec.product else ""}
    if name.startswith(_OF_ORDERS):
        properties |= _order(cells, spec, name, key)
    context: dict[str, Any] = {"channel": cells.get(spec.channel, "") if spec.channel else ""}
    for column, attribute in spec.attributes.items():
        if attribute in _SAID_IN and (value := cells.get(column, "")[:NAME_MAX]):
            part, field = _SAID_IN[attribute]
            context[part] = {field: value}
    message = {
        "messageId": key,
        "type": "track",
        "event": name,
        "timestamp": _time(cells.get(spec.time, "")),
        "anonymousId": cells.get(spec.user, ""),
        "context": context,
        "properties": {name: told for name, told in properties.items() if told},
    }
    return {name: told for name, told in message.items() if told}


def _name(name: str, spec: ClickSpec, rules: Rules) -> str:
    """What the stream calls it; of a signal, the first name that says just that."""
    meaning = spec.events.get(name, name)
    if meaning == name or not meaning.startswith("signal:"):
        return meaning
    signal = spec.signal(name, rules)
    if signal == Signal.TOUCH:
        return name
    names = [known for known, said in rules.signals.online.items() if said == signal]
    return min(names, key=lambda known: known.startswith(_OF_ORDERS), default=name)


def _order(cells: Cells, spec: ClickSpec, name: str, key: str) -> dict[str, str]:
    number = exact(cells.get(spec.order, "")) if spec.order else ""
    total = cells.get(spec.total, "") if spec.total else ""
    if not total and name == "Order Completed":
        return {"order_id": number or key, "total": "0", "currency": NO_CURRENCY}
    return {"order_id": number or key, "total": total, "currency": spec.currency if total else ""}


def _time(text: str) -> str:
    try:
        return time_text(moment(text))
    except Unreadable:
        return text
