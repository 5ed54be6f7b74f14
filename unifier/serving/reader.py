"""What the service reads: profiles, worked out by the same pure functions as in the stream."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol


class Found(NamedTuple):
    """A document about one profile, with its `profile_id`, and the id that was asked for.

    The two differ when the id asked for was merged away: the document is the survivor's.
    """

    document: dict[str, Any]
    requested_id: str


class Erased:
    """Answer for an id whose person was erased."""


ERASED: Final = Erased()


class Reader(Protocol):
    """Every method raises RedisError when the store does not answer. Answers come one per entry, in order."""

    async def profiles(self, ids: Sequence[str]) -> list[Found | Erased | None]:
        """Profiles by id."""

    async def lookups(self, entries: Sequence[Mapping[str, str]]) -> list[Found | None]:
        """For each entry (type → value) the profile of its first identifier that is known."""

    async def timeline(self, profile_id: str) -> Found | Erased | None:
        """{profile_id, touches: [{at, channel, touchpoint, name}]}, newest first."""

    async def evidence(self, profile_id: str) -> Found | Erased | None:
        """{profile_id, links: [{a, b, rule, bits, event_id}], refused: [...], separations: [...]}."""

    async def ready(self) -> bool:
        """Whether the store answers."""
