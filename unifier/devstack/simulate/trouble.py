"""What goes wrong on the way: names typed badly, messages late, twice, or out of order.

Each function draws from the generator it is given, so a seed fixes the trouble too.
"""

from random import Random

from unifier.devstack.simulate.belongings import UMLAUTS

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
REPEATED = {"online": 0.012, "pos": 0.01, "crm": 0.03}
"""Share of messages that come twice: a publisher's retry, a till file read again."""

NICKNAMES = {
    "Alexander": "Alex",
    "Andreas": "Andi",
    "Christina": "Tina",
    "Elisabeth": "Lisa",
    "Hans": "Johannes",
    "Johannes": "Hans",
    "Katharina": "Kathi",
    "Matthias": "Matze",
    "Michael": "Micha",
    "Stefan": "Steff",
    "Susanne": "Susi",
    "Thomas": "Tom",
    "Ursula": "Uschi",
    "Wolfgang": "Wolf",
    "Abigail": "Abi",
    "Benjamin": "Ben",
    "Catherine": "Kate",
    "Charles": "Charlie",
    "Christopher": "Chris",
    "Elizabeth": "Liz",
    "Jennifer": "Jen",
    "Katherine": "Kate",
    "Matthew": "Matt",
    "Robert": "Rob",
    "Samantha": "Sam",
    "Stephen": "Steve",
    "Victoria": "Vicky",
    "William": "Bill",
}
_FLAT = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U", "ß": "s", "é": "e"})


def first_name_as_told(name: str, rng: Random) -> str:
    """A first name as people give it: now and then the nickname, an initial, or a slip of the finger."""
    roll = rng.random()
    if roll < 0.08:
        return NICKNAMES.get(name, name)
    if roll < 0.10:
        return name[0] + "."
    return as_typed(name, rng)


def email_as_typed(email: str, rng: Random) -> str:
    """A mailbox as a cashier types it from being told."""
    if rng.random() > 0.04:
        return email
    name, _, domain = email.partition("@")
    return f"{slip(name, rng)}@{domain}"


def slip(text: str, rng: Random) -> str:
    """One slip of the finger: two letters swapped, one dropped, or one doubled. Never the first one."""
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at] + text[at:]


def as_typed(name: str, rng: Random) -> str:
    """A surname or a street: keyboards without umlauts, tills that know only capitals, and slips."""
    roll = rng.random()
    if roll < 0.12:
        return name.translate(UMLAUTS)
    if roll < 0.15:
        return name.translate(_FLAT)
    if roll < 0.19:
        return name.upper()
    if roll < 0.22:
        return slip(name, rng)
    return name


def delay_ms(kind: str, rng: Random) -> int:
    """From the event to its arrival. Online: a telephone without a net sends hours later; else jitter."""
    roll = rng.random()
    if kind == "online":
        if roll < 0.01:
            return int(rng.uniform(MINUTE_MS, 6 * HOUR_MS))
        return int(roll * (20_000 if roll < 0.05 else 900))
    return int(rng.uniform(200, 4_000))


def repeat_after_ms(rng: Random) -> int:
    """How long after a message its second copy comes: mostly a retry, at times a day later."""
    return int(rng.expovariate(1 / 2_000) if rng.random() < 0.8 else rng.uniform(HOUR_MS, 30 * HOUR_MS))
