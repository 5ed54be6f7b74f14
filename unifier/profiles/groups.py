"""Groups of members, and the rules that no join may break."""

from unifier.matching.score import contradiction
from unifier.matching.values import Values, merged
from unifier.profiles.evidence import Evidence


class Groups:
    """Disjoint groups that only ever grow. A group is named by its smallest member."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        count = len(evidence.members)
        self.name = list(range(count))  # of the group of each member
        self.members: dict[int, list[int]] = {number: [number] for number in range(count)}
        self._values = {number: [values] for number, values in enumerate(evidence.values)}
        self._settled: set[int] = set()
        self._only = {number: facts.only for number, facts in enumerate(evidence.facts) if facts.only}
        if evidence.sharedness or evidence.same_account:
            self._only = {number: self._living(only) for number, only in self._only.items()}

    def _living(self, only: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        """Without what is shared, and with one value for each account that a source has merged."""
        telling, same = self._evidence.telling, self._evidence.same_account
        return {
            kind: frozenset([same.get((kind, value), value) for value in values if telling((kind, value))])
            for kind, values in only.items()
        }

    def fids(self, group: int) -> tuple[bytes, ...]:
        """The fragments of a group, in the order of their ids."""
        return tuple(sorted([self._evidence.members[number].fid for number in self.members[group]]))

    def values(self, group: int) -> Values:
        """Everything that may be compared of a group."""
        parts = self._values[group]
        if len(parts) > 1:
            parts[:] = [merged(parts)]
        return parts[0]

    def both_settled(self, a: int, b: int) -> bool:
        """Two groups that each know more than one identity: one misprint cannot explain a contradiction.

        The same told by two sources counts once. Attributes do not count: they describe, and name nobody.
        """
        return a in self._settled and b in self._settled

    def bar(self, a: int, b: int) -> float:
        """The bits from which on two groups are one person: more, if each knows more than one identity."""
        matching = self._evidence.rules.matching
        return matching.merge_groups_bits if self.both_settled(a, b) else matching.merge_bits

    def barred(self, a: int, b: int) -> str:
        """The rule that forbids to join two groups, "" if none does."""
        mine, theirs = self.members[a], self.members[b]
        if len(mine) + len(theirs) > self._evidence.rules.matching.component_cap:
            return "too_many"
        apart = self._evidence.apart
        if apart and any(not apart[number].isdisjoint(theirs) for number in mine if number in apart):
            return "separation"
        only, others = self._only.get(a), self._only.get(b)
        if only and others:
            for kind, values in only.items():
                if values and others.get(kind) and len(values | others[kind]) > 1:
                    return f"unique:{kind}"
        return ""

    def contradiction(self, a: int, b: int) -> str:
        """What two groups tell that cannot be one person's."""
        return contradiction(self.values(a), self.values(b), self._evidence.weights)

    def join(self, a: int, b: int) -> int:
        """Put two groups together; gives the name of the one that remains."""
        keep, gone = (a, b) if a < b else (b, a)
        facts = self._evidence.facts
        if gone in self._settled or not facts[keep].identity.names_as(facts[gone].identity):
            self._settled.add(keep)
        moved = self.members.pop(gone)
        for number in moved:
            self.name[number] = keep
        self.members[keep] = sorted(self.members[keep] + moved)
        self._values[keep] = self._values[keep] + self._values.pop(gone)
        only = self._only.pop(gone, None)
        if only:
            mine = self._only.get(keep, {})
            self._only[keep] = mine | {
                kind: mine.get(kind, frozenset()) | values for kind, values in only.items()
            }
        return keep
