"""Fragments: the events by whom the source says they are about. Nothing is summed, nothing forgotten."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from unifier.events.canonical import Event
from unifier.events.fields import exact
from unifier.matching.blocking import tells_nobody
from unifier.matching.identity import Identity, identifier, identify
from unifier.profiles.ids import Keys
from unifier.rules import Rules


@dataclass(eq=False)
class Fragment:
    """One source, one anchor, one set of identity values, and every event that told them."""

    fid: bytes
    anchor: object  # whatever is equal for equal anchors
    identity: Identity
    events: list[Event] = field(default_factory=list)

    @property
    def since(self) -> int:
        return min(event.at for event in self.events)

    @property
    def claims(self) -> set[str]:
        """Whom the source says this is, too."""
        told = [pair for event in self.events for pair in event.same_as]
        return {f"{kind}|{value}" for kind, raw in told if (value := identifier(kind, raw))}

    @property
    def orders(self) -> set[str]:
        """Orders, and a till's returns, told of; a delivery tells nothing of whose the order is."""
        told = [event.order for event in self.events if event.order and event.order.kind != "fulfilment"]
        return {name for order in told for name in (order.key, order.part, order.of) if name}

    @property
    def receipts(self) -> set[str]:
        told = [event.order for event in self.events if event.order and event.source == "pos"]
        return {name for order in told for name in (order.key, order.part) if name}


def fragments(events: Iterable[Event], keys: Keys, country: str, rules: Rules) -> list[Fragment]:
    """Each event once: the publisher's id says which are one. What names nobody is each receipt's own."""
    found: dict[bytes, Fragment] = {}
    seen: set[tuple[bytes, str, str]] = set()
    for event in events:
        identity = identify(event.identifiers, event.traits, country)
        values = "\x1e".join(identity.texts())
        anchor = "\x1e".join(exact(part) for part in event.anchor) if event.anchor else ""
        if not anchor and tells_nobody(identity, rules):
            anchor = f"receipt\x1e{event.order.key if event.order else event.event_id}"
        fid = keys.fragment(event.source, anchor, values)
        if (fid, event.source, event.event_id) not in seen:
            seen.add((fid, event.source, event.event_id))
            found.setdefault(fid, Fragment(fid, anchor or values, identity)).events.append(event)
    return list(found.values())
