"""Reach: the most that two identities can score, for a fraction of the time that the score takes.

A blocking key finds some fifteen others for a fragment, most of whom are somebody else. What is here never
says less than the score: names, birth dates, addresses and what is written by hand are compared as there, of
the rest it is taken that they agree as well as they can, and no rule takes anything back.
"""

from collections.abc import Iterable

from unifier.events.canonical import Identifier
from unifier.matching.identity import Identity
from unifier.matching.mailboxes import told_by
from unifier.matching.values import address
from unifier.matching.weights import Level, Weigh, Weights

_ROUNDING = 1e-6
"""Bits; the score adds the same numbers in another order."""


class Reach:
    """Whether two identities can reach a bar, under one set of weights."""

    def __init__(self, weights: Weights, bar: float) -> None:
        most = weights.most
        self._weights = weights
        self._start = weights.prior - bar + _ROUNDING
        self._middle = most["middle_name"] + most["suffix"]
        self._attributes = sum([bits for field, bits in most.items() if field.startswith("attribute:")])
        self._identifiers = {
            kind: (max(0.0, known.equal), _by_hand(known.unlike))
            for kind, known in weights.identifiers.items()
        }
        self._swapped = most["first_name"] + max(most["last_name"], most["family"])
        self._address, self._family = most["address"], most["family"]

    def over(self, a: Identity, b: Identity) -> bool:
        """False only if their score is below the bar."""
        weights = self._weights
        bits = self._start
        if a.ids and b.ids:
            bits += self._told_by_ids(a.ids, b.ids)
        if a.middle and b.middle:
            bits += self._middle
        if a.attributes and b.attributes:
            bits += self._attributes
        if a.birth and b.birth:
            bits += weights.birth_date(a.birth, b.birth).bits
        first = weights.first_name(a.first, b.first) if a.first and b.first else _UNKNOWN
        last = weights.last_name(a.last, b.last) if a.last and b.last else _UNKNOWN
        if a.first and a.last and b.first and b.last:
            crossed = first.bits <= 0.0 and self._in_wrong_fields(a, b)
        else:
            crossed = min(first.stance, last.stance) < 0 and self._in_wrong_field(a, b)
            first, last = self._by_mailbox(a, b, first, last)
        if a.street and b.street:
            most = first.bits + max(last.bits + self._address, self._family)
            if bits + most < 0.0 and not crossed:  # wherever they live: most pairs
                return False
            home = weights.address(address(a), address(b))
        else:
            home = self._place(a, b)
        if home.stance > 0 and last.stance > 0:
            family = weights.family(last.words, home.words).bits
            told = first.bits + (family if a.last and b.last else max(family, home.bits))
        else:
            told = first.bits + last.bits + home.bits
        return bits + told >= 0.0 or (crossed and bits + max(home.bits, 0.0) + self._swapped >= 0.0)

    def _in_wrong_fields(self, a: Identity, b: Identity) -> bool:
        """One's first name may be the other's last, and the other way round."""
        first_name, last_name = self._weights.first_name, self._weights.last_name
        return (first_name(a.first, b.last).bits > 0.0 and last_name(a.last, b.first).stance > 0) or (
            first_name(b.first, a.last).bits > 0.0 and last_name(b.last, a.first).stance > 0
        )

    def _in_wrong_field(self, a: Identity, b: Identity) -> bool:
        """The only name that one tells is the other's second name."""
        weights = self._weights
        for one, other in ((a, b), (b, a)):
            if one.first and other.last and weights.last_name(one.first, other.last).stance > 0:
                return True
            if one.last and other.first and weights.first_name(one.last, other.first).stance > 0:
                return True
        return False

    def _by_mailbox(self, a: Identity, b: Identity, first: Level, last: Level) -> tuple[Level, Level]:
        """What one does not tell, as the other tells it, if a mailbox might mean it."""
        weights = self._weights
        for one, other in ((a, b), (b, a)):
            if not (other.first and not one.first) and not (other.last and not one.last):
                continue
            for told in [told for kind, value in one.ids if kind == "email" for told in told_by(value)]:
                if other.first and not one.first:
                    first = max(first, weights.first_name(told.first, other.first))
                if other.last and not one.last and told.last:
                    last = max(last, weights.last_name(told.last, other.last))
        return first, last

    def _place(self, a: Identity, b: Identity) -> Level:
        """The better of postcode and city, of which the score takes one; no home, whatever it says."""
        weights, found = self._weights, []
        if a.postcode and b.postcode:
            found.append(weights.postcode(a.postcode, b.postcode).bits)
        if a.city and b.city:
            found.append(weights.city(a.city, b.city).bits)
        return Level(max(found), "", 0) if found else _UNKNOWN

    def _told_by_ids(self, mine: Iterable[Identifier], theirs: Iterable[Identifier]) -> float:
        """Each two of one kind as far as they agree; what differs may name nobody, and then says nothing."""
        found = 0.0
        for kind, value in mine:
            for other, another in theirs:
                if kind == other and kind in self._identifiers:
                    equal, unlike = self._identifiers[kind]
                    if value == another:
                        found += equal
                    elif unlike is not None and (bits := unlike(value, another).bits) > 0.0:
                        found += bits
        return found


def _by_hand(unlike: Weigh | Level) -> Weigh | None:
    """What two that are not the same may yet say for one person."""
    if isinstance(unlike, Level):
        return (lambda a, b: unlike) if unlike.bits > 0.0 else None
    return unlike


_UNKNOWN = Level(0.0, "", 0)
