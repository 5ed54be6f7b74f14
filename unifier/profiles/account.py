"""The account of a profile: why its fragments are one person, and why others are not of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unifier.profiles.bridges import Fids, falls_off, missed_most
from unifier.profiles.decided import Decided
from unifier.profiles.members import Link, Refused
from unifier.profiles.verdict import Name, reason_in_words, told
from unifier.profiles.waterfall import Waterfall


@dataclass(frozen=True, slots=True)
class AccountedLink:
    """A link, what was weighed for it, and the fragments that would fall off without it."""

    link: Link
    waterfall: Waterfall
    falls_off: Fids

    def told(self, name: Name) -> dict[str, Any]:
        """As plain values."""
        return told(self.link, name) | {
            "falls_off": len(self.falls_off),
            "waterfall": self.waterfall.told(),
        }


@dataclass(frozen=True, slots=True)
class AccountedRefusal:
    """Evidence for another profile that a rule refused, and all that speaks for and against it now."""

    refused: Refused
    waterfall: Waterfall

    def told(self, name: Name) -> dict[str, Any]:
        """As plain values."""
        reason = self.refused.reason
        return told(self.refused, name) | {
            "reason": reason,
            "because": reason_in_words(reason),
            "waterfall": self.waterfall.told(),
        }


@dataclass(frozen=True, slots=True)
class Account:
    """Links and refusals of one profile. `missed_most`: one of the links; None where none is a bridge."""

    links: list[AccountedLink]
    refused: list[AccountedRefusal]
    missed_most: AccountedLink | None

    def told(self, name: Name) -> dict[str, Any]:
        """As plain values."""
        most = self.missed_most
        return {
            "links": [link.told(name) for link in self.links],
            "refused": [one.told(name) for one in self.refused],
            "missed_most": most
            and {
                "a": name(most.link.a),
                "b": name(most.link.b),
                "falls_off": sorted(map(name, most.falls_off)),
            },
        }


def account(decided: Decided, profile: Sequence[bytes]) -> Account:
    """Of a profile, its fragments given, in the partition of its component."""
    falls = falls_off(decided, profile)
    most = missed_most(falls)
    inside = set(profile)
    links = {
        link: AccountedLink(link, decided.waterfall(link), falls[link])
        for link in decided.partition.links
        if link in falls
    }
    refused = [
        AccountedRefusal(one, decided.between(one.a, one.b))
        for one in decided.partition.refused
        if one.a in inside or one.b in inside
    ]
    return Account(list(links.values()), refused, links[most] if most else None)
