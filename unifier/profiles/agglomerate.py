"""Who is one person, among the members that somebody can be named by: greedy agglomeration.

The strongest links first; then the two groups whose values agree best, as long as they are over the bar
and no rule breaks. Equal strengths go by the order of the members.
"""

from heapq import heapify, heappop, heappush

from unifier.matching.firstnames import misspelt
from unifier.matching.score import NAMESAKE, score
from unifier.matching.score import evidence as compared
from unifier.profiles.asking import MISPRINT_BITS, UNDOUBTED_BITS, of_joined
from unifier.profiles.evidence import Evidence, Pair
from unifier.profiles.groups import Groups
from unifier.profiles.members import NO_FIRST_NAME, Link, Refused, Review

SURE_BITS = 10.0
"""Links from here on join single pairs, before whole groups are weighed."""
_WORDS = ("steward", "source")


class Agglomeration:
    """Joins the nodes of the evidence in `groups`; `links`, `refused` and `reviews` say why.

    `near` are pairs that have something for them, if not enough, with their bits.
    `between` are members that nothing but a tie may join (`namesakes`).
    """

    def __init__(self, evidence: Evidence, groups: Groups, between: frozenset[int] = frozenset()) -> None:
        self.links: list[Link] = []
        self.refused: list[Refused] = []
        self.reviews: list[Review] = []
        self.near: dict[Pair, float] = {}
        self._evidence = evidence
        self._groups = groups
        self._rules = evidence.rules.matching
        self._between = between
        self._pairs: dict[Pair, tuple[float, str]] = {}
        self._against = [0] * len(evidence.members)  # with whom more is against than for it, a bit for each

    def run(self) -> None:
        """Join all that belongs together."""
        evidence, between = self._evidence, self._between
        join_bits, link_bits = self._rules.join_bits, self._rules.link_bits
        in_common, asked = evidence.in_common()
        against, values = self._against, evidence.values
        candidates = evidence.candidates(self._rules.block_cap)
        for pair, found in zip(candidates, evidence.pairs(candidates), strict=True):
            a, b = pair
            bits = found[0]
            if bits < 0.0:
                against[a] |= 1 << b
                against[b] |= 1 << a
            if (
                bits >= link_bits
                or pair in asked
                or (bits >= MISPRINT_BITS and misspelt(values[a].firsts, values[b].firsts))
            ):
                self.near[pair] = bits
            if between and (a in between or b in between) and pair not in evidence.ties:
                if bits >= self._rules.merge_bits:
                    one, other = (evidence.members[number].fid for number in pair)
                    self.refused.append(Refused(one, other, found[1], bits, NAMESAKE))
            elif bits >= join_bits or pair in in_common:
                self._pairs[pair] = found
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
            if not reason and rule not in _WORDS and groups.both_settled(a, b):
                reason = groups.contradiction(a, b)
            if not reason and rule not in _WORDS and self._without_first_name(a, b, (one, other)):
                reason = NO_FIRST_NAME
            if not reason and rule not in _WORDS and self._disputed(a, b):
                self._ask_of_joined(a, b, self._sum(a, b))
            self._decide(a, b, (one, other), bits, rule, reason)

    def _without_first_name(self, a: int, b: int, pair: Pair) -> bool:
        """Two groups whose first names are of two people, by a pair one of whom tells none or an initial.

        Who tells no first name is as near to one of a home as to the other, however sure the pair is; so the
        groups are to be weighed with all that they tell. A misprint must not part a person.
        """
        groups, values = self._groups, self._evidence.values
        if all(any(len(first) > 1 for first in values[number].firsts) for number in pair):
            return False
        mine, theirs = groups.values(a).firsts, groups.values(b).firsts
        return groups.contradiction(a, b) == "first_name" and not misspelt(mine, theirs)

    def _disputed(self, a: int, b: int) -> bool:
        """A sure pair joins the two, and other pairs of theirs speak against it."""
        opposed = 0
        for number in self._groups.members[a]:
            opposed |= self._against[number]
        return opposed > 0 and any(opposed >> number & 1 for number in self._groups.members[b])

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
        best = self._best_pairs()
        if not best:
            return
        near: dict[int, set[int]] = {}
        for a, b in best:
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
        age = dict.fromkeys(near, 0)
        heap = [(-self._bits(*between, pair), *between, 0, 0) for between, pair in best.items()]
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

    def _weigh(self, a: int, b: int, bits: float, pair: Pair) -> bool:
        """Join two groups if they are over the bar and no rule breaks."""
        groups = self._groups
        if bits < groups.bar(a, b):
            return False
        reason = groups.barred(a, b) or (groups.contradiction(a, b) if groups.both_settled(a, b) else "")
        if not reason:
            self._ask_of_joined(a, b, bits)
        return self._decide(a, b, pair, bits, self._pairs[pair][1], reason)

    def _ask_of_joined(self, a: int, b: int, bits: float) -> None:
        """Ask about two groups that are about to be joined, if that is doubtful enough."""
        if bits < UNDOUBTED_BITS:
            groups, evidence = self._groups, self._evidence
            mine, theirs, weights = groups.values(a), groups.values(b), evidence.weights
            lines = compared(mine, theirs, evidence.sharedness, weights)
            doubt = of_joined(lines, bits, mine, theirs, weights)
            if doubt >= self._rules.review_doubt:
                one, other = sorted(map(groups.fids, (a, b)))
                self.reviews.append(Review(one, other, bits, doubt))

    def _best_pairs(self) -> dict[Pair, Pair]:
        """Two linked groups → the strongest link between them."""
        best: dict[Pair, Pair] = {}
        name = self._groups.name
        for pair in self._pairs:
            a, b = name[pair[0]], name[pair[1]]
            if a != b:
                between = _ordered(a, b)
                best[between] = self._stronger(best.get(between), pair)
        return best

    def _stronger(self, one: Pair | None, other: Pair) -> Pair:
        if one is None:
            return other
        bits, others = self._pairs[one][0], self._pairs[other][0]
        return one if bits > others or (bits == others and one < other) else other

    def _bits(self, a: int, b: int, pair: Pair) -> float:
        """Evidence between two groups: their values, and what is asserted of their best pair."""
        groups = self._groups
        if len(groups.members[a]) == 1 == len(groups.members[b]):
            return self._pairs[pair][0]
        return self._sum(a, b) + self._evidence.asserted(*pair)[0]

    def _sum(self, a: int, b: int) -> float:
        """What the values of two groups say."""
        evidence, groups = self._evidence, self._groups
        return score(groups.values(a), groups.values(b), evidence.sharedness, evidence.weights)


def _ordered(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)
