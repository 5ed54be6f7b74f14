"""The first story: an anonymous browser is recognised at the till."""

from collections.abc import Iterator
from typing import NamedTuple

from unifier.devstack.demo.ledger import Row
from unifier.devstack.demo.play import Play
from unifier.devstack.demo.stories import Evening, Story, plain, strongest, when

TITLE = "1. An anonymous browser is recognised at the till"
NAMELESS = frozenset({"cookie_id", "device_id"})
NAMES_NOBODY = NAMELESS | {"payment_account"}
MANY = 10  # touches; more make no better story


class Visitor(NamedTuple):
    """A profile with a browser that nobody knew at first, and a sale in a store."""

    pid: str
    nameless: list[Row]  # the touches before anything tied the browser to a person
    namer: Row  # the event that did
    sale: Row


def recognised(play: Play, evening: Evening) -> Story:
    """Find one and tell of it."""
    told = {data["profile_id"] for data, _ in play.tally.transitions if data["anonymous"]}
    visitor = max(
        _visitors(evening),
        key=lambda one: (one.namer.at < one.sale.at, one.pid in told, min(MANY, len(one.nameless)), one.pid),
        default=None,
    )
    if visitor is None:
        return Story(TITLE, {}, ["none in this run: take more events"])
    pid, nameless, namer, sale = visitor
    evidence = strongest(play.client.evidence(pid).links)
    profile = play.client.profile(pid)
    by_channel = profile.metrics.orders_by_channel
    moments = [
        (nameless[0].at, f"a browser that nobody knows: {_touch(nameless[0])}"),
        (nameless[-1].at, f"the last of {len(nameless)} such touches: {_touch(nameless[-1])}"),
        (namer.at, f"{namer.name} tells {plain(namer.carries - NAMES_NOBODY)} (event {namer.event_id})"),
        (
            sale.at,
            f"a sale of {sale.total} at {sale.touchpoint}; the customer shows {plain(sale.carries)} "
            f"(event {sale.event_id})",
        ),
    ]
    if len(nameless) == 1:
        del moments[1]
    lines = [
        *(f"{when(at)}  {words}" for at, words in sorted(moments, key=lambda one: one[0])),
        f"It is one profile, {pid}: {evening.name(sale.person)}, {profile.metrics.touches} touches, "
        f"{by_channel.get('online', 0)} orders online and {by_channel.get('store', 0)} in stores, "
        f"now in {profile.phase.current}",
        f"because: {', '.join(evidence)}",
    ]
    events = [row.event_id for row in (nameless[0], nameless[-1], namer, sale)]
    return Story(TITLE, {"profile_id": pid, "events": events, "evidence": evidence}, lines)


def _visitors(evening: Evening) -> Iterator[Visitor]:
    for pid, rows in evening.by_profile().items():
        browsing = [row for row in rows if row.online and row.carries <= NAMELESS]
        if not browsing or len({row.person for row in rows}) > 1:
            continue
        after = [row for row in rows if row.at > browsing[0].at and not row.carries <= NAMES_NOBODY]
        namer = next((row for row in after if row.online), None)
        sale = next((row for row in after if row.sale), None)
        if namer is not None and sale is not None:
            until = min(namer.at, sale.at)
            yield Visitor(pid, [row for row in browsing if row.at < until], namer, sale)


def _touch(row: Row) -> str:
    return f"{row.name}, {row.touchpoint} (event {row.event_id})"
