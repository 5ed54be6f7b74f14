"""A privacy officer's command: whom is it about, and what is to be wished for.

The command names a person by identifiers, or by their keyed hashes. It is about the profile that carries most
of them; an identifier that too many share names nobody. Whom it is about is settled once: when the command
comes again, whoever else carries the identifier is not meant.
"""

from collections.abc import Mapping, Sequence

from unifier.events.canonical import Command
from unifier.profiles.component import Component, Record
from unifier.profiles.privacy import Intent, Restriction
from unifier.profiles.store import IndexEntry, Mark, Store
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.profiles.store.requests import DONE, ERASED, UNKNOWN, Requests, Whom
from unifier.profiles.whom import most_named, place_of
from unifier.streams.finder import Finder
from unifier.streams.intake import Intake
from unifier.streams.wishes import Wish

NEVER_SHARED = 2**31
"""As limits of a key that nobody carries."""


class Officer:
    """Finds whom a privacy officer means."""

    def __init__(self, store: Store, intake: Intake, finder: Finder) -> None:
        self._store = store
        self._intake = intake
        self._finder = finder
        self._requests = Requests(store.redis, store.replicas)

    async def wishes(self, command: Command, arrived: int, now: int) -> list[Wish]:
        """What is to be done; nothing when nobody is known by these identifiers.

        Nobody is erased up to a later time than the command `arrived` at the broker. Which of two other words
        is the newer one is as they say themselves. The clock of a worker may be wrong.
        """
        whom = await self._requests.whom(command.command_id)
        if whom is None:
            hashes = [*self._intake.hashed(command.identifiers), *command.hashes]
            erase = command.command == "erase"
            at = min(command.at, arrived) if erase else command.at
            entries = await self._store.lookup([place_of(one) for one in hashes], sure=True)
            known = dict(zip(hashes, entries, strict=True))
            found = await self._find(known, at, erase=erase)
            # By a value that many share, nobody would know whose the dead letters are that hold it.
            own = [one for one, entry in known.items() if entry is None or not entry.shared]
            await self._requests.tell(command.command_id, kind=command.command, hashes=" ".join(own))
            whom = await self._requests.settle(command.command_id, found)
        if not whom.fid:
            await self._conclude(command, UNKNOWN)
            return []
        if command.command != "erase":
            on = command.command == "restrict"
            return [Wish([whom.fid], restrict=Restriction(whom.fid, on, whom.until, command.command_id))]
        intent = Intent(frozenset([whom.fid]), whom.until, now, command.command_id, whole=True)
        return [Wish([whom.fid], erase=intent)]

    async def done(self, command: Command) -> None:
        """All of it is carried out."""
        await self._conclude(command, ERASED if command.command == "erase" else DONE)

    async def _conclude(self, command: Command, state: str) -> None:
        if command.command == "erase":
            await self._requests.carried_out(command.command_id, state)
        else:
            await self._requests.tell(command.command_id, state=state)

    async def _find(self, known: Mapping[str, IndexEntry | None], until: int, *, erase: bool) -> Whom:
        record = await self._person([entry for entry in known.values() if entry is not None])
        nobodys = [
            place_of(one)
            for one, entry in known.items()
            if erase and (entry is None or not (entry.shared or entry.holders))
        ]
        if nobodys:  # events that tell those are yet to come, or to come again: they are not taken in either
            marks = [Mark(place, True, NEVER_SHARED, NEVER_SHARED) for place in nobodys]
            await self._store.mark([], until, marks)
        return Whom(record.members[0] if record is not None else b"", until)

    async def _person(self, entries: Sequence[IndexEntry]) -> Record | None:
        holders = [set(entry.holders) for entry in entries if not entry.shared]
        known = await self._finder.learn_anew(set[bytes]().union(*holders))
        opened = {root: Component.unpack(root, value[HEAD_BYTES:]) for root, value in known.values.items()}
        found = most_named(holders, {fid: opened[root] for fid, root in known.roots.items() if root})
        return found[1] if found else None
