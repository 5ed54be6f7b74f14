"""Members that name nobody: a browser, a device, a card, a receipt. They count for a person only while
all they carry names exactly one; as soon as it names a second, they fall away again, and it is asked whose
they are.

They tell no name and no birth date, so nothing of theirs can contradict anybody; rules can still bar them.
"""

from unifier.events.canonical import Identifier
from unifier.profiles.asking import of_whose
from unifier.profiles.evidence import ORDER_BITS, Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Link, Refused, Review
from unifier.profiles.sets import Sets

Token = Identifier | bytes
"""A device's or household's identifier, or the key of an order."""


class Attachment:
    """Joins nameless groups to the persons in `groups`, or to one another."""

    def __init__(self, evidence: Evidence, groups: Groups) -> None:
        self.links: list[Link] = []
        self.refused: list[Refused] = []
        self.reviews: list[Review] = []
        self._undecided: list[int] = []  # nameless groups that point to several persons
        self._evidence = evidence
        self._groups = groups
        self._persons: dict[Token, dict[int, int]] = {}  # token → group of a person → a member that has it
        self._holders = _in_common(evidence)
        persons = {groups.name[number] for number, strong in enumerate(evidence.strong) if strong}
        nameless: dict[int, set[Token]] = {}
        for token, holders in self._holders.items():
            for number in holders:
                if (name := groups.name[number]) in persons:
                    self._persons.setdefault(token, {}).setdefault(name, number)
                else:
                    nameless.setdefault(name, set()).add(token)
        self._nameless = {name: sorted(tokens, key=repr) for name, tokens in nameless.items()}

    def run(self) -> None:
        """Join all that names one person, or one another."""
        if self._nameless:
            for cluster in self._clusters(list(self._nameless), most=1):
                named = [self._named(name) for name in cluster if self._known(name)]
                persons = frozenset[int]().union(*named)
                if len(persons) == 1 and all(named):
                    self._attach(cluster, min(persons))
                elif named:
                    self._attach_each(cluster)
                else:
                    self._bind(cluster)
            self._ask_whose()
        self._tell_common_tokens()

    def _tokens(self, number: int) -> list[Token]:
        evidence = self._evidence
        return [t for t in (*evidence.facts[number].tokens, *evidence.orders[number]) if t in self._holders]

    def _known(self, name: int) -> bool:
        return any(token in self._persons for token in self._nameless[name])

    def _named(self, name: int) -> frozenset[int]:
        """The persons that every token known of anybody names: his cookie, her and his card → him."""
        sets = [frozenset(self._persons[token]) for token in self._nameless[name] if token in self._persons]
        return frozenset.intersection(*sets)

    def _clusters(self, names: list[int], most: int) -> list[list[int]]:
        """Nameless groups by common devices and orders, of tokens that name at most so many persons."""
        together = Sets[int]()
        first: dict[Token, int] = {}
        for name in sorted(names):
            for token in self._nameless[name]:
                if self._personal(token) and len(self._persons.get(token, ())) <= most:
                    together.join(first.setdefault(token, name), name)
        clusters: dict[int, list[int]] = {}
        for name in sorted(names):
            clusters.setdefault(together.of(name), []).append(name)
        return list(clusters.values())

    def _personal(self, token: Token) -> bool:
        """A joint card is not enough to take two browsers for one person."""
        return isinstance(token, bytes) or self._evidence.rules.identifiers[token[0]].strength == "device"

    def _bind(self, names: list[int]) -> list[int]:
        """Join nameless groups by the devices and orders they have in common; gives what remains."""
        groups = self._groups
        first: dict[Token, int] = {}
        for name in sorted(names):
            for token in self._nameless[name]:
                if not self._personal(token):
                    continue
                one, other = first.setdefault(token, name), name
                a, b = groups.name[one], groups.name[other]
                if a != b:
                    self._decide(token, (one, other), groups.barred(a, b))
        return sorted({groups.name[name] for name in names})

    def _attach(self, cluster: list[int], person: int) -> None:
        """Join to a person; a part that a rule keeps apart and that does not itself name the person stays."""
        groups = self._groups
        for name in self._bind(cluster):
            holders = {token: number for number in groups.members[name] for token in self._tokens(number)}
            known = sorted((t for t in holders if person in self._persons.get(t, ())), key=self._by_strength)
            if known:
                reason = groups.barred(groups.name[person], name)
                self._decide(known[0], (self._persons[known[0]][person], holders[known[0]]), reason)

    def _attach_each(self, cluster: list[int]) -> None:
        """A cluster between persons: its groups go where they themselves point, the others stay nameless."""
        rest = []
        for name in cluster:
            named = self._named(name) if self._known(name) else frozenset()
            if len(named) == 1:
                self._attach([name], min(named))
            else:
                rest.append(name)
        for part in self._clusters(rest, most=0):
            self._undecided += self._bind(part)

    def _ask_whose(self) -> None:
        """Of what was left between few persons, with each of them."""
        groups = self._groups
        for name in self._undecided:
            tokens = {token for number in groups.members[name] for token in self._tokens(number)}
            persons = {groups.name[person] for token in tokens for person in self._persons.get(token, ())}
            self.reviews += of_whose(groups, name, persons)

    def _decide(self, token: Token, pair: tuple[int, int], reason: str) -> None:
        """Join the groups of two members that have a token in common, or write down why not."""
        one, other = (self._evidence.members[number].fid for number in pair)
        rule, bits = self._rule(token)
        if reason:
            self.refused.append(Refused(one, other, rule, bits, reason))
        else:
            self._groups.join(*(self._groups.name[number] for number in pair))
            self.links.append(Link(one, other, rule, bits))

    def _rule(self, token: Token) -> tuple[str, float]:
        if isinstance(token, bytes):
            return "order", ORDER_BITS
        return token[0], self._evidence.weights.identifiers[token[0]].equal

    def _by_strength(self, token: Token) -> tuple[float, str]:
        return -self._rule(token)[1], repr(token)

    def _tell_common_tokens(self) -> None:
        """Persons with a device or a card in common: a home, as far as it can be known."""
        for token, persons in self._persons.items():
            if isinstance(token, bytes) or len(persons) < 2:
                continue
            first, *others = sorted(persons.values())
            strength = self._evidence.rules.identifiers[token[0]].strength
            for other in others:
                one, two = (self._evidence.members[number].fid for number in (first, other))
                self.refused.append(Refused(one, two, *self._rule(token), strength))


def _in_common(evidence: Evidence) -> dict[Token, list[int]]:
    """The tokens that several members have, and these; by another nobody finds anybody."""
    identifiers, members = evidence.rules.identifiers, evidence.members
    held: dict[Token, list[int]] = {
        pair: [number for number in holders if not members[number].alone]
        for pair, holders in evidence.holders.items()
        if len(holders) > 1 and identifiers[pair[0]].strength != "person" and evidence.telling(pair)
    }
    for number, orders in enumerate(evidence.orders):
        if orders and not members[number].alone:
            for order in orders:
                held.setdefault(order, []).append(number)
    return {token: holders for token, holders in held.items() if len(holders) > 1}
