"""The second story: a household is kept apart."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from unifier.devstack.demo.ledger import persons_by_profile
from unifier.devstack.demo.play import Play
from unifier.devstack.demo.stories import Evening, Story
from unifier.devstack.simulate.people import Person
from unifier.serving.models import RefusedEvidence

TITLE = "2. A household is kept apart"
SHARED = {"email": "mailbox", "phone": "telephone", "payment_account": "bank account", "device_id": "device"}
LOOKED_AT = 20


class Couple(NamedTuple):
    """Two people of one household, the profiles that are theirs, and what both of them bring."""

    people: tuple[Person, Person]
    pids: tuple[str, str]
    kind: str
    value: str

    def order(self) -> tuple[int, str]:
        """The more personal what they share, the better the story."""
        return list(SHARED).index(self.kind), self.pids[0]


def kept_apart(play: Play, evening: Evening) -> Story:
    """Find two and tell of them; best are those where a rule had to refuse what speaks for one person."""
    couples = sorted(_couples(evening), key=Couple.order)[:LOOKED_AT]
    judged = [(_refused(play, evening, couple), couple) for couple in couples]
    refused, couple = next((one for one in judged if one[0]), judged[0] if judged else (None, None))
    if couple is None:
        return Story(TITLE, {}, ["none in this run: take more events"])
    lines = [
        f"{evening.name(one.person_id)}, born {one.birth_date}: {pid}, "
        f"{play.client.profile(pid).metrics.touches} touches"
        for one, pid in zip(couple.people, couple.pids, strict=True)
    ]
    lines.append(f"They live in one household and share a {SHARED[couple.kind]}: {couple.value}")
    lines.append(_verdict(refused))
    facts = {
        "profile_ids": couple.pids,
        "people": [one.person_id for one in couple.people],
        "shared": couple.kind,
        "refused": refused.reason if refused else None,
    }
    return Story(TITLE, facts, lines)


def _verdict(refused: RefusedEvidence | None) -> str:
    if refused is None:
        return "What they share is too little evidence, against what differs, to take them for one person"
    bits = f"{refused.bits:+.1f} bits"
    return f"{refused.rule} speaks for one person with {bits} and was refused: {refused.because}"


def _couples(evening: Evening) -> Iterator[Couple]:
    homes: dict[str, list[Person]] = defaultdict(list)
    for person in evening.truth.people.values():
        homes[person.household_id].append(person)
    main = main_profiles(evening)
    for people in homes.values():
        for one, other in combinations(people, 2):
            pids = main.get(one.person_id, ""), main.get(other.person_id, "")
            if all(pids) and pids[0] != pids[1]:
                for kind, value in sorted(_identifiers(evening, pids[0]) & _identifiers(evening, pids[1])):
                    if kind in SHARED:
                        yield Couple((one, other), pids, kind, value)


def main_profiles(evening: Evening) -> dict[str, str]:
    """Person → the profile with most of the person's events, among those that are mostly about the person."""
    found: dict[str, tuple[int, str]] = {}
    for pid, persons in persons_by_profile(evening.rows, evening.found.pids).items():
        [(person, count)] = persons.most_common(1)
        found[person] = max(found.get(person, (0, "")), (count, pid))
    return {person: pid for person, (_, pid) in found.items()}


def _identifiers(evening: Evening, pid: str) -> set[tuple[str, str]]:
    component, record = evening.found.records[pid]
    return {pair for fragment in component.fragments(record.members) for pair in fragment.identity.ids}


def _refused(play: Play, evening: Evening, couple: Couple) -> RefusedEvidence | None:
    """The strongest evidence that the two are one person, and that a rule forbids to use."""
    one, other = couple.pids
    members = {fid.hex() for fid in evening.found.records[other][1].members}
    refused = [each for each in play.client.evidence(one).refused if not members.isdisjoint((each.a, each.b))]
    return max(refused, key=lambda each: each.bits, default=None)
