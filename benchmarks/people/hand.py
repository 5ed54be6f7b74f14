"""The hand that writes a person down: spellings, shortenings, formats, slips."""

from dataclasses import dataclass
from datetime import date
from string import ascii_lowercase
from unicodedata import normalize

from benchmarks.people.land import Land

_SPELLED = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
_KEYS = ("qwertzuiop", "asdfghjkl", "yxcvbnm")
_HEARD = (
    ("ck", "k"),
    ("th", "t"),
    ("ph", "f"),
    ("ei", "ai"),
    ("dt", "t"),
    ("ie", "i"),
    ("v", "f"),
    ("c", "k"),
    ("y", "i"),
)
_READ = (("0", "o"), ("1", "l"), ("m", "rn"), ("5", "s"), ("e", "c"), ("n", "u"))


@dataclass(slots=True, frozen=True)
class Dirt:
    """How often something happens to one written value; probabilities."""

    typo: float = 0.03
    more: float = 0.0  # a further slip in the same value, again and again
    case: float = 0.08  # all capitals, or all small
    accents: float = 0.3  # umlauts and accents spelled out or dropped
    nickname: float = 0.04
    initial: float = 0.02
    title: float = 0.01
    swapped: float = 0.003  # first and last name in each other's column
    abbreviated: float = 0.4  # street words
    wrong_day: float = 0.01  # day and month exchanged, or a default date
    cut: float = 0.01  # the text ends early

    def times(self, factor: float) -> "Dirt":
        """The same with slips so many times as often; at most 0.9."""
        return Dirt(*[min(0.9, getattr(self, name) * factor) for name in self.__slots__])


class Hand:
    """Writes values of people of one country."""

    def __init__(self, land: Land, dirt: Dirt) -> None:
        self.land, self.dirt, self.rng = land, dirt, land.rng
        self._called = {name: group for group in land.ways["nicknames"] for name in group}

    def often(self, share: float) -> bool:
        """True with this probability."""
        return self.rng.random() < share

    def first_name(self, name: str) -> str:
        """A first name: as it is, a nickname, an initial, one half of a double one."""
        dirt = self.dirt
        if self.often(dirt.initial):
            return name[0] + self.rng.choice(("", "."))
        if self.often(dirt.nickname) and name in self._called:
            name = self.rng.choice([other for other in self._called[name] if other != name])
        elif "-" in name and self.often(0.15):
            name = self.rng.choice((name.replace("-", " "), name.split("-")[0]))
        return self.name(name)

    def name(self, name: str) -> str:
        """A name with its accents, capitals and slips."""
        return self._cased(self.slip(self.accents(name)))

    def names(self, first: str, last: str) -> tuple[str, str]:
        """First and last name, now and then each in the other's column, or with a title."""
        written = self.first_name(first), self.name(last)
        if self.often(self.dirt.title):
            written = f"{self.rng.choice(self.land.ways['titles'])} {written[0]}", written[1]
        return written[::-1] if self.often(self.dirt.swapped) else written

    def accents(self, text: str) -> str:
        """ü as ue, as u, or as it is; é as e."""
        if text.isascii() or not self.often(self.dirt.accents):
            return text
        if self.often(0.6):
            text = "".join(_SPELLED.get(sign, sign) for sign in text)
        return normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()

    def slip(self, text: str) -> str:
        """A text with typing, hearing and reading errors, as often as the dirt says."""
        chance = self.dirt.typo
        while text and self.often(chance):
            text = self._one_slip(text)
            chance = self.dirt.more
        return text[: max(3, len(text) * 2 // 3)] if self.often(self.dirt.cut) else text

    def _one_slip(self, text: str) -> str:
        rng = self.rng
        if self.often(0.15):
            fits = [pair for pair in _HEARD + _READ if pair[0] in text]
            if fits:
                return text.replace(*rng.choice(fits), 1)
        at = rng.randrange(len(text))
        kind = rng.randrange(4)
        if kind == 0 and len(text) > 2:
            return text[:at] + text[at + 1 :]
        if kind == 1:
            return text[:at] + text[at] + text[at:]
        if kind == 2 and at + 1 < len(text):
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return text[:at] + self._neighbour(text[at]) + text[at + 1 :]

    def _neighbour(self, sign: str) -> str:
        if sign.isdigit():
            return str((int(sign) + self.rng.choice((1, 2, 3, 9))) % 10)
        for row in _KEYS:
            if (at := row.find(sign.lower())) >= 0:
                return row[max(0, at - 1)] if self.often(0.5) else row[min(len(row) - 1, at + 1)]
        return self.rng.choice(ascii_lowercase)

    def _cased(self, text: str) -> str:
        if not self.often(self.dirt.case):
            return text
        return text.lower() if self.often(0.6) else text.upper()

    def street(self, street: str, house_no: str) -> tuple[str, str]:
        """Street and number, in one text ("…", "") where the country does so."""
        ways = self.land.ways
        if self.often(self.dirt.abbreviated):
            fits = [forms for forms in ways["short"] if forms[0] in street]
            if fits:
                forms = self.rng.choice(fits)
                street = street.replace(forms[0], self.rng.choice(forms[1:]), 1)
        street = self._cased(self.slip(self.accents(street)))
        number = house_no.replace(" ", "") if self.often(0.3) else house_no
        if not ways.get("one_line"):
            return street, number
        return (f"{number} {street}" if ways.get("number_first") else f"{street}, {number}"), ""

    def postcode(self, postcode: str) -> str:
        """A postcode, now and then with two digits exchanged or without its blank."""
        if self.often(self.dirt.typo / 2):
            return self._one_slip(postcode)
        return postcode.replace(" ", "") if self.often(0.2) else postcode

    def email(self, address: str) -> str:
        """A mailbox: capitals, plus tag, a slip."""
        local, _, domain = address.partition("@")
        if self.often(0.04):
            local += self.rng.choice(("+shop", "+news"))
        if self.often(self.dirt.typo / 2):
            local = self._one_slip(local)
        address = f"{local}@{domain}"
        return address.upper() if self.often(self.dirt.case / 2) else address

    def phone(self, number: str) -> str:
        """A number in one of the ways people write it."""
        ways = self.land.ways
        if self.often(self.dirt.typo / 2):
            number = self._one_slip(number)
        home = ways["trunk"] + number
        return self.rng.choice(
            (
                home,
                home,
                f"{home[:4]} {home[4:]}",
                f"{home[:4]}/{home[4:]}",
                f"{home[:4]}-{home[4:7]} {home[7:]}",
                f"+{ways['prefix']}{number}",
                f"+{ways['prefix']} {number[:3]} {number[3:]}",
                f"00{ways['prefix']} {number[:3]} {number[3:6]} {number[6:]}",
                f"+{ways['prefix']} (0) {number[:3]} {number[3:]}" if ways["trunk"] else home,
            )
        )

    def birth_date(self, born: date) -> str:
        """A date in the country's forms; now and then the default of a form, or day for month."""
        if self.often(self.dirt.wrong_day):
            born = date(1900, 1, 1) if self.often(0.5) else _exchanged(born)
        text = born.isoformat()
        if self.often(self.dirt.typo):
            text = text[:-1] + self._neighbour(text[-1])
        year, month, day = text.split("-")
        if self.often(0.5):
            return text
        if self.land.country == "US":
            return f"{month}/{day}/{year}"
        separator = "." if self.land.locale.startswith("de") else "/"
        return separator.join((day, month, year if self.often(0.85) else year[2:]))


def _exchanged(born: date) -> date:
    return date(born.year, born.day, born.month) if born.day <= 12 else born
