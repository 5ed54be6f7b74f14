"""What the people of a household own: mailboxes, telephones, accounts, cards, devices; and what they share.

Sharing is what makes identity hard: couples pay with one joint account, some families have one mailbox or
one tablet. Mailboxes lie in the domains that RFC 2606 keeps free of real ones.
"""

from random import Random

from anyascii import anyascii

from unifier.devstack.simulate.people import Device, Person

DOMAINS = ("example.com", "example.org", "example.net")
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
)
PHONES = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile",
)
SHARE_MAILBOX, SHARE_TABLET, SHARE_CARD = 0.15, 0.25, 0.5  # of households of more than one person


def equip(household: list[Person], rng: Random) -> None:
    """Give a new household its belongings."""
    for person in household:
        _equip(person, rng)
    if len(household) > 1:
        _share(household, rng)


def new_cookie(rng: Random) -> str:
    """A cookie value, as a browser gets on its first visit."""
    return f"{rng.getrandbits(96):024x}"


def new_account(rng: Random) -> str:
    """A shop account's number."""
    return f"u-{rng.getrandbits(40):010x}"


def new_loyalty(rng: Random) -> str:
    """The number on a loyalty card."""
    return f"{rng.randrange(10**10, 10**11):012d}"


def _equip(person: Person, rng: Random) -> None:
    person.email = _mailbox(person, rng)
    person.phone = _telephone(person.home.country, rng)
    if rng.random() < 0.35 + 0.4 * person.online:
        person.account_id = new_account(rng)
    if rng.random() < 0.45:
        person.loyalty_id = new_loyalty(rng)
        person.crm_id = f"K-{rng.getrandbits(36):09x}"
    person.cards = [_card(rng) for _ in range(rng.choice((1, 1, 1, 2)))]
    network = f"198.51.100.{rng.randrange(1, 255)}"  # RFC 5737: an address for documentation
    person.devices = [Device(new_cookie(rng), rng.choice(BROWSERS), network)]
    if rng.random() < 0.6:
        telephone = f"{rng.getrandbits(64):016x}"
        person.devices.append(Device(new_cookie(rng), rng.choice(PHONES), network, telephone))
    person.consents = {"stitching": rng.random() < 0.96, "marketing_email": rng.random() < 0.4}


def _share(household: list[Person], rng: Random) -> None:
    first = household[0]
    if rng.random() < SHARE_CARD:
        household[1].cards[0] = first.cards[0]
    if rng.random() < SHARE_MAILBOX:
        household[1].email = first.email = f"{_plain(first.last_name)}.{first.home.house_no}@{DOMAINS[0]}"
    if rng.random() < SHARE_TABLET:
        tablet = Device(new_cookie(rng), PHONES[0], first.devices[0].ip, f"{rng.getrandbits(64):016x}")
        for person in household:
            person.devices.append(tablet)


def _card(rng: Random) -> str:
    """A payment account reference (EMV PAR): 29 characters, the same for all cards of one bank account."""
    return f"Q1Z8{rng.getrandbits(100):025X}"


def _mailbox(person: Person, rng: Random) -> str:
    first, last = _plain(person.first_name), _plain(person.last_name)
    name = rng.choice((f"{first}.{last}", f"{first[0]}{last}", f"{first}{last}", f"{last}.{first}"))
    return f"{name}{rng.choice(('', rng.randrange(100), person.birth_date.year))}@{rng.choice(DOMAINS)}"


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, anyascii(name.translate(UMLAUTS)).lower()))


UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


def _telephone(country: str, rng: Random) -> str:
    """A mobile number, in one of the ways in which people write it down."""
    rest = f"{rng.randrange(10**7):07d}"
    if country == "GB":
        british = ("+44 77{}{}", "077{}{}", "077{} {}")
        return rng.choice(british).format(rest[:2], rest[2:] + rest[0])
    german = ("+49 151 {}{}", "0151/{}{}", "0151{}{}", "0049 151 {} {}")
    return rng.choice(german).format(rest[:4], rest[4:] + rest[0])
