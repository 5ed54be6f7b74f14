"""Who is one person, the slow way: every pair is looked at again after every join.

parts       fragments that living keys, receipts, sources and stewards hold together
persons     in a part: whoever is named, the strongest evidence first
dated       a birth date without a name: the one person whom it fits
owners      an account without a name: the one named person who pays with the same card
nameless    browsers, cards, receipts: the one person whom all they carry names, else by themselves
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from tests.naive.fragments import Fragment
from tests.naive.parts import Numbers, Pair, Word, closed_numbers, parts, shared_values, standing, unstitched
from unifier.matching.firstnames import misspelt
from unifier.matching.identity import Identity, people
from unifier.matching.scale import Facts, scale_of
from unifier.matching.score import NAMESAKE, OF_TWO, SHARED, contradiction, evidence, total
from unifier.matching.values import Values, merged, values_of
from unifier.profiles.ids import Keys
from unifier.rules import Rules

STEWARD, SOURCE, ORDER = 1_000.0, 40.0, 30.0  # bits of what somebody says, and of one receipt told by two
ORDER_HOLDERS = 6  # what more tell of is a till that numbers all its receipts alike
SURE = 10.0  # from here on a link joins by itself, before groups are weighed
UNDECIDED = 3.0  # fits one of two namesakes hardly better than the other
Group = frozenset[int]


def persons(
    told: Sequence[Fragment], words: Sequence[Word], rules: Rules, keys: Keys, one_part: bool = False
) -> list[list[Fragment]]:
    """The fragments by person. `one_part`: they are taken as held together, whatever holds them."""
    shared = shared_values(told, rules)
    alone = unstitched(told, shared)
    found = []
    for part in [list(told)] if one_part else parts(told, words, shared, rules):
        room = _Room(part, words, shared, alone, rules, keys)
        found += [[room.members[number] for number in group] for group in room.groups()]
    return found


class _Room:
    """The fragments of one part, numbered by what they say."""

    def __init__(
        self,
        part: Sequence[Fragment],
        words: Sequence[Word],
        shared: set[str],
        alone: set[bytes],
        rules: Rules,
        keys: Keys,
    ) -> None:
        scale = scale_of(rules)
        self.rules, self.weights = rules, scale.weights
        self.members = sorted(part, key=lambda f: (scale.facts(f.identity).rank, f.fid))
        self.all = range(len(self.members))
        self.facts: list[Facts] = [scale.facts(f.identity) for f in self.members]
        told = Counter(order for f in self.members for order in f.orders)
        self.orders = [{keys.short(o) for o in f.orders if told[o] <= ORDER_HOLDERS} for f in self.members]
        self.alone = [f.fid in alone for f in self.members]
        self.shared = self._people_by_value(shared)
        self.strong = [
            not self.alone[n] and (f.named or any(map(self.tells, f.persons)))
            for n, f in enumerate(self.facts)
        ]
        nothing = values_of(Identity())
        self.values = [f.values if self.strong[n] else nothing for n, f in enumerate(self.facts)]
        linked, apart = standing(words, alone)
        self.linked = {pair for pair in self._pairs() if self._fids(pair) in linked}
        self.apart = {pair for pair in self._pairs() if self._fids(pair) in apart}
        self.claimed = {pair for pair in self._pairs() if pair not in self.apart and self._claimed(pair)}
        self.merged_by_sources = [c for c in closed_numbers(self.all, self.claimed) if len(c) > 1]
        self.group: dict[int, Group] = {}

    def _people_by_value(self, shared: set[str]) -> dict[tuple[str, str], int]:
        found = {}
        for value in {pair for facts in self.facts for pair in facts.ids}:
            holders = [facts for facts in self.facts if value in facts.ids]
            many = people({facts.mark for facts in holders})
            too_many = len(holders) > self.rules.matching.shared_holders
            if "|".join(value) in shared or too_many or many > self.rules.identifiers[value[0]].shared_above:
                found[value] = SHARED
            elif many > 1:
                found[value] = many
        return found

    def tells(self, value: tuple[str, str]) -> bool:
        return self.shared.get(value) != SHARED

    def _pairs(self) -> Iterator[Numbers]:
        return combinations(self.all, 2)

    def _fids(self, pair: Numbers) -> Pair:
        return frozenset(self.members[n].fid for n in pair)

    def _claimed(self, pair: Numbers) -> bool:
        """A source says that they are one; without consent to stitch that is not for it to say."""
        if any(self.alone[n] for n in pair):
            return False
        for one, other in (pair, pair[::-1]):
            carried = {"|".join(value) for value in self.facts[other].ids if self.tells(value)}
            if carried & self.members[one].claims:
                return True
        return False

    # --- What is weighed, and what is forbidden

    def asserted(self, a: int, b: int) -> float:
        pair = (min(a, b), max(a, b))
        if pair in self.linked:
            return STEWARD
        if pair in self.claimed:
            return SOURCE
        told_twice = self.strong[a] and self.strong[b] and self.orders[a] & self.orders[b]
        if told_twice and contradiction(self.values[a], self.values[b], self.weights) not in OF_TWO:
            return ORDER
        return 0.0

    def bits(self, a: Values, b: Values) -> float:
        return total(evidence(a, b, self.shared, self.weights))

    def pair_bits(self, a: int, b: int) -> float:
        return self.bits(self.values[a], self.values[b]) + self.asserted(a, b)

    def of(self, group: Group) -> Values:
        return merged(self.values[n] for n in sorted(group))

    def several(self, group: Group) -> bool:
        """A group that knows more than one identity. Attributes are none."""
        return len({self.members[n].identity._replace(attributes=()) for n in group}) > 1

    def barred(self, a: Group, b: Group) -> bool:
        if len(a) + len(b) > self.rules.matching.component_cap:
            return True
        if any((min(x, y), max(x, y)) in self.apart for x in a for y in b):
            return True
        for kind in {kind for n in a | b for kind in self.facts[n].only}:
            mine, theirs = ({self._account(kind, v) for v in self._only(kind, g)} for g in (a, b))
            if mine and theirs and len(mine | theirs) > 1:
                return True
        return False

    def _only(self, kind: str, group: Group) -> set[str]:
        told = {v for n in group for v in self.facts[n].only.get(kind, ())}
        return {v for v in told if self.tells((kind, v))}

    def _account(self, kind: str, value: str) -> str:
        """Of the values that sources have merged, some through others, the one that stands for all."""
        alike = {value}
        for _ in self.all:
            for cluster in self.merged_by_sources:
                own = {v for n in cluster for k, v in self.facts[n].ids if k == kind and self.tells((k, v))}
                if own & alike:
                    alike |= own
        return min(alike)

    def join(self, a: Group, b: Group) -> None:
        for n in a | b:
            self.group[n] = a | b

    # --- Who is one person

    def groups(self) -> list[Group]:
        namesakes = self._agglomerate(frozenset())
        if between := self._between(namesakes):
            self._agglomerate(between)
        self._dated()
        self._owners()
        self._nameless()
        return sorted(set(self.group.values()), key=min)

    def candidates(self) -> dict[Numbers, float]:
        count = Counter(key for n in self.all if self.strong[n] for key in self.facts[n].keys)
        mute = {"|".join(value) for value in self.shared if not self.tells(value)}
        living = {
            key
            for key, holders in count.items()
            if key not in mute and (not key.startswith("b:") or holders <= self.rules.matching.block_cap)
        }
        found = {}
        for a, b in self._pairs():
            worth = self.strong[a] and self.strong[b]
            worth = worth and bool(
                self.facts[a].keys & self.facts[b].keys & living or self.orders[a] & self.orders[b]
            )
            if worth or (a, b) in self.linked or (a, b) in self.claimed:
                found[a, b] = self.pair_bits(a, b)
        return found

    def _in_common(self, a: int, b: int) -> bool:
        return any(v in self.facts[b].persons and self.tells(v) for v in self.facts[a].persons)

    def _agglomerate(self, between: frozenset[int]) -> set[Numbers]:
        """Join from single members on; gives pairs of members refused for being two people of one name."""
        matching = self.rules.matching
        self.group = {n: frozenset((n,)) for n in self.all}
        links = {
            pair: bits
            for pair, bits in self.candidates().items()
            if (bits >= matching.join_bits or self._in_common(*pair))
            and (between.isdisjoint(pair) or pair in self.linked or pair in self.claimed)
        }
        namesakes: set[Numbers] = set()
        for (a, b), bits in sorted(links.items(), key=lambda link: (-link[1], link[0])):
            one, other = self.group[a], self.group[b]
            if bits >= SURE and one != other and not self.barred(one, other):
                word = (a, b) in self.linked or (a, b) in self.claimed
                if not word and self._bridged(one, other, (a, b)):
                    continue
                against = not word and self.several(one) and self.several(other)
                reason = contradiction(self.of(one), self.of(other), self.weights) if against else ""
                if reason == NAMESAKE:
                    namesakes.add((a, b))
                if not reason:
                    self.join(one, other)
        while found := self._best(links, namesakes):
            self.join(*found)
        return namesakes

    def _bridged(self, one: Group, other: Group, pair: Numbers) -> bool:
        """First names of two people, joined by one who tells none, or an initial."""
        if all(any(len(first) > 1 for first in self.values[n].firsts) for n in pair):
            return False
        mine, theirs = self.of(one), self.of(other)
        of_two = contradiction(mine, theirs, self.weights) == "first_name"
        return of_two and not misspelt(mine.firsts, theirs.firsts)

    def _best(self, links: dict[Numbers, float], namesakes: set[Numbers]) -> tuple[Group, Group] | None:
        """The two groups that agree best, are over the bar and break no rule."""
        strongest: dict[Numbers, Numbers] = {}
        for pair in sorted(links, key=lambda pair: (-links[pair], pair)):
            one, other = (self.group[n] for n in pair)
            if one != other:
                strongest.setdefault((min(min(one), min(other)), max(min(one), min(other))), pair)
        weighed = []
        for (a, b), pair in strongest.items():
            one, other = self.group[a], self.group[b]
            if len(one) == 1 == len(other):
                bits = links[pair]
            else:
                bits = self.bits(self.of(one), self.of(other)) + self.asserted(*pair)
            weighed.append((-bits, a, b, pair))
        for minus, a, b, pair in sorted(weighed):
            one, other = self.group[a], self.group[b]
            both = self.several(one) and self.several(other)
            matching = self.rules.matching
            if -minus < (matching.merge_groups_bits if both else matching.merge_bits):
                continue
            if self.barred(one, other):
                continue
            reason = contradiction(self.of(one), self.of(other), self.weights) if both else ""
            if reason == NAMESAKE:
                namesakes.add(pair)
            if not reason:
                return one, other
        return None

    def _between(self, namesakes: set[Numbers]) -> frozenset[int]:
        """Members of either of two people of one name who would fit the other about as well."""
        found = set()
        for pair in namesakes:
            for home, other in ((pair[0], pair[1]), (pair[1], pair[0])):
                mine, theirs = self.group[home], self.group[other]
                for n in mine if len(mine) > 1 else ():
                    own = self.values[n]
                    if own.ids or own.births:
                        continue
                    here = self.bits(own, self.of(mine - {n}))
                    there = self.bits(own, self.of(theirs))
                    if there >= max(self.rules.matching.merge_bits, here - UNDECIDED):
                        found.add(n)
        return frozenset(found)

    def _named(self, group: Group) -> bool:
        return any(self.strong[n] for n in group)

    def _dated(self) -> None:
        """Members that tell a birth date and no name."""
        fits: dict[int, int] = {}
        for n in self.all:
            if self.facts[n].values.births and not self.alone[n] and not self._named(self.group[n]):
                near: dict[Group, float] = {}
                for other in self.all:
                    if self.strong[other] and self.facts[n].keys & self.facts[other].keys:
                        person = self.group[other]
                        near[person] = self.bits(self.facts[n].values, self.of(person))
                near = {p: bits for p, bits in near.items() if bits >= self.rules.matching.join_bits}
                if len(near) == 1 and max(near.values()) >= self.rules.matching.merge_bits:
                    (fit,) = near
                    fits[n] = min(fit)
        for n, number in fits.items():
            if not self._named(self.group[n]) and not self.barred(self.group[number], self.group[n]):
                self.join(self.group[number], self.group[n])

    def _owners(self) -> None:
        """Accounts of which no name is known, by the payment card that they have with one named person."""
        named = {g for g in self.group.values() if self._named(g)}
        cards = {
            g: {c for n in g if not self.alone[n] for c in self.facts[n].cards if self.tells(c)}
            for g in named
        }
        owner: dict[Group, Group] = {}
        for account in named:
            met = {g for g in named if cards[g] & cards[account]} - {account}
            if len(met) == 1 and all(self.facts[n].accounts_only for n in account):
                (person,) = met
                if any(self.facts[n].named for n in person) and not self.barred(person, account):
                    owner[account] = person
        for account, person in owner.items():
            if list(owner.values()).count(person) == 1:
                self.join(person, account)

    # --- Whoever names nobody

    def _tokens(self, group: Iterable[int]) -> set[object]:
        found: set[object] = set()
        for n in group:
            if not self.alone[n]:
                found |= {t for t in self.facts[n].tokens if self.tells(t)} | self.orders[n]
        return found

    def _personal(self, token: object) -> bool:
        """A browser, a device or a receipt is one person's; a card may be joint."""
        return isinstance(token, bytes) or self.rules.identifiers[token[0]].strength == "device"  # type: ignore[index]

    def _nameless(self) -> None:
        every = set(self.group.values())
        people_ = [g for g in every if self._named(g)]
        self._persons: dict[object, set[int]] = {}  # token → persons, each by its first member
        for person in people_:
            for token in self._tokens(person):
                self._persons.setdefault(token, set()).add(min(person))
        nameless = sorted(min(g) for g in every if not self._named(g))
        for cluster in self._clusters(nameless, most=1):
            pointing = [self._whom(n) for n in cluster if self._known(n)]
            whom = set[int]().union(*pointing)
            if len(whom) == 1 and all(pointing):
                self._attach(cluster, min(whom))
            elif pointing:
                rest = []
                for n in cluster:
                    own = self._whom(n) if self._known(n) else set()
                    if len(own) == 1:
                        self._attach([n], min(own))
                    else:
                        rest.append(n)
                for part in self._clusters(rest, most=0):
                    self._bind(part)
            else:
                self._bind(cluster)

    def _known(self, n: int) -> bool:
        return any(token in self._persons for token in self._tokens(self.group[n]))

    def _whom(self, n: int) -> set[int]:
        """The persons that every token names which names anybody."""
        return set.intersection(
            *(self._persons[t] for t in self._tokens(self.group[n]) if t in self._persons)
        )

    def _clusters(self, numbers: list[int], most: int) -> list[list[int]]:
        pairs = {
            (a, b)
            for a, b in combinations(sorted(numbers), 2)
            for t in self._tokens(self.group[a]) & self._tokens(self.group[b])
            if self._personal(t) and len(self._persons.get(t, ())) <= most
        }
        return closed_numbers(sorted(numbers), pairs)

    def _bind(self, numbers: list[int]) -> list[int]:
        """Join nameless groups by what they have in common; gives a member of each that is left."""
        own = {n: self._tokens(self.group[n]) for n in sorted(numbers)}
        for b in sorted(numbers):
            for token in sorted(filter(self._personal, own[b]), key=repr):
                a = next(n for n in sorted(numbers) if token in own[n])
                if self.group[a] != self.group[b] and not self.barred(self.group[a], self.group[b]):
                    self.join(self.group[a], self.group[b])
        return sorted({min(self.group[n]) for n in numbers})

    def _attach(self, cluster: list[int], person: int) -> None:
        for n in self._bind(cluster):
            names_him = any(person in self._persons.get(t, ()) for t in self._tokens(self.group[n]))
            if names_him and not self.barred(self.group[person], self.group[n]):
                self.join(self.group[person], self.group[n])
