"""The systems behind the counters: customer records, and what the warehouse tells about orders."""

from random import Random
from typing import Any

import orjson

from unifier.devstack.simulate.message import Wire, iso
from unifier.devstack.simulate.online import Online
from unifier.devstack.simulate.people import Person
from unifier.devstack.simulate.phases import Told
from unifier.devstack.simulate.trouble import HOUR_MS, as_typed, first_name_as_told
from unifier.devstack.simulate.truth import Truth

DAY_MS = 24 * HOUR_MS


class BackOffice:
    """The publisher of customer records, and of the online events that no browser sends."""

    def __init__(self, rng: Random, wire: Wire, truth: Truth, online: Online) -> None:
        self._rng = rng
        self._wire = wire
        self._truth = truth
        self._online = online

    def record(self, person: Person, at_ms: int, *, duplicate: bool = False) -> None:
        """The customer record as it is now; it travels with the next night's export.

        A duplicate is a second record of one person; the system itself later merges it into the first.
        """
        if at_ms > self._wire.end_ms:
            return
        record_id = person.crm_id + "-2" if duplicate else person.crm_id
        body = self._body(person, record_id, at_ms)
        self._send(person, body, at_ms)
        if duplicate:
            merged_at = at_ms + DAY_MS
            if merged_at <= self._wire.end_ms:
                merged = {"occurred_at": iso(merged_at), "merged_into": person.crm_id}
                self._send(person, {**body, **merged, "event_id": f"{record_id}@{merged_at}"}, merged_at)

    def shipped(
        self, person: Person, visitor: dict[str, str], event: str, order: dict[str, Any], at_ms: int
    ) -> None:
        """The warehouse tells about an order, under the account or the cookie that ordered."""
        context: dict[str, Any] = {"library": {"name": "warehouse", "version": "2.3"}, "channel": "web"}
        if not person.consents["stitching"]:
            context["consent"] = {"categoryPreferences": {"stitching": False}}
        body = {"type": "track", "event": event, "properties": order, "context": context, **visitor}
        signal = "returned" if event in ("Order Cancelled", "Order Refunded") else "fulfilment"
        key = visitor.get("userId", "") or visitor["anonymousId"]
        self._online.publish(person, body, at_ms, key, signal, order["order_id"])

    def call(self, person: Person, at_ms: int) -> None:
        """A call to the service centre: known by telephone number."""
        body: dict[str, Any] = {
            "type": "track",
            "event": "Support Case",
            "userId": person.account_id,
            "properties": {"topic": self._rng.choice(("delivery", "size", "invoice", "warranty"))},
            "context": {"channel": "call_centre", "traits": {"phone": person.phone}},
        }
        self._truth.identified(person, "phone", person.phone)
        self._online.publish(person, body, at_ms, person.account_id, "touch")

    def _body(self, person: Person, record_id: str, at_ms: int) -> dict[str, Any]:
        rng, home = self._rng, person.home
        traits: dict[str, Any] = {
            "email": person.email,
            "firstName": first_name_as_told(person.first_name, rng),
            "lastName": as_typed(person.last_name, rng),
            "address": {
                "street": f"{home.street} {home.house_no}",
                "postalCode": home.postal_code,
                "city": home.city,
                "country": home.country,
            },
        }
        if rng.random() < 0.7:
            traits["birthday"] = person.birth_date.isoformat()
        if rng.random() < 0.7:
            traits["phone"] = person.phone
        identifiers = {"loyalty_id": person.loyalty_id} if person.loyalty_id else {}
        if person.account_id and rng.random() < 0.5:
            identifiers["account_id"] = person.account_id
        return {
            "record_id": record_id,
            "source": "loyalty" if person.loyalty_id else "shop",
            "event_id": f"{record_id}@{at_ms}",
            "occurred_at": iso(at_ms),
            "traits": traits,
            "identifiers": identifiers,
            "consents": dict(person.consents),
        }

    def _send(self, person: Person, body: dict[str, Any], at_ms: int) -> None:
        for kind, value in body["identifiers"].items():
            self._truth.identified(person, kind, value)
        self._truth.identified(person, "crm_id", f"{body['source']}:{body['record_id']}")
        self._truth.identified(person, "email", person.email)
        told = None
        if body["source"] == "loyalty":  # any other record tells of nothing that the person did
            told = Told(at_ms, "membership", "")
            self._truth.told(person, told)
        night = DAY_MS - (at_ms - 2 * HOUR_MS) % DAY_MS  # the export runs at two
        self._wire.send("crm", body["record_id"], orjson.dumps(body), at_ms, person.person_id, told, night)
