"""Everything that is stored of a person, as JSON: each word with the source that told it, and when."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from unifier.events.canonical import CHANNELS, Signal
from unifier.events.form import amount_text, time_text
from unifier.journey.profile import documents
from unifier.profiles.component import Component
from unifier.profiles.erasure import reach
from unifier.profiles.fragment import Fragment
from unifier.profiles.ids import Keys
from unifier.profiles.privacy import Intent
from unifier.profiles.store import Store
from unifier.profiles.topics import SIDES, met
from unifier.profiles.whom import most_named, place_of
from unifier.rules import Rules
from unifier.serving.evidence import evidence
from unifier.serving.reader import StoreReader


class Exporter:
    """Exports people whom hashed identifiers name."""

    def __init__(self, store: Store, reader: StoreReader, keys: Keys, rules: Rules) -> None:
        self._store = store
        self._reader = reader
        self._keys = keys
        self._rules = rules

    async def export(self, hashes: Iterable[str]) -> dict[str, Any] | None:
        """Profiles and fragments of the person; None when nobody is known. Raises RedisError."""
        entries = await self._store.lookup([place_of(one) for one in hashes])
        carriers = [set(entry.holders) for entry in entries if entry is not None and not entry.shared]
        components = await self._reader.components(set[bytes]().union(*carriers))
        found = most_named(carriers, components)
        if found is None:
            return None
        component, record = found
        return exported(component, record.members, self._rules, self._keys, int(time.time() * 1000))


def exported(
    component: Component, fids: Sequence[bytes], rules: Rules, keys: Keys, now: int
) -> dict[str, Any]:
    """Of the person with these fragments: the same fragments as an erasure would reach."""
    person = reach(component, Intent(frozenset(fids), 2**53, 0, "", whole=True), rules)
    found = [one for one in component.records.values() if not person.isdisjoint(one.members)]
    records = sorted(found, key=lambda one: (one.born, one.pid))
    return {
        "profiles": [
            {
                **told,
                "restricted": component.is_restricted(record),
                "merged_ids": sorted(pid for pid in component.dead if component.stands_for(pid) is record),
                "evidence": evidence(component, record, rules),
            }
            for record, told in zip(records, documents(component, records, rules, keys, now), strict=True)
        ],
        "fragments": [_fragment(fragment) for fragment in component.fragments(sorted(person))],
    }


def _fragment(fragment: Fragment) -> dict[str, Any]:
    """All that one source told under one identity."""
    compared = fragment.identity._asdict()
    attributes, ids = dict(compared.pop("attributes")), compared.pop("ids")
    return {
        "fragment": fragment.fid.hex(),
        "source": fragment.source,
        "named_by": fragment.anchor or "the values themselves",
        "first_event_id": fragment.origin,
        "first_seen_at": time_text(fragment.began),
        "last_seen_at": time_text(fragment.last_at),
        "touch_count": fragment.touches,
        "identifiers": [{"type": kind, "value": value} for kind, value in ids],
        "compared_as": {name: value for name, value in compared.items() if value} | attributes,
        "traits": [
            {"trait": name, "value": value, "at": time_text(at)}
            for name, (at, value) in sorted(_traits(fragment).items())
        ],
        "consents": [
            {"purpose": purpose, "granted": bool(granted), "at": time_text(*(said or [at])), "source": source}
            for purpose, (granted, at, source, *said) in sorted(fragment.consents.items())
        ],
        "said_to_be": [
            {"identifier": key.partition("|")[::2], "event_id": event_id, "at": time_text(at)}
            for key, (event_id, at) in sorted(fragment.claims.items())
        ],
        "touchpoints": [
            {"channel": channel, "touchpoint": place, "name": name, "count": count, "last_at": time_text(at)}
            for channel, place, name, count, at in fragment.places
        ],
        "touches": [
            {"at": time_text(at), "channel": place[0], "touchpoint": place[1], "name": place[2]}
            for at, place in fragment.moments()
        ],
        "signals": [
            {"at": time_text(m.at), "signal": Signal(m.signal).name.lower(), "channel": CHANNELS[m.channel]}
            for m in fragment.all_marks()
        ],
        "topics": [
            {"at": time_text(at), "what": SIDES[side], "campaign": campaign, "category": category}
            for at, side, campaign, category in sorted(met([fragment.topics]))
        ],
        **_orders(fragment),
    }


def _traits(fragment: Fragment) -> dict[str, tuple[int, str]]:
    newest = {name: (fragment.traits_at, value) for name, value in fragment.traits.items()}
    return {name: (at, value) for name, (at, value) in fragment.older.items()} | newest


def _orders(fragment: Fragment) -> dict[str, Any]:
    if fragment.orders is None:
        return {"orders": []}
    closed = fragment.orders.closed
    return {
        "orders": [
            {
                "at": time_text(order.sold_at) if order.sold_at else None,
                "channel": "store" if order.store else "online",
                "amount": amount_text(order.amount, order.currency),
                "currency": order.currency,
                "paid_in_the_end": {c: amount_text(amount, c) for c, amount in order.paid().items()},
                "cancelled": order.cancelled,
            }
            for order in fragment.orders.kept.values()
        ],
        "older_orders": {
            "store": closed.store,
            "online": closed.online,
            "returns": closed.returns,
            "revenue": {currency: amount_text(sum_, currency) for currency, sum_ in closed.revenue.items()},
        },
    }
