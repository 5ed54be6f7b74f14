"""E-mail addresses and phone numbers: one comparable form each."""

import re
from functools import lru_cache

import phonenumbers

_EMAIL = re.compile(r"[^@\s,;:<>()\"\[\]]+@[^@\s,;:<>()\"\[\].]+(?:\.[^@\s,;:<>()\"\[\].]+)+")
_EMAIL_LONGEST = 254
_GMAIL = ("gmail.com", "googlemail.com")
_NOBODY = frozenset(("test", "example", "none", "null", "na", "no", "keine", "kein", "xxx", "asdf", "abc"))


@lru_cache(maxsize=65_536)
def email(raw: str) -> str:
    """Lower case, without a plus tag; Gmail without dots and under one domain. "" if it is no address."""
    if len(raw) > _EMAIL_LONGEST + 10:
        return ""
    text = raw.strip().strip("<>").lower().removeprefix("mailto:")
    if len(text) > _EMAIL_LONGEST or not _EMAIL.fullmatch(text):
        return ""
    local, _, domain = text.partition("@")
    local = local.partition("+")[0]
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    if not local or local in _NOBODY:
        return ""
    return f"{local}@{domain}"


_PHONE_LONGEST = 40
_CALLING_CODES = {
    "DE": "49",
    "AT": "43",
    "CH": "41",
    "GB": "44",
    "FR": "33",
    "NL": "31",
    "BE": "32",
    "AU": "61",
}
"""Countries that dial 0 before a national number: the cheap way serves them."""
_ZERO_IN_BRACKETS = re.compile(r"\(\s*0\s*\)")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_NO_NUMBER = re.compile(r"(\d)\1{5}|123456789")
_SHORTEST, _LONGEST = 7, 15


@lru_cache(maxsize=65_536)
def phone(raw: str, country: str) -> str:
    """E.164 where the country is known ("+4917614893186"), else the digits. "" for 000 000 and the like.

    Numbers of countries with a trunk 0 are read by rule, in 1 to 2 µs; others by libphonenumber, in 50.
    """
    if len(raw) > _PHONE_LONGEST:
        return ""
    text = _ZERO_IN_BRACKETS.sub("", raw.strip())
    digits = _NOT_DIGITS.sub("", text)
    if text.startswith("+"):
        number = digits
    elif digits.startswith("00"):
        number = digits[2:]
    elif country in _CALLING_CODES and digits.startswith("0"):
        number = _CALLING_CODES[country] + digits[1:]
    else:
        return _by_library(digits, country)
    code = _CALLING_CODES.get(country, "")
    if code and number.startswith(code + "0"):  # +49 0176… is dialled by nobody, and written by many
        number = code + number[len(code) + 1 :]
    if not _SHORTEST <= len(number) <= _LONGEST or _NO_NUMBER.search(number):
        return ""
    return "+" + number


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
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return digits
