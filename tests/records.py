"""A record as the consumer gives it, for tests that need no broker."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Record:
    """What `streams.agents.Record` asks for."""

    offset: int
    value: bytes | None
    timestamp: int = 1_790_000_000_000
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()
