"""An example or more of every message: shown in the AsyncAPI document, and read by the tests."""

from collections.abc import Mapping, Sequence
from typing import Any

from unifier.events.outbound import (
    CREATED,
    DEAD_LETTER,
    ERASED,
    MERGED,
    PROFILE,
    REFUSED,
    REVIEW,
    SEGMENTS,
    SOURCE,
    SPLIT,
    TRANSITION,
)

_ANNA, _OTHER = "p_0123456789abcdefghij", "p_abcdefghij0123456789"
_FRAGMENTS = ("0123456789abcdef01234567", "76543210fedcba9876543210")
_VIEWED = {"event_id": "b5a1f0d2", "source": "online", "channel": "web", "touchpoint": "product"}

_TRACK = {
    "messageId": "b5a1f0d2",
    "type": "track",
    "event": "Product Viewed",
    "timestamp": "2026-11-20T16:03:11.120Z",
    "anonymousId": "cookie-1",
    "userId": "account-1",
    "context": {
        "channel": "web",
        "page": {"url": "https://shop.example/product/4711", "referrer": "https://search.example/"},
        "campaign": {"source": "newsletter", "medium": "email", "name": "black week"},
        "device": {"id": "device-1"},
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
        "consent": {"categoryPreferences": {"stitching": True, "marketing_email": False}},
    },
    "properties": {"product_id": "4711", "category": "shoes", "price": 49.9, "currency": "EUR"},
}
_ORDER = {
    "messageId": "b5a1f0d3",
    "type": "track",
    "event": "Order Completed",
    "timestamp": "2026-11-20T16:10:00Z",
    "userId": "account-1",
    "properties": {
        "order_id": "A-17",
        "total": "99.80",
        "currency": "EUR",
        "products": [{"product_id": "4711", "category": "shoes", "price": "49.90", "quantity": 2}],
    },
}
_IDENTIFY = {
    "messageId": "b5a1f0d4",
    "type": "identify",
    "timestamp": "2026-11-20T16:04:00Z",
    "anonymousId": "cookie-1",
    "userId": "account-1",
    "traits": {
        "email": "anna@example.org",
        "phone": "+43 1 5550100",
        "firstName": "Anna",
        "lastName": "Huber",
        "birthday": "1984-02-29",
        "address": {"street": "Hauptstraße 1", "postalCode": "1010", "city": "Wien", "country": "AT"},
    },
}
_PAGE = {
    "messageId": "b5a1f0d5",
    "type": "page",
    "name": "Home",
    "timestamp": "2026-11-20T16:00:00Z",
    "anonymousId": "cookie-1",
}
_ALIAS = {
    "messageId": "b5a1f0d6",
    "type": "alias",
    "timestamp": "2026-11-20T16:05:00Z",
    "userId": "account-1",
    "previousId": "cookie-0",
}

_RECEIPT = {"store_id": "17", "workstation_id": "3", "business_day": "2026-11-20", "sequence_number": 4711}
_SALE = {
    **_RECEIPT,
    "kind": "sale",
    "occurred_at": "2026-11-20T17:31:05+01:00",
    "currency": "EUR",
    "total": "49.90",
    "items": [
        {
            "sku": "4711",
            "name": "Trail shoe",
            "category": "shoes",
            "quantity": 1,
            "unit_price": "49.90",
            "discount": "0.00",
        }
    ],
    "tenders": [
        {"kind": "card", "amount": "49.90", "payment_account": "PAR-1", "card_fingerprint": "fingerprint-1"}
    ],
    "customer": {
        "loyalty_id": "L-1",
        "email": "anna@example.org",
        "first_name": "Anna",
        "last_name": "Huber",
        "birth_date": "1984-02-29",
        "address": {"street": "Hauptstraße 1", "postal_code": "1010", "city": "Wien", "country": "AT"},
    },
    "training": False,
    "offline": False,
    "operator_id": "operator-7",
}
_RETURN = {
    "store_id": "17",
    "workstation_id": "1",
    "business_day": "2026-11-23",
    "sequence_number": 12,
    "kind": "return",
    "occurred_at": "2026-11-23T10:02:00",
    "currency": "EUR",
    "total": "49.90",
    "refers_to": _RECEIPT,
}

_RECORD = {
    "record_id": "C-100",
    "source": "loyalty",
    "event_id": "change-1",
    "occurred_at": "2026-11-19T09:00:00Z",
    "traits": {"email": "anna@example.org", "firstName": "Anna", "lastName": "Huber"},
    "identifiers": {"loyalty_id": "L-1"},
    "consents": {"marketing_email": True},
}
_MERGED_RECORD = {
    "record_id": "C-101",
    "source": "crm",
    "occurred_at": "2026-11-19T09:00:00Z",
    "merged_into": "C-100",
    "deleted": True,
}
_REVIEW = "r_0123456789abcdefghij0123456789abcdef"
_COMMAND = {"command_id": "command-1", "by": "steward", "reason": "two people of one name"}


def _outbound(ce_type: str, message_id: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": message_id,
        "source": SOURCE,
        "type": ce_type,
        "subject": data.get("profile_id", message_id),
        "time": "2026-11-20T16:03:11.300Z",
        "datacontenttype": "application/json",
        **({"sequence": "000000000017"} if "profile_id" in data else {}),
        "data": data,
    }


_TRANSITION = {
    "profile_id": _ANNA,
    "model": "six-phase",
    "journey": 1,
    "from": "awareness",
    "to": "consideration",
    "direction": "forward",
    "at": "2026-11-20T16:03:11.120Z",
    "detected_at": "2026-11-20T16:03:11.300Z",
    "dwell_s": 191.12,
    "cause": _VIEWED,
    "anonymous": False,
    "corrects": [],
}
_ACTION = {
    "what": "build_trust",
    "say": "Remind of what was looked at, with tests, reviews and guarantees.",
    "channel": "email",
    "when": "2026-11-21T16:03:11.120Z",
    "until": "2026-11-28T16:03:11.120Z",
    "why": ["consideration since 2026-11-20T16:03:11.120Z", "marketing_email is granted"],
}
_PREDICTIONS = {
    "purchase": {
        "chance": 0.1204,
        "within_days": 7,
        "basis": {
            "phase": "consideration",
            "marks": 9,
            "last_touch_at": "2026-11-20T16:31:05.000Z",
            "learned_from": "the simulated retailer",
        },
    },
    "buyer": {
        "expected_orders": 0.913,
        "within_days": 90,
        "alive": 0.8211,
        "basis": {
            "days_with_orders": 2,
            "first_order_at": "2026-10-02T10:00:00.000Z",
            "last_order_at": "2026-11-20T16:31:05.000Z",
            "learned_from": "the simulated retailer",
        },
    },
    "best_hour": {"hour": 16, "basis": {"marks": 9}},
}
_EVIDENCE = [{"rule": "email", "bits": 18.0, "event_id": "b5a1f0d4"}]
_PROFILE = {
    "profile_id": _ANNA,
    "version": 17,
    "kind": "known",
    "phase": {
        "model": "six-phase",
        "current": "consideration",
        "since": "2026-11-20T16:03:11.120Z",
        "journey": 1,
    },
    "phases": {"four-phase": {"current": "engagement", "since": "2026-11-20T16:03:11.120Z", "journey": 1}},
    "loyal": False,
    "traits": {"first_name": "Anna", "last_name": "Huber"},
    "identifiers": {"email": ["anna@example.org"], "loyalty_id": ["L-1"]},
    "consents": {"marketing_email": {"granted": False, "at": "2026-11-20T16:03:11.120Z", "source": "online"}},
    "metrics": {
        "orders": 2,
        "orders_by_channel": {"online": 1, "store": 1},
        "revenue": {"EUR": "149.70"},
        "returns": 0,
        "touches": 9,
        "first_seen_at": "2026-11-20T16:00:00.000Z",
        "last_seen_at": "2026-11-20T16:31:05.000Z",
        "last_order_at": "2026-11-20T16:31:05.000Z",
    },
    "touchpoints": [
        {"channel": "web", "touchpoint": "product", "count": 7, "last_at": "2026-11-20T16:03:11.120Z"}
    ],
    "segments": ["new"],
    "fragments": 3,
    "predictions": _PREDICTIONS,
    "next_action": _ACTION,
}

EXAMPLES: Mapping[str, Sequence[dict[str, Any]]] = {
    "online": (_TRACK, _ORDER, _IDENTIFY, _PAGE, _ALIAS),
    "pos": (_SALE, _RETURN),
    "crm": (_RECORD, _MERGED_RECORD),
    "control": (
        {**_COMMAND, "command": "separate", "profiles": [_ANNA, _OTHER]},
        {**_COMMAND, "command": "link", "fragments": list(_FRAGMENTS)},
        {**_COMMAND, "command": "unsure", "sides": [[fid] for fid in _FRAGMENTS], "review": _REVIEW},
        {
            **_COMMAND,
            "command": "erase",
            "reason": "asked for by letter",
            "hashes": ["email:" + "0123456789abcdef" * 2],
        },
    ),
    TRANSITION: (
        _outbound(
            TRANSITION,
            f"{_ANNA}/six-phase/2",
            {**_TRANSITION, "action": _ACTION, "predictions": _PREDICTIONS},
        ),
        _outbound(
            TRANSITION,
            f"{_ANNA}/six-phase/3",
            {
                **_TRANSITION,
                "from": "consideration",
                "to": "awareness",
                "direction": "lapse",
                "cause": {"timer": "lapsed"},
            },
        ),
    ),
    SEGMENTS: (
        _outbound(
            SEGMENTS,
            f"{_ANNA}/segments/5",
            {"profile_id": _ANNA, "entered": ["ropo_buyer"], "left": ["new"], "segments": ["ropo_buyer"]},
        ),
    ),
    CREATED: (_outbound(CREATED, f"{_ANNA}/created/1", {"profile_id": _ANNA, "cause": _VIEWED}),),
    MERGED: (
        _outbound(
            MERGED,
            f"{_ANNA}/merged/5",
            {
                "profile_id": _ANNA,
                "survivor": _ANNA,
                "merged": [_OTHER],
                "evidence": _EVIDENCE,
                "cause": _VIEWED,
            },
        ),
    ),
    SPLIT: (
        _outbound(
            SPLIT,
            f"{_ANNA}/split/6",
            {
                "profile_id": _ANNA,
                "parts": {_ANNA: [_FRAGMENTS[0]], _OTHER: [_FRAGMENTS[1]]},
                "cause": {"command_id": "command-1"},
            },
        ),
    ),
    REVIEW: (
        _outbound(
            REVIEW,
            f"{_ANNA}/review/7",
            {
                "profile_id": _ANNA,
                "review_id": _REVIEW,
                "profiles": [_ANNA, _OTHER],
                "fragments": [[_FRAGMENTS[0]], [_FRAGMENTS[1]]],
                "bits": -1.5,
            },
        ),
    ),
    REFUSED: (
        _outbound(
            REFUSED,
            f"{_ANNA}/refused/0123456789abcdef",
            {
                "profile_id": _ANNA,
                "command": "link",
                "command_id": "command-1",
                "profiles": [_ANNA, _OTHER],
                "reason": "unique:loyalty_id",
                "because": "each has a loyalty_id of its own, and a person has only one",
            },
        ),
    ),
    ERASED: (
        _outbound(ERASED, f"{_ANNA}/erased/8", {"profile_id": _ANNA, "cause": {"command_id": "command-2"}}),
    ),
    PROFILE: (_outbound(PROFILE, f"{_ANNA}/17", _PROFILE),),
    DEAD_LETTER: (
        _outbound(
            DEAD_LETTER,
            "unifier.online-3-812",
            {
                "reason": "missing_field",
                "error": "give this field",
                "field": "event",
                "source": {"topic": "unifier.online", "partition": 3, "offset": 812},
                "payload": "eyJ0eXBlIjogInRyYWNrIn0=",
                "payload_encoding": "base64",
                "key": None,
                "headers": [],
                "complete": True,
            },
        ),
    ),
}
"""Inbound topic → payloads; CloudEvents type → whole messages."""
