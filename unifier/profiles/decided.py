"""A partition worked out again by somebody who watches: of each link, which two groups it put together."""

from math import isclose
from typing import NamedTuple

from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Link
from unifier.profiles.partition import decide
from unifier.profiles.waterfall import Waterfall, by_token, waterfall


class Join(NamedTuple):
    """Two groups, as they were when they became one."""

    left: tuple[int, ...]  # member numbers
    right: tuple[int, ...]
    threshold: float


class Decided:
    """The partition of a component, and what was weighed for each of its links."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.number = {member.fid: number for number, member in enumerate(evidence.members)}
        self.partition, self._groups = decide(evidence, _Watched)

    def waterfall(self, link: Link) -> Waterfall:
        """Of one link of the partition: its lines sum up to its bits."""
        evidence, pair = self.evidence, (self.number[link.a], self.number[link.b])
        left, right, threshold = self._join(*pair)
        bar = evidence.rules.matching.merge_bits
        named = all(any(evidence.strong[number] for number in side) for side in (left, right))
        weighed = [
            waterfall(evidence, left, right, threshold, pair),
            # A sure link joins by the two fragments alone, whatever else their groups have told.
            waterfall(evidence, pair[:1], pair[1:], bar, pair),
        ]
        if not named and not evidence.asserted(*pair)[0]:
            weighed = [waterfall(evidence, left, right, bar)]  # by its birth date, if not by a token
        for each in weighed:
            if isclose(each.bits, link.bits, abs_tol=1e-9):
                return each
        return by_token(link.rule, link.bits, left, right)

    def between(self, a: bytes, b: bytes) -> Waterfall:
        """Of the two groups that two fragments are in now."""
        groups = self._groups
        one, other = (groups.name[self.number[fid]] for fid in (a, b))
        left, right = groups.members[one], groups.members[other]
        return waterfall(self.evidence, left, right, groups.bar(one, other))

    def _join(self, a: int, b: int) -> Join:
        """The one by which two members of one group came together."""
        return next(
            join
            for join in self._groups.joins
            if (a in join.left and b in join.right) or (b in join.left and a in join.right)
        )


class _Watched(Groups):
    """Groups that remember who was put together with whom."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence)
        self.joins: list[Join] = []

    def join(self, a: int, b: int) -> int:
        """Join, and remember."""
        self.joins.append(Join(tuple(self.members[a]), tuple(self.members[b]), self.bar(a, b)))
        return super().join(a, b)
