"""E-mail addresses and phone numbers: one form for all ways of writing what reaches one person."""

import re
from functools import lru_cache

import phonenumbers

from unifier.events.fields import exact
from unifier.matching.spelling import fold, plain
from unifier.matching.tables import short_forms, table, words

_TABLE = table("contacts")
_DOMAIN = short_forms(_TABLE["domains"]) | {
    typed: meant for meant, misspelt in _TABLE["misspelt"].items() for typed in misspelt.split()
}
_NO_DOTS, _HYPHEN_TAG = words(_TABLE["rules"]["no_dots"]), words(_TABLE["rules"]["hyphen_tag"])
_NOBODY = words(_TABLE["nobody"]["locals"])
_ADDRESS = re.compile(r"[^@\s,;:<>()\"\[\]]+@[^@\s,;:<>()\"\[\].]+(?:\.[^@\s,;:<>()\"\[\].]+)+")
_EMAIL_LONGEST = 254
_EMAIL_TEXT_LONGEST = 400
_WRITTEN_AT = re.compile(r"\s*(?:\(at\)|\[at\]|\{at\})\s*|\s*@\s*")
_GAPS = re.compile(r"[\s,;]+")


@lru_cache(maxsize=4_096)
def email(raw: str) -> str:
    """Lower case, without a tag and what the provider does not read, domain as meant. "" if it is no address.

    Of several addresses in one field, and of "Anna <anna@example.org>", the first that is one.
    """
    if len(raw) > _EMAIL_TEXT_LONGEST:
        return ""
    text = exact(raw).lower()
    if not _ADDRESS.fullmatch(text):
        text = _picked(text)
    if not text or len(text) > _EMAIL_LONGEST:
        return ""
    local, _, domain = text.partition("@")
    if not domain.isascii():
        domain = _ascii(domain)
    domain = _DOMAIN.get(domain, domain)
    local = local.partition("+")[0]
    if domain in _NO_DOTS:
        local = local.replace(".", "")
    elif domain in _HYPHEN_TAG:
        local = local.partition("-")[0]
    local = local.strip(".")
    address = f"{local}@{domain}"
    return "" if local in _NOBODY or not _ADDRESS.fullmatch(address) else address


def named_after(address: str, first: str, last: str) -> bool:
    """A mailbox tells a folded first name, or its initial beside the last name: anna67, bergera."""
    told, first, last = (part.replace(" ", "") for part in (fold(address.partition("@")[0]), first, last))
    if len(first) > 2 and first in told:
        return True
    return bool(first and last) and told in (first[0] + last, last + first[0])


def _picked(text: str) -> str:
    """The first address in a longer text."""
    for piece in _GAPS.split(_WRITTEN_AT.sub("@", text)):
        address = piece.strip("<>()[]{}\"'.:").removeprefix("mailto:").strip("<>")
        if _ADDRESS.fullmatch(address):
            return address
    return ""


def _ascii(domain: str) -> str:
    """A domain with umlauts as the net writes it (xn--…); as it is if it is none."""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


_PHONE_LONGEST = 60
_TRUNK_ZERO = {
    "DE": "49", "AT": "43", "CH": "41", "GB": "44", "IE": "353", "FR": "33", "NL": "31", "BE": "32",
    "SE": "46", "AU": "61",
}  # fmt: skip
"""Countries that dial a 0 before a national number, which is not dialled from abroad."""
_AS_DIALLED = {
    "US": ("1", range(10, 11)), "CA": ("1", range(10, 11)), "ES": ("34", range(9, 10)),
    "IT": ("39", range(8, 12)), "PT": ("351", range(9, 10)), "PL": ("48", range(9, 10)),
    "DK": ("45", range(8, 9)), "NO": ("47", range(8, 9)),
}  # fmt: skip
"""Countries without: calling code, and how many digits a number has."""
_ZERO_IN_BRACKETS = re.compile(r"\(\s*0\s*\)")
_ZERO_AFTER_CODE = re.compile(rf"({'|'.join(sorted(_TRUNK_ZERO.values()))})0+")
_EXTENSION = re.compile(
    r"(?<=\d)[\s,;/-]*(?:ext(?:ension)?|extn|x|durchwahl|dw|app(?:arat)?|poste|int(?:erno)?|toestel|tst|#)"
    r"\s*[.:=]?\s*(\d{1,7})$"
)
_SPREADSHEET = re.compile(r"\d+[.,]\d+e\+?\d+")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_NO_NUMBER = re.compile(r"(\d)\1{5}|12345678|87654321")
_SHORTEST, _LONGEST = 7, 15
_SHORTEST_ABROAD = 8
_NATIONAL = 9
"""Digits behind a calling code from which on it is one, though no + stands before it."""
_SEVERAL = re.compile(r"\s(?:oder|or|und|and|ou|o|of)\s|[;,|]|\s/\s")


@lru_cache(maxsize=4_096)
def phone(raw: str, country: str) -> str:
    """E.164 where the country is known ("+4917614893186"), else the digits. "" for 000 000 and the like.

    An extension stays (";ext=12", RFC 3966): colleagues share the rest. Numbers of the commonest countries
    are read by rule, in a few µs; others by libphonenumber, in 50.
    """
    if len(raw) > _PHONE_LONGEST:
        return ""
    text = raw.strip().lower() if raw.isascii() else plain(raw).strip()
    extension = ""
    if not text[-1:].isdigit() or not text.isdigit():
        if found := _EXTENSION.search(text):
            text, extension = text[: found.start()], f";ext={found[1]}"
        if _SPREADSHEET.fullmatch(text):  # the last digits are lost
            return ""
        text = _ZERO_IN_BRACKETS.sub("", text).removesuffix(".0")
    digits = _NOT_DIGITS.sub("", text)
    if len(digits) > _LONGEST:
        text = _SEVERAL.split(text)[0]
        digits = _NOT_DIGITS.sub("", text)
    number = _international(text, digits, country)
    read = _e164(number) if number else _by_library(digits, country)
    return read and read + extension


def _international(text: str, digits: str, country: str) -> str:
    """Calling code and number; "" if no cheap rule reads it."""
    if "+" in text[:3]:
        return digits.lstrip("0")
    if digits.startswith("00"):
        return digits[2:]
    if country in _TRUNK_ZERO:
        code = _TRUNK_ZERO[country]
        if digits.startswith("0"):
            return code + digits[1:]
        return digits if digits.startswith(code) and len(digits) >= len(code) + _NATIONAL else ""
    if country in _AS_DIALLED:
        code, length = _AS_DIALLED[country]
        if code == "1" and digits.startswith("011") and len(digits) > 11:
            return digits[3:]
        if len(digits) in length:
            return code + digits
        if digits.startswith(code) and len(digits) - len(code) in length:
            return digits
    return ""


def _e164(number: str) -> str:
    if found := _ZERO_AFTER_CODE.match(number):  # +49 0176… is dialled by nobody, and written by many
        number = found[1] + number[found.end() :]
    if number.startswith("0") or not _SHORTEST_ABROAD <= len(number) <= _LONGEST or _NO_NUMBER.search(number):
        return ""
    return f"+{number}"


def _by_library(digits: str, country: str) -> str:
    """What no cheap rule reads; without a country the digits are kept as they are."""
    if not _SHORTEST <= len(digits) <= _LONGEST or _NO_NUMBER.search(digits):
        return ""
    if country:
        try:
            number = phonenumbers.parse(digits, country)
        except phonenumbers.NumberParseException:
            return digits
        if phonenumbers.is_possible_number(number):
            return _e164(f"{number.country_code}{phonenumbers.national_significant_number(number)}")
    return digits
