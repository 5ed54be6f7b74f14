"""Blocking keys: fragments with a key in common are worth comparing.

Exact identifiers are keys of their own (`identity.exact_keys`). These find people whose identifiers differ:
each key joins what rarely agrees by chance and rarely goes wrong together. A key with too many fragments
(`block_cap`) is dead; the narrower keys carry on.
"""

from collections.abc import Iterator
from functools import lru_cache

from unifier.matching.identity import Identity, exact_keys
from unifier.matching.mailboxes import told_by
from unifier.matching.phonetics import cologne
from unifier.rules import Rules


@lru_cache(maxsize=4_096)
def blocking_keys(identity: Identity) -> tuple[str, ...]:
    """Keys "b:…" for fuzzy candidates; none if too little is known."""
    first, last, postcode, birth = identity.first, identity.last, identity.postcode, identity.birth
    keys = _mail_keys(identity)
    if birth:
        keys.append(f"b:birth|{birth}")
        if postcode:
            keys.append(f"b:birth-post|{birth}|{postcode}")
    if identity.street and (identity.house_no or postcode):
        keys.append(f"b:home|{identity.street}|{identity.house_no}|{postcode}")
    city = "" if postcode else identity.city
    if last:
        if postcode:
            keys.append(f"b:last-post|{last}|{postcode}")
        elif city:
            keys.append(f"b:last-city|{last}|{city}")
        if birth:
            keys.append(f"b:last-year|{last}|{birth[:4]}")
        if first:
            keys.append(_of_initial(first, last))
    if first:
        if postcode:
            keys.append(f"b:first-post|{first}|{postcode}")
            if last:
                keys.append(f"b:sound|{cologne(last)}|{first[0]}|{postcode[:2]}")
        elif city:
            keys.append(f"b:first-city|{first}|{city}")
    if len(first) > 1:
        if birth:
            keys.append(f"b:first-year|{first}|{birth[:4]}")
        if last:
            keys.append(_of_names(first, last))
            keys.append(f"b:starts|{first[:3]}|{last[:4]}")
            if birth:
                keys.append(f"b:starts-year|{first[:3]}|{last[:3]}|{birth[:4]}")
    return tuple(keys)


def tells_nobody(identity: Identity, rules: Rules) -> bool:
    """Nothing in it leads to anybody: two that say so little are not one person for saying the same."""
    return not (exact_keys(identity, rules) or blocking_keys(identity._replace(ids=())))


def _mail_keys(identity: Identity) -> list[str]:
    """The start of an address, and the end of its local part: a misprint spoils but one of them. And the name
    that it tells, where no field does."""
    keys: list[str] = []
    for kind, value in identity.ids:
        if kind == "email":
            local, _, provider = value.partition("@")
            keys += [f"b:mail|{value[:7]}", f"b:mail-end|{local[-5:]}|{provider[:3]}"]
            if not (identity.first and identity.last):
                keys += _keys_of_names(identity.first, identity.last, value)
    return [*dict.fromkeys(keys)] if len(keys) > 2 else keys


def _keys_of_names(first: str, last: str, mailbox: str) -> Iterator[str]:
    """What the fields leave open, as the mailbox may tell it."""
    for told in told_by(mailbox):
        one, other = first or told.first, last or told.last
        if one and len(other) > 1:
            yield _of_initial(one, other)
            if len(one) > 1:
                yield _of_names(one, other)


def _of_initial(first: str, last: str) -> str:
    return f"b:initial|{first[0]}|{last}"


def _of_names(first: str, last: str) -> str:
    low, high = (first, last) if first < last else (last, first)  # tills swap them
    return f"b:names|{low}|{high}"
