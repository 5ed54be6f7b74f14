"""The third story: a steward takes a merge back over HTTP, and the stream carries it out."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from unifier.devstack.demo.play import Play
from unifier.devstack.demo.stories import Evening, Story, name_of
from unifier.serving.models import FoundProfile

TITLE = "3. A steward takes a merge back"
REASON = "the customer says so"


class Merge(NamedTuple):
    """A merge that still stands, and whom the truth sees on its two sides."""

    survivor: str
    gone: str
    rule: str
    bits: float
    sides: tuple[Counter[str], Counter[str]]  # events about whom: of the id merged away, and of the rest

    @property
    def wrong(self) -> bool:
        """The two sides are mostly about different people."""
        return self._main(0) != self._main(1)

    def _main(self, side: int) -> str:
        return max(self.sides[side], key=lambda one: (self.sides[side][one], one), default="")

    def truth(self) -> tuple[str, str]:
        """Whom the sides are mostly about."""
        return self._main(0), self._main(1)


def undo(play: Play, evening: Evening) -> Story:
    """Ask for the separation, wait for the split, and show before and after."""
    merge = max(_standing(play, evening), key=_worth, default=None)
    if merge is None:
        return Story(TITLE, {}, ["nothing was merged in this run: take more events"])
    client = play.client
    before = client.profile(merge.gone)
    command = client.separate(merge.survivor, merge.gone, reason=REASON)
    play.until(lambda: _split(play, command) is not None, "the stream has carried out the separation")
    split = _split(play, command) or {}
    after = [client.profile(pid) for pid in sorted(split["parts"])]
    facts = {
        "profile_id": merge.survivor,
        "merged": merge.gone,
        "command_id": command,
        "parts": {pid: len(fragments) for pid, fragments in split["parts"].items()},
        "given_back": client.profile(merge.gone).profile_id == merge.gone,
        "was_wrong": merge.wrong,
    }
    return Story(TITLE, facts, _lines(merge, command, before, after, _who(merge, evening)))


def _lines(
    merge: Merge, command: str, before: FoundProfile, after: list[FoundProfile], who: str
) -> list[str]:
    ids = ", ".join(one.profile_id for one in after)
    return [
        f"{merge.gone} was merged into {merge.survivor}: {merge.rule} {merge.bits:+.1f} bits. {who}",
        f"before  {_sums(before)}   (asked for {before.requested_id}, which was merged away)",
        f"POST /v1/steward/separate: command {command}; the stream publishes the split",
        *(f"after   {_sums(one)}" for one in after),
        f"The ids {ids} answer for themselves; each has the orders, touches and journey that are its own.",
    ]


def _who(merge: Merge, evening: Evening) -> str:
    one, other = (name_of(evening.truth, person) for person in merge.truth())
    if merge.wrong:
        return f"The truth knows two people: {one} and {other}"
    return f"The truth knows one person, {one}: a steward may err too, and can link them again"


def _sums(profile: FoundProfile) -> str:
    metrics = profile.metrics
    paid = " and ".join(f"{amount} {currency}" for currency, amount in metrics.revenue.items()) or "nothing"
    return (
        f"{profile.profile_id}  fragments {profile.fragments}  touches {metrics.touches}  "
        f"orders {metrics.orders}  paid {paid}  {profile.phase.current}"
    )


def _standing(play: Play, evening: Evening) -> Iterator[Merge]:
    found = evening.found
    persons: dict[bytes, Counter[str]] = {}
    for row in evening.rows:
        persons.setdefault(row.fid, Counter())[row.person] += 1
    for data in play.tally.merged:
        survivor, gone = data["survivor"], data["merged"][0]
        dead = found.dead.get(gone)
        if len(data["merged"]) > 1 or dead is None or dead.survivor != survivor or not data["evidence"]:
            continue
        if survivor in found.records:
            members = found.records[survivor][1].members
            inside = [fid for fid in dead.members if fid in members]
            rest = [fid for fid in members if fid not in dead.members]
            sides = tuple(
                sum((persons.get(fid, Counter()) for fid in side), Counter[str]()) for side in (inside, rest)
            )
            if all(sides):
                strongest = data["evidence"][0]
                yield Merge(survivor, gone, strongest["rule"], strongest["bits"], (sides[0], sides[1]))


def _worth(merge: Merge) -> tuple[bool, int, str]:
    """The merge that most needs taking back: a wrong one first, then the one with most on its smaller side."""
    return merge.wrong, min(side.total() for side in merge.sides), merge.gone


def _split(play: Play, command: str) -> dict[str, Any] | None:
    return next((one for one in play.tally.split if one["cause"].get("command_id") == command), None)
