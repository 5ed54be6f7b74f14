"""Holds what is in Redis and on the topics, after whatever has happened, to the messages that were sent.

One judge for every fault: it knows nothing of what died.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from tests.faults.load import Bought, Truth, truth_of
from tests.faults.stored import Stored, stored
from tests.faults.topics import Record, read_topics
from tests.faults.undisturbed import undisturbed
from unifier.events.outbound import CREATED, ERASED, MERGED, SPLIT
from unifier.journey.follow import transition_id
from unifier.profiles.store import Store, connect
from unifier.serving.verify_erased import verify
from unifier.settings import Settings

INPUTS = ("control", "online", "pos", "crm")
EXAMPLES = 3  # of each kind
BY_THE_CLOCK = ("phase", "phases", "loyal", "segments", "next_action", "untold")
LATE_MS = 10_000  # a timer may be
LOOKS = 5  # at what is still changing
OUTPUTS = ("identity", "journey", "profiles", "dead-letters")
Outputs = dict[str, list[Record]]


@dataclass
class Verdict:
    """How much is wrong, by kind; all zero is right. `examples` names a few."""

    events: int = 0
    profiles: int = 0
    messages: int = 0
    # lost
    lost_events: int = 0  # accepted and not counted
    lost_effects: int = 0  # transitions, profiles created or merged, dead letters, that were never published
    waiting: int = 0  # outbox entries, snapshots and half moves left behind
    # doubled
    doubled_events: int = 0  # counted more often than sent
    doubled_fragments: int = 0  # in two profiles, or live in two components
    differing_repeats: int = 0  # messages with one id and two contents
    # order and phase
    out_of_order: int = 0  # repeats aside, a lower sequence after a higher one
    wrong_phase: int = 0  # the last transition told is not the phase
    stale: int = 0  # the last message on `unifier.profiles` is not the profile
    # people
    wrong_sums: int = 0  # profiles whose touches, orders or money are not those of their messages
    wrong_people: int = 0  # profiles that are other people than without the fault
    unheeded: int = 0  # pairs in one profile that a steward has separated
    # privacy
    left: int = 0  # of people who were erased: events that are counted, and what the verifier finds
    examples: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return self.lost_events + self.lost_effects + self.waiting

    @property
    def doubled(self) -> int:
        return self.doubled_events + self.doubled_fragments + self.differing_repeats

    @property
    def wrong(self) -> int:
        """Everything that is wrong."""
        people = self.wrong_sums + self.wrong_people + self.unheeded + self.left
        return self.lost + self.doubled + self.out_of_order + self.wrong_phase + self.stale + people

    def figures(self) -> dict[str, Any]:
        return asdict(self)

    def note(self, kind: str, number: int, example: object) -> None:
        """Add to a kind, with an example of it."""
        setattr(self, kind, getattr(self, kind) + number)
        if number and sum(one.startswith(f"{kind}:") for one in self.examples) < EXAMPLES:
            self.examples.append(f"{kind}: {example}")


async def judge(settings: Settings, spare: Settings, seed: int, clocks_held: bool = True) -> Verdict:
    """Judge an installation at rest. `spare` names an empty Redis database for the comparison.

    `clocks_held`: no worker's clock was wrong, so what the time decides is as it must be, too.
    """
    inputs = read_topics(settings, INPUTS)
    truth = truth_of(inputs, settings)
    outputs, state = await of_one_moment(partial(read_topics, settings, OUTPUTS), partial(stored, settings))
    verdict = Verdict(truth.accepted, len(state.members), sum(map(len, outputs.values())))
    verdict.waiting = state.waiting
    counting(verdict, truth, state)
    heeded(verdict, truth, state)
    sums(verdict, truth, state)
    people(verdict, state, await undisturbed(inputs, spare, seed, state.read[0]), clocks_held)
    effects(verdict, truth, state, outputs)
    order(verdict, outputs["identity"] + outputs["journey"])
    last_words(verdict, state, outputs)
    verdict.note("left", len(found := await _left(settings, truth)), found)
    return verdict


async def of_one_moment(
    told: Callable[[], Outputs], stored: Callable[[], Awaitable[Stored]]
) -> tuple[Outputs, Stored]:
    """What is on the topics, and what is stored, with nothing told or waiting between the two.

    The workers go on meanwhile, and time alone changes a phase now and then. An installation in which
    something waits for ever is taken as it is.
    """
    before = told()
    for _ in range(LOOKS):
        state, after = await stored(), told()
        if after == before and not state.waiting:
            break
        before = after
    return before, state


async def _left(settings: Settings, truth: Truth) -> list[str]:
    """Where the verifier of the product finds something of those who were erased."""
    redis = connect(settings.redis)
    try:
        finding = await verify(settings, Store(redis, settings.shards), truth.requests)
        return [one["where"] for one in finding["left"]]
    finally:
        await redis.aclose()


def counting(verdict: Verdict, truth: Truth, state: Stored) -> None:
    """Every event once, every fragment in one place."""
    owners = Counter(fid for members in state.members.values() for fid in members)
    for fid in truth.events.keys() | state.touches.keys():
        less = truth.touches[fid] - state.touches[fid]
        if less < 0 and fid in truth.gone:
            verdict.note("left", -less, f"{-less} of fragment {fid.hex()}")
            continue
        verdict.note("lost_events", max(0, less), f"{less} of fragment {fid.hex()}")
        verdict.note("doubled_events", max(0, -less), f"{-less} of fragment {fid.hex()}")
        verdict.note("doubled_fragments", max(state.places[fid], owners[fid], 1) - 1, fid.hex())
        verdict.note("lost_events", int(owners[fid] == 0 and less <= 0), f"{fid.hex()} in no profile")
    verdict.note("lost_events", state.astray, "homes that lead nowhere")


def heeded(verdict: Verdict, truth: Truth, state: Stored) -> None:
    """Nobody is one with whom a steward's last word separates him from."""
    for members in state.members.values():
        own = {fid.hex() for fid in members}
        for pair, (_, _, same) in truth.words.items():
            verdict.note("unheeded", int(not same and pair <= own), sorted(pair))


def sums(verdict: Verdict, truth: Truth, state: Stored) -> None:
    """Orders and money of each profile, to the cent, by its messages."""
    for pid, members in state.members.items():
        document = state.documents.get(pid)
        said = document["metrics"] if document else None
        orders: dict[str, Bought] = {}
        for fid in members:
            for name, bought in truth.orders.get(fid, {}).items():
                orders[name] = orders[name].join(bought) if name in orders else bought
        money: dict[str, Decimal] = {}
        for one in orders.values():
            if one.currency and (one.sold or one.returns):
                money[one.currency] = money.get(one.currency, Decimal(0)) + one.net
        touches = sum(truth.touches[fid] for fid in members)
        expected = (touches, sum(one.stands for one in orders.values()), money)
        found = said and (
            said["touches"],
            said["orders"],
            {currency: Decimal(amount) for currency, amount in said["revenue"].items()},
        )
        verdict.note("wrong_sums", int(found != expected), f"{pid}: {found}, not {expected}")


def people(verdict: Verdict, state: Stored, expected: Stored, clocks_held: bool) -> None:
    """The same people as undisturbed, with the same traits and counters, and phases if `clocks_held`.

    Next actions are the same but for cool-downs: these count from what has gone out, and that depends on
    what was worked off together, and when. Of those whom time alone was to change while they were read, or
    just before, nobody knows the phase.
    """
    began, ended = state.read
    turning = {
        one.members[pid]
        for one in (state, expected)
        for pid, at in one.due.items()
        if began - LATE_MS < at <= ended
    }
    if not clocks_held:
        turning |= {*state.members.values()}
    found, wanted = _by_people(state), _by_people(expected)
    for those in found.keys() - wanted.keys():
        verdict.note("wrong_people", 1, sorted(fid.hex() for fid in those)[:4])
    for those in found.keys() & wanted.keys():
        is_, ought = found[those], wanted[those]
        free = ("cools", "next_action") if is_["cools"] or ought["cools"] else ()
        differs = [
            f"{field}: {is_.get(field)}, not {ought.get(field)}"
            for field in sorted((is_.keys() | ought.keys()) - {*free})
            if is_.get(field) != ought.get(field) and not (field in BY_THE_CLOCK and those in turning)
        ]
        verdict.note("wrong_people", int(bool(differs)), f"{min(those).hex()}: {'; '.join(differs)}")
    for pid, action in state.actions.items():
        wrong = action.stored != action.ought and state.members[pid] not in turning
        verdict.note("wrong_people", int(wrong), f"{pid}: next {action.stored}, not {action.ought}")


def _by_people(state: Stored) -> dict[frozenset[bytes], dict[str, Any]]:
    own = ("profile_id", "version", "predictions")
    return {
        members: {name: value for name, value in state.documents.get(pid, {}).items() if name not in own}
        | {"untold": state.actions[pid].untold, "cools": state.actions[pid].cools}
        for pid, members in state.members.items()
    }


def effects(verdict: Verdict, truth: Truth, state: Stored, outputs: Outputs) -> None:
    """Everything that happened was told, and what was told twice is the same."""
    told: dict[str, bytes] = {}
    created, merged, erased, tombs = set[str](), set[str](), set[str](), set[str]()
    for topic in ("identity", "journey", "profiles"):
        for record in outputs[topic]:
            message = record.message
            if message is None:
                tombs.add(record.key.decode())
                continue
            known = told.setdefault(message["id"], record.value)
            if topic != "profiles":  # the time of a snapshot is that of its telling
                verdict.note("differing_repeats", int(known != record.value), message["id"])
            if message["type"] == CREATED:
                created.add(message["subject"])
            elif message["type"] == SPLIT:
                created.update(message["data"]["parts"])
            elif message["type"] == MERGED:
                merged.update(message["data"]["merged"])
            elif message["type"] == ERASED:
                erased.add(message["subject"])
    for pid, tellings in state.told.items():
        verdict.note("lost_effects", int(pid not in created), f"{pid} created")
        for each in tellings:
            ids = [transition_id(pid, each.model, n) for n in range(1, each.number + 1)]
            missing = [number for number in ids if number not in told]
            verdict.note("lost_effects", len(missing), missing[:2])
    for pid in state.dead:
        verdict.note("lost_effects", int(pid not in merged), f"{pid} merged")
        verdict.note("lost_effects", int(pid not in tombs), f"tombstone of {pid}")
    for pid in state.erased - merged:
        verdict.note("lost_effects", int(pid not in erased), f"{pid} erased")
        verdict.note("lost_effects", int(pid not in tombs), f"tombstone of {pid}")
    letters = {record.key.decode() for record in outputs["dead-letters"]}
    verdict.note("lost_effects", len(truth.unreadable - letters), "dead letters")
    verdict.note("doubled_events", len(letters - truth.unreadable), "dead letters of what can be read")


def order(verdict: Verdict, records: Iterable[Record]) -> None:
    """Per profile and topic sequences rise, what was told before aside."""
    last: dict[tuple[str, bytes], str] = {}
    known: set[str] = set()
    for record in records:
        message, place = record.message, (record.topic, record.key)
        if message["id"] in known:
            continue
        known.add(message["id"])
        verdict.note("out_of_order", int(message["sequence"] <= last.get(place, "")), message["id"])
        last[place] = max(message["sequence"], last.get(place, ""))


def last_words(verdict: Verdict, state: Stored, outputs: Outputs) -> None:
    """A reader that keeps only the last message is right."""
    snapshots = {record.key.decode(): record.message for record in outputs["profiles"]}
    for pid in snapshots.keys() | state.documents.keys():
        message = snapshots.get(pid)
        said, wanted = (
            document and {**document, "predictions": None}  # they depend on when they are asked for
            for document in (message and message["data"], state.documents.get(pid))
        )
        verdict.note("stale", int(said != wanted), pid)
    phases: dict[tuple[str, str], str] = {}
    for record in outputs["journey"]:
        data = record.message["data"]
        phases[data["profile_id"], data["model"]] = data["to"]
    for pid, document in state.documents.items():
        now = {document["phase"]["model"]: document["phase"], **document["phases"]}
        for model, phase in now.items():
            said = phases.get((pid, model), "none")
            wrong = said != phase["current"]
            verdict.note("wrong_phase", int(wrong), f"{pid} {model}: told {said}, is {phase['current']}")
