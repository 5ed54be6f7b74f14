"""Ids are derived, not drawn: a repeated write lands in the same place, a repeated message says the same.

All hashes are BLAKE2b in keyed mode (RFC 7693), so that nobody without the secret can test whether a
value is stored. A fragment id has 96 bits: among 100 million fragments two collide with a chance of 6e-14.
"""

import re
from base64 import b32hexdecode
from hashlib import blake2b

FRAGMENT_BYTES = 12
# Base 32 with the extended hex alphabet (RFC 4648), two digits at once: base64's own encoder takes 20 µs.
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_DIGIT_PAIRS = [high + low for high in _DIGITS for low in _DIGITS]


class Keys:
    """The keyed hashes of one installation."""

    def __init__(self, secret: str) -> None:
        key = blake2b(secret.encode(), digest_size=32).digest()
        # Copies of a keyed hash cost half of keying one anew.
        self._fragment = blake2b(digest_size=FRAGMENT_BYTES, key=key, person=b"fragment")
        self._index = blake2b(digest_size=16, key=key, person=b"index")
        self._short = blake2b(digest_size=8, key=key, person=b"short")
        self._household = blake2b(digest_size=FRAGMENT_BYTES, key=key, person=b"household")

    def fragment(self, source: str, anchor: str, identity: str) -> bytes:
        """12 bytes: one source's one anchor with one set of identity values."""
        return _hashed(self._fragment, f"{source}\x1f{anchor}\x1f{identity}")

    def index(self, key: str) -> bytes:
        """16 bytes: place of an identifier or blocking key in the index."""
        return _hashed(self._index, key)

    def short(self, text: str) -> bytes:
        """8 bytes: an event, order or product within one profile."""
        return _hashed(self._short, text)

    def household(self, anchor: str) -> str:
        """A household's id, "h_" and 20 characters, from what all of it carry."""
        return "h_" + _text(_hashed(self._household, anchor))


def _hashed(keyed: blake2b, text: str) -> bytes:
    copy = keyed.copy()
    copy.update(text.encode())
    return copy.digest()


def profile_id(fragment: bytes, nth: int = 0) -> str:
    """The nth profile id that a fragment gives: "p_" and 20 characters, the way back to its component.

    Only the first is needed until a split leaves the fragment without the id that it gave.
    """
    text = "p_" + _text(fragment)
    return f"{text}-{nth}" if nth else text


def _text(hashed: bytes) -> str:
    bits = int.from_bytes(hashed) << 4  # filled up with zeros to 20 digits
    return "".join([_DIGIT_PAIRS[bits >> shift & 1023] for shift in range(90, -1, -10)])


def fragment_of(profile: str) -> bytes | None:
    """The fragment that a profile id is derived from; None when it is no profile id."""
    found = re.fullmatch(r"p_([0-9a-v]{20})(-\d{1,4})?", profile)
    return b32hexdecode(found[1].upper() + "====") if found else None


def number_of(profile: str) -> int:
    """Which of the ids of its fragment a profile id is, counted from 0."""
    return int(profile.partition("-")[2] or 0)


def review_id(fragment: bytes, question: bytes) -> str:
    """The id of a review task: "r_", a fragment of the component it is about, a hash of what is asked."""
    return "r_" + _text(fragment) + question.hex()


def asked_fragment(review: str) -> bytes | None:
    """The fragment that a review id leads to; None when it is no review id."""
    found = re.fullmatch(r"r_([0-9a-v]{20})[0-9a-f]{16}", review)
    return b32hexdecode(found[1].upper() + "====") if found else None


def shard_of(fragment: bytes, shards: int) -> int:
    """The shard that holds a fragment's home key."""
    return int.from_bytes(fragment[:4], "big") % shards
