"""Why two profiles, or two parts of one, are or are not one person."""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from math import isclose

from unifier.matching.score import SHARED
from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Link, Refused
from unifier.profiles.verdict import Verdict
from unifier.profiles.waterfall import Waterfall, by_token, waterfall

Fids = Collection[bytes]


def linked(evidence: Evidence, left: Fids, right: Fids, links: Iterable[Link]) -> Verdict:
    """Two parts of one profile, each its fragments; `links` are those of the partition."""
    through = _chain(links, left, right)
    sides = _Sides(evidence, left, right)
    if len(through) == 1:
        return Verdict(True, "linked", sides.of_link(*through), through=through)
    return Verdict(True, "linked_through", sides.waterfall(), through=through)


def apart(evidence: Evidence, left: Fids, right: Fids, refused: Iterable[Refused], together: bool) -> Verdict:
    """Two profiles, each its fragments; `refused` by the partition, `together` in one component or not."""
    sides = _Sides(evidence, left, right)
    strongest = max(filter(sides.between, refused), key=lambda one: one.bits, default=None)
    waterfall = sides.waterfall()
    reason = strongest.reason if strongest else sides.missing(waterfall, together)
    return Verdict(False, reason, waterfall)


def as_one(evidence: Evidence, left: Fids, right: Fids) -> Verdict:
    """Whether two sides would be taken for one person, each its fragments, had nobody else a say."""
    sides = _Sides(evidence, left, right)
    waterfall = sides.waterfall()
    reason = sides.missing(waterfall, together=True)
    return Verdict(True, "over", waterfall) if reason == "unweighed" else Verdict(False, reason, waterfall)


class _Sides:
    """Two groups among the members of the evidence; everybody else is by himself."""

    def __init__(self, evidence: Evidence, left: Fids, right: Fids) -> None:
        self._evidence = evidence
        self._groups = Groups(evidence)
        self._number = {member.fid: number for number, member in enumerate(evidence.members)}
        self._left, self._right = self._group(left), self._group(right)

    def _group(self, fids: Fids) -> int:
        name, *others = sorted(self._number[fid] for fid in fids)
        for other in others:
            self._groups.join(name, other)
        return name

    def waterfall(self) -> Waterfall:
        """Of the two."""
        groups, a, b = self._groups, self._left, self._right
        return waterfall(self._evidence, groups.members[a], groups.members[b], groups.bar(a, b))

    def of_link(self, link: Link) -> Waterfall:
        """Of the two, whom this link joins: of who names nobody it is the browser or card that counts."""
        evidence, members = self._evidence, self._groups.members
        left, right = members[self._left], members[self._right]
        weighed = self.waterfall()
        said, _ = evidence.asserted(self._number[link.a], self._number[link.b])
        named = all(any(evidence.strong[number] for number in side) for side in (left, right))
        if named or said or isclose(weighed.bits, link.bits, abs_tol=1e-9):
            return weighed
        return by_token(link.rule, link.bits, left, right)

    def between(self, one: Refused) -> bool:
        """Whether it was refused between these two."""
        name, number = self._groups.name, self._number
        return {name[number[one.a]], name[number[one.b]]} == {self._left, self._right}

    def missing(self, waterfall: Waterfall, together: bool) -> str:
        """The reason where nothing was refused."""
        evidence, groups = self._evidence, self._groups
        sides = groups.members[self._left], groups.members[self._right]
        barred = groups.barred(self._left, self._right)
        if barred == "separation":
            return barred
        if any(all(evidence.members[number].alone for number in side) for side in sides):
            return "consent"
        if self._keys(sides[0]).isdisjoint(self._keys(sides[1])):
            return "never_compared"
        if not all(any(evidence.strong[number] for number in side) for side in sides):
            return "nameless"
        if waterfall.threshold is not None and waterfall.bits < waterfall.threshold:
            return "below"
        return barred or ("unweighed" if together else "too_common")

    def _keys(self, side: Sequence[int]) -> set[str]:
        """By which they are looked up; what is shared leads nowhere."""
        facts, sharedness = self._evidence.facts, self._evidence.sharedness
        mute = {"|".join(pair) for pair, count in sharedness.items() if count == SHARED}
        return {key for number in side for key in facts[number].keys} - mute


def _chain(links: Iterable[Link], left: Fids, right: Fids) -> tuple[Link, ...]:
    """The links that lead from one side to the other, the fewest."""
    near: dict[bytes, list[Link]] = {}
    for link in links:
        near.setdefault(link.a, []).append(link)
        near.setdefault(link.b, []).append(link)
    came: dict[bytes, Link | None] = dict.fromkeys(sorted(left))
    waiting = deque(came)
    while waiting:
        here = waiting.popleft()
        if here in right:
            return _back(came, here)
        for link in near.get(here, ()):
            there = link.b if link.a == here else link.a
            if there not in came:
                came[there] = link
                waiting.append(there)
    return ()


def _back(came: dict[bytes, Link | None], here: bytes) -> tuple[Link, ...]:
    chain: list[Link] = []
    while (step := came[here]) is not None:
        chain.append(step)
        here = step.b if step.a == here else step.a
    return tuple(reversed(chain))
