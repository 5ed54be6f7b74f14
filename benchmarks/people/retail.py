"""Identity events of a German retailer: till, e-receipt, loyalty desk, web shop, newsletter.

What makes it hard is in it: households that share mailbox, card or phone, twins, moves, marriages, two of
everything, nicknames and initials, the till's own e-mail address, the staff's loyalty card, dummy numbers
and dates, card-only receipts.
"""

from benchmarks.people.hand import Dirt, Hand
from benchmarks.people.labelled import Labelled, Row
from benchmarks.people.land import Land
from benchmarks.people.society import Person, Society, rows_each

COLUMNS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "phone": "phone",
    "street": "street",
    "house_no": "house_no",
    "postcode": "postcode",
    "city": "city",
    "birth_date": "birth_date",
    "loyalty_id": "identifier:loyalty_id",
    "card_token": "identifier:payment_account",
}

# How often a channel asks for a field, in percent; first the channel's own share of the events.
_FIELDS = ("share", "first", "last", "email", "phone", "home", "birth", "loyalty", "card")
CHANNELS = {
    name: dict(zip(_FIELDS, numbers, strict=True))
    for name, numbers in {
        "web_order": (30, 100, 100, 100, 68, 100, 12, 0, 76),
        "web_account": (10, 100, 100, 100, 42, 50, 65, 68, 0),
        "click_collect": (8, 100, 100, 100, 100, 0, 0, 0, 52),
        "newsletter": (8, 52, 0, 97, 0, 0, 0, 0, 0),
        "pos_form": (9, 100, 100, 42, 66, 89, 77, 70, 12),
        "pos_ereceipt": (9, 80, 100, 85, 16, 0, 0, 70, 72),
        "pos_loyalty": (16, 38, 48, 0, 10, 0, 0, 100, 62),
        "pos_card": (19, 0, 0, 0, 0, 0, 0, 0, 100),
    }.items()
}
ROWS_EACH = (1880, 1341, 876, 618, 402, 269, 196, 140, 86, 53, 42, 33, 14, 13, 27)
TILL_MAIL, STAFF_CARD, DUMMY_PHONE = "kasse@kaufhaus-muster.de", "999999999999", "030 000 000 00"


def retail_de(people: int, seed: int) -> Labelled:
    """About 3.1 events a person, in order of time."""
    land = Land("de_DE", seed)
    clerk, typist = Hand(land, Dirt(initial=0.0)), Hand(land, Dirt(typo=0.05, initial=0.25))
    rows: list[tuple[float, Row]] = []
    for who, number in rows_each(land, Society(land).people(people), ROWS_EACH):
        for _ in range(number):
            at = land.rng.random()
            rows.append((at, event(who, _channel(who, land), at, clerk, typist)))
    rows.sort(key=lambda row: row[0])
    for number, (_, row) in enumerate(rows):
        row["rec_id"] = f"E{number:06}"
    return Labelled("retail_de", "DE", COLUMNS, [row for _, row in rows], "time", "channel")


def _channel(who: Person, land: Land) -> str:
    """Where this event happens; nobody swipes a card they have not got."""
    able = [
        name
        for name in CHANNELS
        if (name != "pos_loyalty" or who.loyalty)
        and (name != "pos_card" or who.cards)
        and (name != "newsletter" or who.emails)
    ]
    return land.rng.choices(able, [CHANNELS[name]["share"] for name in able])[0]


def event(who: Person, channel: str, at: float, clerk: Hand, typist: Hand) -> Row:
    """What one touch of this person tells; at the till a typist writes, elsewhere the person."""
    asks, hand = CHANNELS[channel], typist if channel.startswith("pos") else clerk
    rng, now = hand.rng, (-1 if at >= who.changed_at else 0)
    told = {field: rng.random() * 100 < asks[field] for field in _FIELDS}
    first, last = hand.names(who.first, who.lasts[now])
    home = who.homes[now]
    street, house_no = hand.street(home.street, home.house_no)
    row = dict.fromkeys(("rec_id", "person", "household", "trap", "time", "channel", *COLUMNS), "")
    row |= {"person": who.pid, "household": who.household, "trap": who.trap}
    row |= {"time": f"{at:.6f}", "channel": channel}
    if told["first"]:
        row["first_name"] = first
    if told["last"]:
        row["last_name"] = last
    if told["email"] and who.emails:
        till = channel == "pos_ereceipt" and rng.random() < 0.035
        row["email"] = TILL_MAIL if till else hand.email(who.emails[now])
    if told["phone"] and who.phones:
        dummy = hand is typist and rng.random() < 0.02
        row["phone"] = DUMMY_PHONE if dummy else hand.phone(rng.choice(who.phones))
    if told["home"]:
        row |= {"street": street, "house_no": house_no, "postcode": hand.postcode(home.postcode)}
        row["city"] = hand.name(home.city)
    if told["birth"]:
        row["birth_date"] = hand.birth_date(who.birth)
    if told["loyalty"] and who.loyalty:
        staff = channel == "pos_loyalty" and rng.random() < 0.025
        row["loyalty_id"] = STAFF_CARD if staff else who.loyalty
    if told["card"] and who.cards:
        row["card_token"] = rng.choice(who.cards)
    return row


def tidy(land: Land) -> tuple[Hand, Hand]:
    """Two hands that hardly slip, for data whose difficulty lies elsewhere."""
    careful = Dirt(typo=0.01, initial=0.0, wrong_day=0.0, swapped=0.0, cut=0.0)
    return Hand(land, careful), Hand(land, careful)
