"""The view: what is read of a profile, worked out from its fragments every time.

A pure function of the fragments alone. Nothing derived is stored, so nothing is stale, and a merge taken
back leaves no trace. The journey's part is added by `journey.profile`.
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from unifier.events.form import amount_text, time_text
from unifier.profiles.consent import Word, consents
from unifier.profiles.fragment import Fragment, seen
from unifier.profiles.orders import Orders, settled
from unifier.rules import Rules

VALUES_MAX = 20  # values of one identifier type that are shown
PURPOSES_MAX = 200  # of consent, those with the latest words
TOUCHPOINTS_MAX = 100  # the latest are shown: a document has to fit into a message


def view(fragments: Sequence[Fragment], rules: Rules) -> dict[str, Any]:
    """The document of a profile as outside readers see it, without ids and phases."""
    identifiers = _identifiers(fragments)
    return {
        "kind": "known" if is_known(fragments, rules) else "anonymous",
        "traits": _traits(fragments),
        "identifiers": identifiers,
        "consents": {
            purpose: {"granted": word.granted, "at": time_text(word.said), "source": word.source}
            for purpose, word in _latest_words(consents(fragments))
        },
        "metrics": _metrics(fragments),
        "touchpoints": _touchpoints(fragments),
        "fragments": len(fragments),
    }


def _latest_words(words: dict[str, Word]) -> list[tuple[str, Word]]:
    latest = sorted(words.items(), key=lambda item: (-item[1].at, item[0]))
    return sorted(latest[:PURPOSES_MAX], key=itemgetter(0))


def is_known(fragments: Iterable[Fragment], rules: Rules) -> bool:
    """Whether anything names the person: an identifier that persons have, or a name."""
    naming = rules.naming
    return any(
        fragment.identity.first
        or fragment.identity.last
        or any(kind in naming for kind, _ in fragment.identity.ids)
        for fragment in fragments
    )


def timeline(fragments: Sequence[Fragment]) -> list[dict[str, str]]:
    """The touches that are kept, newest first."""
    moments = sorted(
        ((at, place[:3]) for fragment in fragments for at, place in fragment.moments()), reverse=True
    )
    return [
        {"at": time_text(at), "channel": channel, "touchpoint": touchpoint, "name": name}
        for at, (channel, touchpoint, name) in moments
    ]


def _traits(fragments: Sequence[Fragment]) -> dict[str, str]:
    """Per trait the value told last; of two at one time the greater, so that order does not matter."""
    newest: dict[str, tuple[int, str]] = {}
    for fragment in fragments:
        told = {name: (fragment.traits_at, value) for name, value in fragment.traits.items()}
        told |= {name: (at, value) for name, (at, value) in fragment.older.items()}
        for name, word in told.items():
            newest[name] = max(newest.get(name, word), word)
    return {name: value for name, (_, value) in sorted(newest.items())}


def _identifiers(fragments: Sequence[Fragment]) -> dict[str, list[str]]:
    values: dict[str, set[str]] = {}
    for fragment in fragments:
        for kind, value in fragment.identity.ids:
            values.setdefault(kind, set()).add(value)
    return {kind: sorted(values[kind])[:VALUES_MAX] for kind in sorted(values)}


def _metrics(fragments: Sequence[Fragment]) -> dict[str, Any]:
    """Counters; an order counts while it stands, revenue is what was paid less what was given back."""
    orders = settled([f.orders for f in fragments if f.orders is not None])
    standing = orders.standing()
    first, last = seen(fragments)
    in_store = sum(order.store for order in standing) + orders.closed.store
    online = len(standing) - sum(order.store for order in standing) + orders.closed.online
    return {
        "orders": in_store + online,
        "orders_by_channel": {"online": online, "store": in_store},
        "revenue": _revenue(orders),
        "returns": sum(len(order.returns) for order in orders.kept.values()) + orders.closed.returns,
        "touches": sum(fragment.touches for fragment in fragments),
        "first_seen_at": time_text(first),
        "last_seen_at": time_text(last),
        "last_order_at": time_text(sold) if (sold := max((o.sold_at for o in standing), default=0)) else None,
    }


def _revenue(orders: Orders) -> dict[str, str]:
    sums = dict(orders.closed.revenue)
    for order in orders.kept.values():
        for currency, amount in order.paid().items():
            sums[currency] = sums.get(currency, 0) + amount
    return {currency: amount_text(amount, currency) for currency, amount in sorted(sums.items())}


def _touchpoints(fragments: Sequence[Fragment]) -> list[dict[str, Any]]:
    """Touches by channel and touchpoint, the latest first."""
    places: dict[tuple[str, str], list[int]] = {}
    for fragment in fragments:
        for channel, touchpoint, _, count, last_at in fragment.places:
            place = places.setdefault((channel, touchpoint), [0, 0])
            place[0] += count
            place[1] = max(place[1], last_at)
    latest_first = sorted(places.items(), key=lambda item: (-item[1][1], item[0]))
    return [
        {"channel": channel, "touchpoint": touchpoint, "count": count, "last_at": time_text(last_at)}
        for (channel, touchpoint), (count, last_at) in latest_first[:TOUCHPOINTS_MAX]
    ]
