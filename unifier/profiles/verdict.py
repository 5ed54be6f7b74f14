"""What a verdict about two says, and the words for every reason; no value of a person is in them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unifier.profiles.members import NO_FIRST_NAME, Link, Refused
from unifier.profiles.waterfall import Waterfall

Name = Callable[[bytes], str]
"""How readers call a fragment."""

_WORDS = {
    "same": "they say the same",
    "over": "the evidence is over the threshold",
    "linked": "linked",
    "linked_through": "linked through others",
    "first_name": "first names that cannot be one person's",
    "suffix": "father and son, suffixes that cannot be one person's",
    "birth_date": "birth dates that cannot be one person's",
    "namesake": "perhaps father and son, one name, and no mailbox, phone or number in common",
    NO_FIRST_NAME: "the record between them tells no first name, and theirs are of two people",
    "too_many": "together they would be more than one person can have",
    "separation": "somebody said that they are two",
    "newer_word": "a newer word says otherwise",
    "restricted": "one of them is restricted: the word counts when that has ended",
    "too_many_words": "so many words about these people are kept that it is not: take some back",
    "no_two_sides": "what it names is one and the same by now",
    "household": "what a household shares, such as a card, is never enough by itself",
    "device": "a device that both use is never enough by itself",
    "consent": "without consent to stitch one of them stays alone",
    "never_compared": "never compared: they have nothing in common by which people are looked up",
    "too_common": "never compared: what they have in common, too many others have too",
    "below": "the evidence is below the threshold",
    "others_against": "the others of their profiles speak against it",
    "nameless": "what names nobody counts for a person only while it points to one alone",
    "unweighed": "no two of their fragments have enough in common to be weighed together",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two are one person, and why."""

    one_person: bool
    reason: str  # a stable word
    waterfall: Waterfall  # of the two
    whole: Waterfall | None = None  # of their profiles, where these are more than the two
    through: tuple[Link, ...] = ()  # the links that lead from one to the other

    @property
    def because(self) -> str:
        """The reason in words."""
        return reason_in_words(self.reason)

    def told(self, name: Name) -> dict[str, Any]:
        """As plain values."""
        return {
            "one_person": self.one_person,
            "reason": self.reason,
            "because": self.because,
            "waterfall": self.waterfall.told(),
            "through": [told(link, name) for link in self.through],
            **({"whole": self.whole.told()} if self.whole else {}),
        }


def reason_in_words(reason: str) -> str:
    """The words for the reason of a verdict or of a refused link."""
    if reason.startswith("unique:"):
        kind = reason.removeprefix("unique:")
        return f"each has a {kind} of its own, and a person has only one"
    return _WORDS[reason]


def told(one: Link | Refused, name: Name) -> dict[str, Any]:
    """A link or a refused one as plain values, rounded for readers."""
    return {"a": name(one.a), "b": name(one.b), "rule": one.rule, "bits": round(one.bits, 2)}
