"""Customer records from CRM, loyalty and shop back ends, and the merges that those systems did themselves.

A record is no touch, however often a system sends it, unless the rules say that its source means a signal.
"""

from datetime import tzinfo
from typing import Annotated, Required

from pydantic import Field
from typing_extensions import TypedDict

from unifier.events import person
from unifier.events.canonical import Event, Identifier
from unifier.events.fields import (
    PLACE_MAX,
    Consents,
    Contract,
    Key,
    Time,
    add,
    exact,
    missing,
    nobody,
    parse_ms,
)
from unifier.rules import Rules


class CrmRecord(TypedDict, total=False):
    """A customer record as it is now."""

    record_id: Required[
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=190,
                description="Id of the record in its system; as identifier `crm_id` it is `source:record_id`"
                " with %3A for a colon in the source",
            ),
        ]
    ]
    source: Required[
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=60,
                description='The system: "crm", "shop", …; being in "loyalty" means membership',
            ),
        ]
    ]
    occurred_at: Annotated[
        Time | None,
        Field(
            description="When it came to be so; without an offset in the zone set by UNIFIER_TIMEZONE."
            " Required unless the envelope has a time"
        ),
    ]
    event_id: Annotated[
        Key | None,
        Field(description="Id of the change, equal on every repeat; else the envelope's, else the position"),
    ]
    traits: Annotated[person.Person | None, Field(description="What is known of the person")]
    identifiers: Annotated[
        Annotated[dict[Annotated[str, Field(min_length=1, max_length=60)], Key | None], Field(max_length=50)]
        | None,
        Field(description="Further identifiers by type; types unknown to the rules file are ignored"),
    ]
    consents: Consents
    merged_into: Annotated[
        str | None,
        Field(
            max_length=190, description="Id of the record of the same system that this one was merged into"
        ),
    ]
    deleted: Annotated[
        bool | None,
        Field(
            description="The system no longer has the record: it tells nothing new; what it told stays known"
            " until the person is erased"
        ),
    ]


CRM: Contract[CrmRecord] = Contract(CrmRecord)


class Crm:
    """Reads CRM records into the canonical form. `zone` is that of times without one."""

    def __init__(self, rules: Rules, zone: tzinfo) -> None:
        self._signals = rules.signals.crm
        self._types = frozenset(rules.identifiers)
        self._zone = zone

    def read(self, payload: bytes, event_id: str, time: str) -> Event | None:
        """The event; None for a record deleted without having been merged into another."""
        told = CRM.read(payload)
        source, into = told["source"], told.get("merged_into") or ""
        if nobody(into):
            into = ""
        if told.get("deleted") and not into:
            return None
        time = told.get("occurred_at") or time
        if not time:
            raise missing("occurred_at")
        if told["record_id"].isspace():
            raise missing("record_id")
        anchor = None if nobody(told["record_id"]) else crm_id(source, told["record_id"])
        identifiers: list[Identifier] = [anchor] if anchor else []
        for kind, value in (told.get("identifiers") or {}).items():
            if kind != "crm_id":  # the record's own, made above: it carries the name of its system
                add(identifiers, kind, value)
        traits: dict[str, str] = {}
        if known := told.get("traits"):
            person.tell(known, identifiers, traits)
        if not identifiers and not traits:
            raise missing("record_id")
        return Event(
            event_id=told.get("event_id") or event_id,
            source=source,
            channel="call_centre",  # the customer service's side of the house; nobody came by web for it
            touchpoint=source[:PLACE_MAX],
            name="merged" if into else "record",
            at=parse_ms(time, self._zone, "occurred_at"),
            anchor=anchor,
            signal=self._signals.get(source),
            identifiers=tuple([i for i in identifiers if i[0] in self._types]),
            traits=tuple(sorted(traits.items())),
            consents=tuple(sorted((told.get("consents") or {}).items())),
            same_as=(crm_id(source, into),) if into else (),
        )


def crm_id(source: str, record_id: str) -> Identifier:
    """The record's identifier; the first colon ends the source, so that two records never have one name."""
    return ("crm_id", f"{source.replace('%', '%25').replace(':', '%3A')}:{exact(record_id)}")
