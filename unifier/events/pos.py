"""Till events: the contract (named as in the NRF/OMG POSLog) and its way into the canonical form.

A transaction is named by store, workstation, business day and sequence number. That name is the order's
key, so a return finds its sale and an e-receipt that comes later finds its receipt.
"""

from collections.abc import Mapping
from datetime import tzinfo
from hashlib import blake2b
from typing import Annotated, Any, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict

from unifier.events.canonical import Event, Identifier, Order, Signal
from unifier.events.fields import (
    PLACE_MAX,
    Amount,
    Consents,
    Contract,
    Currency,
    Key,
    Text,
    Time,
    Words,
    add,
    exact,
    missing,
    online_order,
    parse_amount,
    parse_currency,
    parse_ms,
)
from unifier.rules import Rules

Place = Annotated[str, Field(min_length=1, max_length=50)]


class TransactionName(TypedDict):
    """What names one transaction of a till for good."""

    store_id: Annotated[Place, Field(description="The store")]
    workstation_id: Annotated[Place, Field(description="The till in the store")]
    business_day: Annotated[
        str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="The store's accounting day")
    ]
    sequence_number: Annotated[
        int,
        Field(ge=0, lt=2**63, description="Number of the transaction at the till, written without a point"),
    ]


class Item(TypedDict, total=False):
    """A line of the receipt."""

    sku: Annotated[Key | None, Field(description="The article")]
    name: Annotated[Words | None, Field(description="What the receipt calls it")]
    category: Annotated[Words | None, Field(description="Its category")]
    quantity: Annotated[Amount | None, Field(description="How many, how much")]
    unit_price: Annotated[Amount | None, Field(description="Price of one")]
    discount: Annotated[Amount | None, Field(description="What was taken off the line")]


class Tender(TypedDict, total=False):
    """A means of payment."""

    kind: Annotated[Words | None, Field(description="cash, card, voucher, …")]
    amount: Annotated[Amount | None, Field(description="What was paid with it")]
    payment_account: Annotated[
        Key | None, Field(description="Payment account reference (PAR): identifier `payment_account`")
    ]
    card_fingerprint: Annotated[Key | None, Field(description="The same where there is no PAR")]


class PostalAddress(TypedDict, total=False):
    """A postal address."""

    street: Annotated[Text | None, Field(description="Street, with the house number unless told apart")]
    house_no: Annotated[Text | None, Field(description="House number")]
    postal_code: Annotated[Text | None, Field(description="Postal code")]
    city: Annotated[Text | None, Field(description="Town")]
    region: Annotated[Text | None, Field(description="State, province or region")]
    country: Annotated[Text | None, Field(description="Country, best as ISO 3166-1 code")]


class Customer(TypedDict, total=False):
    """The customer, as far as the till knows: a card shown, an address for the e-receipt."""

    loyalty_id: Annotated[
        Key | None, Field(description="Number of the loyalty card: identifier `loyalty_id`")
    ]
    email: Annotated[Key | None, Field(description="E-mail address")]
    phone: Annotated[Key | None, Field(description="Telephone number")]
    title: Annotated[Text | None, Field(description="Form of address or academic title")]
    first_name: Annotated[Text | None, Field(description="Given name")]
    middle_name: Annotated[Text | None, Field(description="Middle name")]
    last_name: Annotated[Text | None, Field(description="Family name")]
    full_name: Annotated[Text | None, Field(description="Full name, when its parts are not known")]
    birth_date: Annotated[Text | None, Field(description="Date of birth, best as ISO 8601 date")]
    address: Annotated[PostalAddress | None, Field(description="Postal address")]
    consents: Consents


class Transaction(TransactionName, total=False):
    """What every transaction of a till has."""

    occurred_at: Annotated[
        Time | None,
        Field(
            description="When it happened; without an offset in the zone set by UNIFIER_TIMEZONE."
            " Required unless the envelope has a time"
        ),
    ]
    items: Annotated[
        Annotated[list[Item], Field(max_length=1000)] | None, Field(description="Lines of the receipt")
    ]
    tenders: Annotated[
        Annotated[list[Tender], Field(max_length=100)] | None, Field(description="Means of payment")
    ]
    customer: Annotated[Customer | None, Field(description="The customer")]
    order_id: Annotated[
        Key | None,
        Field(
            description="Number of the online order that is handed out, paid or brought back, as the shop"
            " tells it: it is one order, and comes to what the shop says. It does not say whose it is"
        ),
    ]
    training: Annotated[bool | None, Field(description="A training transaction has no effect")]
    offline: Annotated[bool | None, Field(description="Recorded without a line; told later")]
    operator_id: Annotated[Key | None, Field(description="The cashier, who is never a customer")]


class Sale(Transaction):
    """A sale. Told again with a customer (an e-receipt), it adds the customer to the sale."""

    kind: Literal["sale"]
    currency: Currency
    total: Annotated[Amount, Field(description="What was paid, with tax; negative in an exchange")]


class OtherTransaction(Transaction, total=False):
    """Anything else that a till records. A `void` takes back the sale or the return that it refers to; any
    other `void` is of what was never finished and has no effect, as a `no_sale` has none."""

    kind: Required[
        Literal["return", "void", "layaway", "reservation", "consultation", "loyalty_signup", "no_sale"]
    ]
    currency: Annotated[
        Currency | None, Field(description="ISO 4217 code; required with the total of a return")
    ]
    total: Annotated[Amount | None, Field(description="What was paid back; all of the sale if not told")]
    refers_to: Annotated[
        TransactionName | None, Field(description="The sale that a return is of; what a void takes back")
    ]


AnyTransaction = Sale | OtherTransaction
POS: Contract[AnyTransaction] = Contract(Annotated[AnyTransaction, Field(discriminator="kind")])

_IDENTIFIERS = ("loyalty_id", "email", "phone")
_TRAITS = ("title", "first_name", "middle_name", "last_name", "full_name", "birth_date")
_ADDRESS = ("street", "house_no", "postal_code", "city", "region", "country")


class Pos:
    """Reads till events into the canonical form. `zone` is that of tills which tell local times."""

    def __init__(self, rules: Rules, zone: tzinfo) -> None:
        self._signals: Mapping[Any, Signal] = rules.signals.pos
        self._types = frozenset(rules.identifiers)
        self._zone = zone

    def read(self, payload: bytes, event_id: str, time: str) -> Event | None:
        """The event; None without effect. Its id is the transaction's own, never the envelope's."""
        told = POS.read(payload)
        if told["kind"] == "void":
            if not told.get("refers_to"):
                return None
            told = _void(told)
        kind = told["kind"]
        if told.get("training") or kind == "no_sale":
            return None
        time = told.get("occurred_at") or time
        if not time:
            raise missing("occurred_at")
        name = order_key(told)
        order = _order(told, name)
        customer = told.get("customer") or _NO_CUSTOMER
        identifiers: list[Identifier] = []
        for each in _IDENTIFIERS:
            add(identifiers, each, customer.get(each))  # type: ignore[arg-type]
        traits = _traits(customer)
        consents = tuple(sorted((customer.get("consents") or {}).items()))
        known = f"#{_mark(identifiers, traits, consents)}" if identifiers or traits or consents else ""
        for tender in told.get("tenders") or ():
            add(
                identifiers,
                "payment_account",
                tender.get("payment_account") or tender.get("card_fingerprint"),
            )
        return Event(
            event_id=f"{name}/{kind}{known}",
            source="pos",
            channel="store",
            touchpoint=f"store {told['store_id']}",
            name=kind,
            at=parse_ms(time, self._zone, "occurred_at"),
            anchor=_anchor(identifiers, traits, order.key if order else name),
            signal=self._signals.get(kind, Signal.TOUCH) if kind != "void" else None,
            identifiers=tuple([i for i in identifiers if i[0] in self._types]),
            traits=traits,
            consents=consents,
            product=_first(told, "sku"),
            category=_first(told, "category"),
            order=order,
        )


_NO_CUSTOMER: Customer = {}


def _void(told: OtherTransaction) -> OtherTransaction:
    """What counts of it: it takes a transaction back, and tells of nobody and of nothing that anybody did."""
    rest: OtherTransaction = {**told, "customer": None, "items": None, "tenders": None}
    return rest


def order_key(name: TransactionName) -> str:
    """The order that a transaction is: "pos:17/3/2026-11-20/4711"."""
    store, till = _part(name["store_id"]), _part(name["workstation_id"])
    return f"pos:{store}/{till}/{name['business_day']}/{name['sequence_number']}"


def _part(text: str) -> str:
    """Without slashes, so that two names never give one key."""
    return exact(text).replace("%", "%25").replace("/", "%2F")


def _order(told: AnyTransaction, name: str) -> Order | None:
    """The order of a sale, a return or a void; None for other kinds and for a return of nothing."""
    of = online_order(told.get("order_id"))
    if told["kind"] == "sale":
        amount, currency = parse_amount(told["total"], "total"), parse_currency(told["currency"], "currency")
        return Order(name, "sale", amount, currency, of=of)
    sale = told.get("refers_to")
    if told["kind"] == "void" and sale:
        return Order(order_key(sale), "cancel", 0, "")
    if told["kind"] != "return":
        return None
    total, amount, currency = told.get("total"), 0, ""
    if total is not None:
        if not (code := told.get("currency")):
            raise missing("currency")
        amount = abs(parse_amount(total, "total"))  # some tills tell returns as negative amounts
        if amount == 0:
            return None
        currency = parse_currency(code, "currency")
    return Order(order_key(sale) if sale else name, "return", amount, currency, name, of)


def _anchor(
    identifiers: list[Identifier], traits: tuple[tuple[str, str], ...], receipt: str
) -> Identifier | None:
    """The loyalty card; else the values themselves; else the receipt, that of the sale for a return."""
    for identifier in identifiers:
        if identifier[0] == "loyalty_id":
            return identifier
    return None if identifiers or traits else ("receipt", receipt)


def _traits(customer: Customer) -> tuple[tuple[str, str], ...]:
    if not customer:
        return ()
    address = customer.get("address") or {}
    traits = [(name, str(value)) for name in _TRAITS if (value := customer.get(name))]
    traits += [(name, str(value)) for name in _ADDRESS if (value := address.get(name))]
    return tuple(sorted(traits))


def _mark(*customer: object) -> str:
    """Tells customers of one transaction apart. 24 bits: too few to find out from it who the customer is."""
    return blake2b(repr(customer).encode(), digest_size=3).hexdigest()


def _first(told: AnyTransaction, field: Literal["sku", "category"]) -> str:
    items = told.get("items")
    return (items[0].get(field) or "")[:PLACE_MAX] if items else ""
