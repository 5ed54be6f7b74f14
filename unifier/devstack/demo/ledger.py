"""What was published against what came of it: every event's fragment, profile, and the person it is about."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from redis import Redis

from unifier.devstack.simulate import DAY_MS, Message
from unifier.events.canonical import Event, Signal
from unifier.events.decode import Decoder
from unifier.events.errors import Unreadable
from unifier.profiles.component import Component, Dead, Record
from unifier.profiles.ids import Keys
from unifier.profiles.sets import Sets
from unifier.profiles.store import seal_of
from unifier.profiles.store.layout import HEAD_BYTES, HOMES, LIVE
from unifier.profiles.store.wrapping import unwrap
from unifier.rules import Rules
from unifier.settings import Settings
from unifier.streams.intake import Intake

AT_ONCE = 1_000
ROPO_MS = 30 * DAY_MS
ONLINE = frozenset({"web", "app", "email", "social", "ads"})
NO_TOUCH = frozenset({Signal.FULFILMENT, Signal.TROUBLE})  # mostly the warehouse's words, not the customer's


class Row(NamedTuple):
    """One published event that counts."""

    event_id: str
    fid: bytes  # the fragment that it belongs to
    person: str  # whom it is about, as the simulation knows
    at: int
    source: str
    name: str
    touchpoint: str
    carries: frozenset[str]  # types of the identifiers and traits that it told
    online: bool  # a touch by web, app, e-mail, social media or an ad
    sale: str  # key of a till sale, else empty
    total: str  # of the sale, with its currency
    number: int  # of the message that told it first
    ids: frozenset[str] = frozenset()  # of a person, a browser or an order, that it told


class Found(NamedTuple):
    """What is stored at one moment."""

    pids: dict[bytes, str]  # fragment → profile
    records: dict[str, tuple[Component, Record]]
    dead: dict[str, Dead]  # merged-away profile → where it went, and what it stood for

    def versions(self) -> dict[str, int]:
        """Profile → version."""
        return {pid: record.sequence for pid, (_, record) in self.records.items()}


def read_messages(messages: Iterable[Message], settings: Settings, rules: Rules) -> list[Row]:
    """The events in the messages, each once, in the order of publishing; those about nobody are left out."""
    decoder = Decoder(rules, settings.timezone)
    intake = Intake(decoder, Keys(settings.secret), rules, settings.country)
    rows: dict[tuple[str, str], Row] = {}
    for number, message in enumerate(messages):
        kind: Any = message.topic_kind
        try:
            event = decoder.decode(kind, message.value, [], "", message.at_ms)
        except Unreadable:
            continue
        if not isinstance(event, Event) or not message.person:
            continue
        name = event.source, event.event_id
        if name not in rows:
            rows[name] = _row(event, intake.named(event).fid, message.person, number, rules)
    return list(rows.values())


def _row(event: Event, fid: bytes, person: str, number: int, rules: Rules) -> Row:
    order = event.order
    strong = [one for one in event.identifiers if rules.identifiers[one[0]].strength != "household"]
    ids = [f"{kind}|{value.strip().lower()}" for kind, value in (*strong, *event.same_as)]
    sold = order is not None and order.kind == "sale" and event.source == "pos"
    return Row(
        event.event_id,
        fid,
        person,
        event.at,
        event.source,
        event.name,
        event.touchpoint,
        frozenset(name for name, _ in (*event.identifiers, *event.traits)),
        event.source == "online" and event.channel in ONLINE and event.signal not in NO_TOUCH,
        order.key if order is not None and sold else "",
        f"{order.amount / 10_000:.2f} {order.currency}" if order is not None and sold else "",
        number,
        frozenset([*ids, order.key] if order is not None else ids),
    )


def read_store(settings: Settings) -> Found:
    """Every profile in Redis."""
    found, seal = Found({}, {}, {}), seal_of(settings)
    with Redis.from_url(settings.redis) as client:
        keys = list(client.scan_iter(match=HOMES, count=AT_ONCE))
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            for key, value in zip(part, client.mget(part), strict=True):
                if value is not None and value[:1] == LIVE:
                    _take(Component.unpack(key[-12:], unwrap(value, seal)[HEAD_BYTES:]), found)
    return found


def _take(component: Component, into: Found) -> None:
    for record in component.records.values():
        into.records[record.pid] = component, record
        into.pids.update(dict.fromkeys(record.members, record.pid))
    into.dead.update(component.dead)


def persons_by_profile(rows: Iterable[Row], pids: Mapping[bytes, str]) -> dict[str, Counter[str]]:
    """Profile → how many of its events are about whom."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.fid in pids:
            found[pids[row.fid]][row.person] += 1
    return found


def ropo_sales(rows: Iterable[Row], who: Callable[[Row], Hashable | None]) -> int:
    """Till sales with an online touch of the same one within the 30 days before; `who` says of whom."""
    touches: dict[Hashable, list[int]] = defaultdict(list)
    sales: dict[str, set[tuple[Hashable, int]]] = defaultdict(set)
    for row in rows:
        if (one := who(row)) is None:
            continue
        if row.online:
            touches[one].append(row.at)
        elif row.sale:
            sales[row.sale].add((one, row.at))
    for times in touches.values():
        times.sort()
    return sum(any(_touched(touches.get(one, []), at) for one, at in told) for told in sales.values())


def tied(rows: Iterable[Row]) -> Callable[[Row], Hashable]:
    """Row → that part of its person which the ids in the events tie together.

    Who shows no card and never signs in is several parts, whoever looks.
    """
    parts = Sets[str]()

    def part(row: Row) -> str:
        return f"{row.person}|{row.fid.hex()}"

    for row in rows:
        for name in row.ids:
            parts.join(part(row), f"{row.person}|{name}")
    return lambda row: parts.of(part(row))


def _touched(times: list[int], at: int) -> bool:
    place = bisect_left(times, at)
    return place > 0 and times[place - 1] >= at - ROPO_MS


def b_cubed(pairs: Iterable[tuple[str, str]]) -> tuple[float, float]:
    """(precision, recall) of profiles over (person, profile) pairs, one an event (Bagga and Baldwin 1998)."""
    both = Counter(pairs)
    persons, profiles = Counter[str](), Counter[str]()
    for (person, profile), count in both.items():
        persons[person] += count
        profiles[profile] += count
    rows = both.total() or 1
    precision = sum(count * count / profiles[profile] for (_, profile), count in both.items()) / rows
    recall = sum(count * count / persons[person] for (person, _), count in both.items()) / rows
    return precision, recall
