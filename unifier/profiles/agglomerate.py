"""Who is one person, among the members that somebody can be named by: greedy agglomeration.

The strongest links first; then the two groups whose values agree best, as long as they are over the bar
and no rule breaks. Equal strengths go by the order of the members.
"""

from heapq import heapify, heappop, heappush

from unifier.matching.score import NAMESAKE, score
from unifier.profiles.evidence import Evidence, Pair
from unifier.profiles.groups import Groups
from unifier.profiles.members import Link, Refused, Review

SURE_BITS = 10.0
"""Links from here on join single pairs, before whole groups are weighed."""
_WORDS = ("steward", "source")


class Agglomeration:
    """Joins the nodes of the evidence in `groups`; `links`, `refused` and `reviews` say why.

    `between` are members that nothing but a tie may join (`namesakes`).
    """

    def __init__(self, evidence: Evidence, groups: Groups, between: frozenset[int] = frozenset()) -> None:
        self.links: list[Link] = []
        self.refused: list[Refused] = []
        self.reviews: list[Review] = []
        self._evidence = evidence
        self._groups = groups
        self._rules = evidence.rules.matching
        self._between = between
        self._pairs: dict[Pair, tuple[float, str]] = {}

    def run(self) -> None:
        """Join all that belongs together."""
        evidence, bar = self._evidence, self._rules.link_bits
        for a, b in evidence.candidates(self._rules.block_cap):
            found = evidence.pair(a, b)
            if (a in self._between or b in self._between) and (a, b) not in evidence.ties:
                if found[0] >= self._rules.merge_bits:
                    one, other = (evidence.members[number].fid for number in (a, b))
                    self.refused.append(Refused(one, other, found[1], found[0], NAMESAKE))
            elif found[0] >= bar or evidence.in_common(a, b):
                self._pairs[a, b] = found
        if self._pairs:
            self._join_sure_pairs()
            self._join_best_groups()

    def _join_sure_pairs(self) -> None:
        groups = self._groups
        sure = sorted([(-bits, pair) for pair, (bits, _) in self._pairs.items() if bits >= SURE_BITS])
        for _, (one, other) in sure:
            bits, rule = self._pairs[one, other]
            a, b = groups.name[one], groups.name[other]
            if a == b:
                continue
            reason = groups.barred(a, b)
            if not reason and rule not in _WORDS and self._both_settled(a, b):
                reason = groups.contradiction(a, b)
            self._decide(a, b, (one, other), bits, rule, reason)

    def _both_settled(self, a: int, b: int) -> bool:
        """Two groups that each know more than one identity: one misprint cannot explain a contradiction."""
        return self._groups.identities(a) > 1 and self._groups.identities(b) > 1

    def _decide(self, a: int, b: int, pair: Pair, bits: float, rule: str, reason: str) -> bool:
        """Join two groups, or write down why not."""
        one, other = sorted(self._evidence.members[number].fid for number in pair)
        if reason:
            self.refused.append(Refused(one, other, rule, bits, reason))
            return False
        self._groups.join(a, b)
        self.links.append(Link(one, other, rule, bits))
        return True

    def _join_best_groups(self) -> None:
        groups = self._groups
        best = self._best_pairs()
        if not best:
            return
        near: dict[int, set[int]] = {}
        for a, b in best:
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
        age = dict.fromkeys(near, 0)
        heap = [(-self._bits(a, b, best[a, b]), a, b, 0, 0) for a, b in best]
        heapify(heap)
        while heap:
            minus, a, b, age_a, age_b = heappop(heap)
            if age.get(a) != age_a or age.get(b) != age_b or not self._weigh(a, b, -minus, best[a, b]):
                continue
            age[a] += 1
            del age[b]
            near[a].remove(b)
            for other in near.pop(b) - {a}:
                near[other].discard(b)
                old, new = _ordered(b, other), _ordered(a, other)
                best[new] = self._stronger(best.get(new), best[old])
                near[other].add(a)
                near[a].add(other)
            for other in near[a]:
                low, high = _ordered(a, other)
                heappush(heap, (-self._bits(low, high, best[low, high]), low, high, age[low], age[high]))
        for a, b in best:
            if a in age and b in age and groups.name[a] == a and groups.name[b] == b:
                self._near_the_bar(a, b, self._bits(a, b, best[a, b]))

    def _weigh(self, a: int, b: int, bits: float, pair: Pair) -> bool:
        """Join two groups if they are over the bar and no rule breaks."""
        groups, rules = self._groups, self._rules
        settled = self._both_settled(a, b)
        if bits < (rules.merge_groups_bits if settled else rules.merge_bits):
            return False
        reason = groups.barred(a, b) or (groups.contradiction(a, b) if settled else "")
        if not reason:
            self._near_the_bar(a, b, bits)
        return self._decide(a, b, pair, bits, self._pairs[pair][1], reason)

    def _near_the_bar(self, a: int, b: int, bits: float) -> None:
        low, high = self._rules.review_bits
        if self._both_settled(a, b):  # two who know so much of themselves and fit so little are two
            low = self._rules.merge_bits
        if low <= bits < high and not self._groups.barred(a, b):
            one, other = sorted(map(self._groups.fids, (a, b)))
            self.reviews.append(Review(one, other, bits))

    def _best_pairs(self) -> dict[Pair, Pair]:
        """Two linked groups → the strongest link between them."""
        best: dict[Pair, Pair] = {}
        for pair in self._pairs:
            a, b = self._groups.name[pair[0]], self._groups.name[pair[1]]
            if a != b:
                between = _ordered(a, b)
                best[between] = self._stronger(best.get(between), pair)
        return best

    def _stronger(self, one: Pair | None, other: Pair) -> Pair:
        if one is None:
            return other
        return min(one, other, key=lambda pair: (-self._pairs[pair][0], pair))

    def _bits(self, a: int, b: int, pair: Pair) -> float:
        """Evidence between two groups: their values, and what is asserted of their best pair."""
        groups = self._groups
        if len(groups.members[a]) == 1 == len(groups.members[b]):
            return self._pairs[pair][0]
        bits = score(groups.values(a), groups.values(b), self._evidence.sharedness, self._evidence.weights)
        return bits + self._evidence.asserted(*pair)[0]


def _ordered(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)
