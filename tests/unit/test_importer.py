"""Rows of files as CRM records: what the stream will read of them, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from unifier.clickstream.spec import ClickSpec
from unifier.events.canonical import Event
from unifier.events.decode import Decoder
from unifier.importer import LINES_TOLD, ClickRows, People, run
from unifier.linking.bar import Bar
from unifier.matching.spec import Spec, SpecError
from unifier.rules import default_rules
from unifier.settings import Settings
from unifier.streams.bulk import Outgoing

NOW = 1_790_000_000_000
HEAD = "id,given,family,mail,card"
COLUMNS = {"given": "first_name", "family": "last_name", "mail": "email", "card": "identifier:loyalty_id"}
SPEC = Spec(id="id", columns=COLUMNS)


@pytest.fixture
def imported(tmp_path: Path) -> Any:
    def of(spec: Spec, *lines: str, now: int = NOW) -> tuple[People, list[Outgoing]]:
        file = tmp_path / "people.csv"
        file.write_text("\n".join(lines), encoding="utf-8")
        importer = People(spec, default_rules(), Settings(country="DE"), now)
        return importer, list(importer.records(file, "crm", Bar()))

    return of


def read(record: Outgoing) -> Event:
    event = Decoder(default_rules(), "UTC").decode("crm", record.value, (), "", NOW)
    assert isinstance(event, Event)
    return event


def test_the_stream_reads_of_a_record_what_a_link_reads_of_the_row(imported: Any) -> None:
    spec = Spec(
        id="id",
        columns=COLUMNS
        | {"tel": "phone", "born": "birth_date", "street": "street", "no": "house_no", "zip": "postcode"}
        | {"town": "city", "land": "region", "state": "country", "second": "middle_name"},
    )
    line = "7,Anna,Müller,a@x.de,4711,0171 5551234,1.2.1980,Ulmenstr.,4,50667,Köln,NRW,DE,Maria"
    _, (record,) = imported(
        spec, "id,given,family,mail,card,tel,born,street,no,zip,town,land,state,second", line
    )
    identifiers, traits = spec.told(dict(zip([spec.id, *spec.columns], line.split(","), strict=True)))
    event = read(record)
    assert event.traits == traits
    assert set(event.identifiers) == {*identifiers, ("crm_id", "crm:7")}
    assert (event.anchor, event.source, event.at, record.key) == (("crm_id", "crm:7"), "crm", NOW, b"7")


def test_a_repeat_has_the_same_ids_later_too_and_another_row_another(imported: Any) -> None:
    line = "1,Anna,Müller,a@x.de,"
    lines = (HEAD, line, line.replace("1,", "2,"), line.replace("a@", "b@"))
    ids = [
        read(record).event_id for now in (NOW, NOW + 5_000) for record in imported(SPEC, *lines, now=now)[1]
    ]
    assert ids[:3] == ids[3:]
    assert len(set(ids)) == 3


def test_source_and_time_are_those_of_the_row(imported: Any) -> None:
    spec = Spec(id="id", columns={"given": "first_name"}, source="shop", time="when")
    importer, (record,) = imported(
        spec,
        "id,given,shop,when",
        "1,Anna,loyalty,2026-01-02T03:04:05Z",
        "2,Otto,,2026-01-02",
        "3,Eva,x,soon",
    )
    assert (read(record).source, read(record).at) == ("loyalty", 1_767_323_045_000)
    assert {reason: rows.count for reason, rows in importer.refused.items()} == {
        "missing_field": 1,
        "bad_time": 1,
    }


def test_what_the_stream_could_not_read_is_refused_with_its_line_and_no_value(imported: Any) -> None:
    long = "x" * 300
    refused = [f"{n},{long},Geheim,a@x.de," for n in range(LINES_TOLD + 2)]
    importer, records = imported(SPEC, HEAD, *refused, ",Anna,Geheim,a@x.de,", "9,Anna,G,,")
    assert [record.key for record in records] == [b"9"]
    assert importer.published == 1
    too_long, missing = importer.refused["too_long"], importer.refused["missing_field"]
    assert (too_long.count, len(too_long.told)) == (LINES_TOLD + 2, LINES_TOLD)
    assert "line 2: traits.firstName" in too_long.told[0]
    assert "line 7: record_id" in missing.told[0]
    assert not any("Geheim" in line or long in line for line in (*too_long.told, *missing.told))


def test_a_second_mail_is_kept_and_a_third_is_refused_with_the_spec(imported: Any, tmp_path: Path) -> None:
    spec = Spec(id="id", columns={"m1": "email", "m2": "email"})
    _, (record,) = imported(spec, "id,m1,m2", "1,a@x.de,b@x.de")
    assert {("email", "a@x.de"), ("email", "b@x.de")} <= set(read(record).identifiers)
    file = tmp_path / "three.toml"
    file.write_text('id = "id"\n[columns]\nm1 = "email"\nm2 = "email"\nm3 = "email"\n')
    with pytest.raises(SpecError, match="3 are the email; a record carries 2"):
        run(Settings(), str(tmp_path / "people.csv"), str(file), "")


def test_a_file_of_another_country_says_so(imported: Any) -> None:
    _, (record,) = imported(SPEC.model_copy(update={"country": "AT"}), HEAD, "1,A,B,,")
    assert json.loads(record.value)["traits"]["address"] == {"country": "AT"}
    _, (record,) = imported(SPEC.model_copy(update={"country": "DE"}), HEAD, "1,A,B,,")
    assert "address" not in json.loads(record.value)["traits"]


CLICKS = ClickSpec(
    user="who",
    event="what",
    time="when",
    product="sku",
    order="number",
    total="paid",
    currency="EUR",
    events={
        "bag": "Product Added",
        "bought": "Order Completed",
        "oops": "signal:trouble",
        "look": "signal:touch",
    },
)


def test_clicks_become_what_a_report_on_them_says(tmp_path: Path) -> None:
    file = tmp_path / "clicks.csv"
    lines = [
        "who,what,when,sku,number,paid",
        "u1,look,2026-09-01T10:00:00,,,",
        "u1,bag,1756720860,bike,,",
        "u1,bought,2026-09-01T10:02:00Z,,N-1,49.90",
        "u2,bought,2026-09-01T10:03:00Z,,,",
        "u1,oops,2026-09-01T10:04:00Z,,,",
        ",bag,2026-09-01T10:05:00Z,,,",
        "u3,bag,yesterday,,,",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    importer = ClickRows(CLICKS, default_rules(), Settings(), NOW)
    records = list(importer.records(file, "online", Bar()))
    assert {reason: rows.count for reason, rows in importer.refused.items()} == {
        "missing_field": 1,
        "bad_time": 1,
    }
    events = []
    for record in records:
        event = Decoder(default_rules(), "UTC").decode("online", record.value, (), "", NOW)
        assert isinstance(event, Event)
        assert event.anchor == ("cookie_id", record.key.decode())
        events.append(event)
    signals = [event.signal.name for event in events if event.signal is not None]
    assert signals == ["TOUCH", "PREFERENCE", "PURCHASE", "PURCHASE", "TROUBLE"]
    assert events[1].product == "bike"
    bought, unknown = (event.order for event in events[2:4])
    assert bought is not None
    assert unknown is not None
    assert (bought.key, bought.amount, bought.currency) == ("online:N-1", 499_000, "EUR")
    assert (unknown.amount, unknown.currency) == (0, "XXX")
    again = list(ClickRows(CLICKS, default_rules(), Settings(), NOW).records(file, "online", Bar()))
    assert again == records, "imported again, nothing counts twice"


def test_what_weak_points_are_broken_down_by_goes_along(tmp_path: Path) -> None:
    """The stream knows device and region; of other attributes it has no use."""
    file = tmp_path / "clicks.csv"
    file.write_text(
        f"who,what,when,os,land,campaign\nu1,Product Viewed,2026-09-01T10:00:00,iOS,{'n' * 300},spring\n"
    )
    spec = ClickSpec(
        user="who",
        event="what",
        time="when",
        attributes={"os": "device", "land": "region", "campaign": "campaign"},
    )
    [record] = ClickRows(spec, default_rules(), Settings(), NOW).records(file, "online", Bar())
    event = Decoder(default_rules(), "UTC").decode("online", record.value, (), "", NOW)
    assert isinstance(event, Event)
    assert event.attributes == (("device", "ios"), ("region", "n" * 100))
