"""The third story: a steward takes a merge back over HTTP, and the stream carries it out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from unifier.devstack.demo.play import Play
from unifier.devstack.demo.stories import Evening, Story, strongest
from unifier.serving.models import FoundProfile

TITLE = "3. A steward takes a merge back"
REASON = "the customer says so"


class Side(NamedTuple):
    """One of the two that were merged."""

    fragments: frozenset[str]
    persons: Counter[str]  # events about whom

    @property
    def person(self) -> str:
        """Whom it is mostly about, by the truth."""
        return min(self.persons, key=lambda one: (-self.persons[one], one))


class Merge(NamedTuple):
    """A merge that still stands."""

    survivor: str
    gone: str
    rest: Side
    side: Side  # what the id stood for that was merged away

    @property
    def wrong(self) -> bool:
        """The two sides are mostly about different people."""
        return self.rest.person != self.side.person

    def worth(self) -> tuple[bool, bool, int, str]:
        """Best one that gives an id back (the larger part keeps its own); then a wrong, then a large one."""
        gives_back = len(self.rest.fragments) > len(self.side.fragments)
        much = min(self.rest.persons.total(), self.side.persons.total())
        return gives_back, self.wrong, much, self.gone


def undo(play: Play, evening: Evening) -> Story:
    """Ask for the separation, wait for the split, and show before and after."""
    merge = max(_standing(play, evening), key=Merge.worth, default=None)
    if merge is None:
        return Story(TITLE, {}, ["nothing was merged in this run: take more events"])
    client = play.client
    words = [_why(play, merge), _truth(merge, evening)]
    before = client.profile(merge.gone)
    command = client.separate(merge.survivor, merge.gone, reason=REASON)
    play.until(lambda: _split(play, command) is not None, "the stream has carried out the separation")
    parts = (_split(play, command) or {})["parts"]
    after = [client.profile(pid) for pid in sorted(parts)]
    lines = [
        f"{merge.gone} was merged into {merge.survivor},",
        *words,
        f"before  {_sums(before)}",
        f"POST /v1/steward/separate gives command {command}; unifier.identity tells the split:",
        *(f"after   {_sums(one)}" for one in after),
    ]
    if merge.gone in parts:
        lines.append(f"{merge.gone} is given back, with the orders, touches and journey that are its own")
    facts = {
        "profile_id": merge.survivor,
        "merged": merge.gone,
        "command_id": command,
        "parts": {pid: len(fragments) for pid, fragments in parts.items()},
        "given_back": client.profile(merge.gone).profile_id == merge.gone,
        "was_wrong": merge.wrong,
        "splits": sum(one["cause"].get("command_id") == command for one in play.tally.split),
    }
    return Story(TITLE, facts, lines)


def _why(play: Play, merge: Merge) -> str:
    """What holds the two sides together."""
    rest, side = merge.rest.fragments, merge.side.fragments
    across = [
        link
        for link in play.client.evidence(merge.survivor).links
        if (link.a in rest and link.b in side) or (link.b in rest and link.a in side)
    ]
    return f"because: {', '.join(strongest(across)) or 'both go with a third part'}"


def _truth(merge: Merge, evening: Evening) -> str:
    one, other = evening.name(merge.rest.person), evening.name(merge.side.person)
    if merge.wrong:
        return f"and the truth knows two people, {one} and {other}"
    return f"and the truth knows one person, {one}: a steward may err too, and can link them again"


def _sums(profile: FoundProfile) -> str:
    metrics = profile.metrics
    paid = " and ".join(f"{amount} {currency}" for currency, amount in metrics.revenue.items()) or "nothing"
    asked = f", asked for as {profile.requested_id}" if profile.requested_id else ""
    return (
        f"{profile.profile_id}  fragments {profile.fragments}  touches {metrics.touches}  "
        f"orders {metrics.orders}  paid {paid}  {profile.phase.current}{asked}"
    )


def _standing(play: Play, evening: Evening) -> Iterator[Merge]:
    found = evening.found
    persons: dict[bytes, Counter[str]] = {}
    for row in evening.rows:
        persons.setdefault(row.fid, Counter())[row.person] += 1

    def side(fids: Iterable[bytes]) -> Side:
        told = list(fids)
        people = sum((persons.get(fid, Counter()) for fid in told), Counter[str]())
        return Side(frozenset(fid.hex() for fid in told), people)

    for data in play.tally.merged:
        survivor, gone = data["survivor"], data["merged"][0]
        dead = found.dead.get(gone)
        if len(data["merged"]) > 1 or dead is None or dead.survivor != survivor:
            continue
        if survivor in found.records:
            members = set(found.records[survivor][1].members)
            merge = Merge(
                survivor,
                gone,
                side(members.difference(dead.members)),
                side(members.intersection(dead.members)),
            )
            if merge.rest.persons and merge.side.persons:
                yield merge


def _split(play: Play, command: str) -> dict[str, Any] | None:
    return next((one for one in play.tally.split if one["cause"].get("command_id") == command), None)
