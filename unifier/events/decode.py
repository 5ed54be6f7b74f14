"""From a Kafka record to the canonical form: the one way in."""

from typing import Literal
from zoneinfo import ZoneInfo

from unifier.events.canonical import Command, Event
from unifier.events.cloudevents import Headers, unwrap
from unifier.events.control import read_command
from unifier.events.crm import Crm
from unifier.events.errors import Unreadable
from unifier.events.online import Online
from unifier.events.pos import Pos
from unifier.rules import Rules
from unifier.settings import SettingsError

TopicKind = Literal["online", "pos", "crm", "control"]
BYTES_MAX = 256 * 1024
AHEAD_MAX_MS = 24 * 3_600_000
_TIME = {"online": "timestamp", "pos": "occurred_at", "crm": "occurred_at", "control": "at"}


class Decoder:
    """Reads records of all inbound topics. Made once: what the rules say about sources is prepared here."""

    def __init__(self, rules: Rules, timezone: str) -> None:
        """`timezone` is the IANA name of the zone of local times. Raises SettingsError for an unknown one."""
        try:
            zone = ZoneInfo(timezone)
        except (OSError, ValueError, KeyError):
            raise SettingsError(
                f"UNIFIER_TIMEZONE: no zone {timezone!r} here; give an IANA name such as Europe/Berlin"
            ) from None
        self._types = frozenset(rules.identifiers)
        self._readers = {
            "online": Online(rules).read,
            "pos": Pos(rules, zone).read,
            "crm": Crm(rules, zone).read,
        }

    def decode(
        self, kind: TopicKind, value: bytes | None, headers: Headers, position: str, timestamp_ms: int
    ) -> Event | Command | None:
        """The event or command in a record; None when it deliberately has no effect.

        `position` ("topic-partition-offset") is the id of an event that has none; `timestamp_ms` is the
        record's Kafka time, that of its arrival. Raises Unreadable, and nothing else, for what does not fit.
        """
        if value is None:
            return None
        if len(value) > BYTES_MAX:
            raise Unreadable("too_large", "", f"give at most {BYTES_MAX // 1024} KiB")
        event_id, time = "", ""
        if (letter := unwrap(value, headers)) is not None:
            value, event_id, time = letter
        told: Event | Command | None
        if kind == "control":
            told = read_command(value, event_id, time, timestamp_ms, self._types)
        else:
            told = self._readers[kind](value, event_id or position, time)
        # A record without a Kafka time (-1) did not say when it came.
        if told is not None and told.at > timestamp_ms + AHEAD_MAX_MS and timestamp_ms >= 0:
            raise Unreadable(
                "future_time", _TIME[kind], "give the time when it happened; check the sender's clock"
            )
        return told
