"""A report: an explanation in the order in which a person reads it, for text, picture and page."""

from collections.abc import Sequence
from dataclasses import dataclass

from unifier.profiles.account import Account, AccountedLink
from unifier.profiles.verdict import Name, Verdict, reason_in_words
from unifier.profiles.waterfall import Waterfall


@dataclass(frozen=True, slots=True)
class Section:
    """One decision."""

    title: str
    words: str
    waterfall: Waterfall | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked, the answer, and what led to it."""

    title: str
    answer: str
    sections: Sequence[Section]


def of_two(one: str, other: str, verdict: Verdict, name: Name) -> Report:
    """Whether two are one person, and why."""
    sections = [Section("The two", "", verdict.waterfall)]
    if verdict.whole is not None:
        sections.append(Section("Their profiles", "", verdict.whole))
    if len(verdict.through) > 1:
        steps = [f"{name(a)} – {name(b)}  {rule}  {bits:+.2f}" for a, b, rule, bits in verdict.through]
        sections.append(Section("Linked through", "\n".join(steps)))
    found = "one person" if verdict.one_person else "two people"
    return Report(f"{one} and {other}", f"{found}: {verdict.because}", sections)


def of_profile(profile: str, account: Account, name: Name) -> Report:
    """Why a profile is one person, and why others are not of it."""
    sections = [
        Section(f"{name(told.link.a)} – {name(told.link.b)}", _linked(told), told.waterfall)
        for told in account.links
    ]
    for one, waterfall in ((told.refused, told.waterfall) for told in account.refused):
        words = f"refused: {one.rule} speaks for it with {one.bits:+.2f} bits; {reason_in_words(one.reason)}"
        sections.append(Section(f"{name(one.a)} | {name(one.b)}", words, waterfall))
    return Report(profile, _answer(account, name), sections)


def _linked(told: AccountedLink) -> str:
    words = f"linked by {told.link.rule}"
    if off := len(told.falls_off):
        words += f"; without it {off} {_fragments(off)} would fall off"
    return words


def _answer(account: Account, name: Name) -> str:
    links, most = len(account.links), account.missed_most
    if not links:
        return "one fragment, linked to no other"
    answer = f"one person, of {links + 1} fragments"
    if most is None:
        return f"{answer}; without any one of the links it would still hold together"
    pair = f"{name(most.link.a)} – {name(most.link.b)}"
    off = len(most.falls_off)
    return (
        f"{answer}; missed most would be the link {pair} ({most.link.rule}, {most.link.bits:+.2f} bits): "
        f"without it {off} {_fragments(off)} would fall off"
    )


def _fragments(count: int) -> str:
    return "fragment" if count == 1 else "fragments"


def percent(share: float) -> str:
    """Never 0 % or 100 %: nothing is that sure."""
    return f"{min(max(share, 0.0001), 0.9999):.2%}"


def field_in_words(field: str) -> str:
    """The field of a line: "first_name", "attribute:unit"."""
    return field.removeprefix("attribute:").replace("_", " ")


def printable(words: str) -> str:
    """Without control characters: XML knows none, and a terminal obeys them, whoever sent them."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in words)
