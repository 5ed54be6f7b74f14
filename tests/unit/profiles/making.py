"""Short ways to make events, arrivals and components for tests of the pure core."""

from collections.abc import Iterable, Sequence

from unifier.events.canonical import Event, Identifier, Order, Signal
from unifier.matching.identity import identify
from unifier.profiles.component import Component
from unifier.profiles.fold import Folded, Work, fold
from unifier.profiles.fragment import Arrival
from unifier.profiles.ids import Keys
from unifier.rules import Rules, default_rules

KEYS = Keys("test")
RULES = default_rules()
LANE = b"lane"


def without(kind: str, rules: Rules = RULES) -> Rules:
    """Rules that no longer know a type of identifiers."""
    return rules.model_copy(
        update={"identifiers": {name: rule for name, rule in rules.identifiers.items() if name != kind}}
    )


def event(
    event_id: str,
    *identifiers: Identifier,
    at: int = 1_000,
    source: str = "online",
    signal: Signal | None = Signal.TOUCH,
    order: Order | None = None,
    consents: Sequence[tuple[str, bool]] = (),
    same_as: Sequence[Identifier] = (),
    **traits: str,
) -> Event:
    """An event anchored on its first identifier."""
    return Event(
        event_id=event_id,
        source=source,
        channel="store" if source == "pos" else "web",
        touchpoint="page",
        name="Page",
        at=at,
        anchor=identifiers[0] if identifiers else None,
        signal=signal,
        identifiers=identifiers,
        traits=tuple(sorted(traits.items())),
        consents=tuple(consents),
        order=order,
        same_as=tuple(same_as),
    )


def arrival(told: Event, offset: int) -> Arrival:
    """The event as it comes off partition 0."""
    identity = identify(told.identifiers, told.traits, "DE")
    anchor = "|".join(told.anchor) if told.anchor else ""
    order_key = KEYS.short(told.order.key) if told.order else b""
    return Arrival(
        told,
        KEYS.fragment(told.source, anchor, repr(identity)),
        identity,
        KEYS.short(told.event_id),
        LANE,
        offset,
        order_key,
        order_key or bytes(8),
    )


def arrivals(events: Iterable[Event]) -> list[Arrival]:
    """Events in the order of their offsets."""
    return [arrival(told, offset) for offset, told in enumerate(events)]


def anchors(of: Iterable[Arrival]) -> dict[bytes, bytes]:
    return {a.fid: KEYS.short("|".join(a.event.anchor) if a.event.anchor else a.fid.hex()) for a in of}


def folded(events: Iterable[Event], component: Component | None = None) -> tuple[Component, Folded]:
    """A component with the events folded in, in one batch."""
    coming = arrivals(events)
    into = component if component is not None else Component(min(a.fid for a in coming))
    return into, fold(into, Work(coming), anchors(coming), RULES, now=10_000)
