"""A privacy officer's command: whom is it about, and what is to be wished for.

The command names a person by identifiers, or by their keyed hashes. It is about the profile that carries most
of them; an identifier that too many share names nobody. Whom it is about is settled once: when the command
comes again, whoever else carries the identifier is not meant.
"""

from collections import Counter
from collections.abc import Sequence

from unifier.events.canonical import Command
from unifier.profiles.component import Component, Record
from unifier.profiles.privacy import Intent
from unifier.profiles.store import IndexEntry, Mark, Store
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.profiles.store.requests import Requests, Whom
from unifier.streams.intake import Intake
from unifier.streams.resolve import Resolver, Wish

NEVER_SHARED = 2**31
"""As limits of a key that nobody carries."""


class Officer:
    """Finds whom a privacy officer means."""

    def __init__(self, store: Store, intake: Intake, resolver: Resolver) -> None:
        self._store = store
        self._intake = intake
        self._resolver = resolver
        self._requests = Requests(store.redis)

    async def wishes(self, command: Command, now: int) -> list[Wish]:
        """What is to be done; nothing when nobody is known by these identifiers."""
        whom = await self._requests.whom(command.command_id)
        if whom is None:
            found = await self._find(command, min(command.at, now))
            whom = await self._requests.settle(command.command_id, found)
        if not whom.fid:
            await self._requests.tell(command.command_id, kind=command.command, state="unknown")
            return []
        intent = Intent(frozenset([whom.fid]), whom.until, now, command.command_id, whole=True)
        return [Wish([whom.fid], erase=intent)]

    async def done(self, command: Command) -> None:
        """All of it is carried out."""
        await self._requests.tell(command.command_id, kind=command.command, state="done")

    async def _find(self, command: Command, until: int) -> Whom:
        places = self._intake.places_of(command)
        entries = await self._store.lookup(places)
        record = await self._person([entry for entry in entries if entry is not None])
        if record is not None:
            return Whom(record.members[0], until)
        # Their events may be yet to come, when all is read again: they are not taken in either.
        strange = [place for place, entry in zip(places, entries, strict=True) if entry is None]
        await self._store.mark(
            [], until, [Mark(place, True, NEVER_SHARED, NEVER_SHARED) for place in strange]
        )
        return Whom(b"", until)

    async def _person(self, entries: Sequence[IndexEntry]) -> Record | None:
        """The profile that carries most of the identifiers; of several the one with most holders."""
        holders = [set(entry.holders) for entry in entries if not entry.shared]
        known = await self._resolver.learn_anew(set[bytes]().union(*holders))
        components = {
            root: Component.unpack(root, value[HEAD_BYTES:]) for root, value in known.values.items()
        }
        records: dict[str, Record] = {}
        carried: Counter[str] = Counter()
        told: Counter[str] = Counter()
        for carriers in holders:
            found = set()
            for fid in carriers:
                root = known.roots[fid]
                if root is not None and (record := components[root].record_of(fid)) is not None:
                    records[record.pid] = record
                    found.add(record.pid)
                    told[record.pid] += 1
            carried.update(found)
        best = min(records, key=lambda pid: (-carried[pid], -told[pid], records[pid].born, pid), default=None)
        return None if best is None else records[best]
