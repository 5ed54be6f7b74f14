"""The judge of the faults finds what is planted, and nothing where all is right."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson
import pytest

from tests.faults import judge
from tests.faults.judge import Verdict
from tests.faults.load import Bought, Truth
from tests.faults.stored import Next, Stored
from tests.faults.topics import Record
from unifier.events.outbound import CREATED, MERGED, TRANSITION
from unifier.journey.playbook import NextAction
from unifier.journey.told import Telling
from unifier.profiles.component import Dead

FID, OTHER, ERASED, PID, GONE = b"f" * 12, b"g" * 12, b"e" * 12, "p_1", "p_2"
THANK = NextAction("thank", "parcel", 1_000, 2_000)
DOCUMENT: dict[str, Any] = {
    "profile_id": PID,
    "version": 3,
    "phase": {"model": "six-phase", "current": "purchase", "since": None, "journey": 1},
    "phases": {},
    "loyal": False,
    "traits": {},
    "segments": [],
    "metrics": {"touches": 2, "orders": 1, "revenue": {"EUR": "9.90"}},
}


class Case:
    """A small installation in which all is right, until a test plants something."""

    def __init__(self) -> None:
        sale = Bought(Decimal("9.90"), "EUR", sold=True)
        told = {FID: {b"1", b"2", b"a record, which is no touch"}}
        self.truth = Truth(told, Counter({FID: 2}), orders={FID: {"o": sale}}, unreadable={"t.online-0-7"})
        self.truth.gone.add(ERASED)
        self.truth.words[frozenset((FID.hex(), OTHER.hex()))] = 1, "c1", False
        self.clocks_held = True
        self.state = Stored(read=(100_000, 101_000))
        self.state.touches[FID] = 2
        self.state.places[FID] = 1
        self.state.members[PID] = frozenset([FID])
        self.state.told[PID] = [Telling("six-phase", 2, "purchase", [], [], [])]
        self.state.documents[PID] = DOCUMENT
        self.state.actions[PID] = Next(None, None, None)
        self.state.dead[GONE] = Dead(PID, (OTHER,), 1, 0, None, None)
        self.undisturbed = Stored(
            members={"p_9": frozenset([FID])},
            documents={"p_9": DOCUMENT},
            actions={"p_9": self.state.actions[PID]},
        )
        self.outputs: dict[str, list[Record]] = {
            "identity": [],
            "journey": [],
            "profiles": [],
            "dead-letters": [],
        }
        self.say("identity", PID, CREATED, f"{PID}/created/1", 1, {})
        self.say("identity", PID, MERGED, f"{PID}/merged/2", 2, {"merged": [GONE]})
        self.tell(1, "none", "preference")
        self.tell(2, "preference", "purchase")
        self.record("profiles", GONE, b"")
        self.say("profiles", PID, "unifier.profile.v1", f"{PID}/3", 3, DOCUMENT)
        self.record("dead-letters", "t.online-0-7", b"{}")

    def record(self, topic: str, key: str, value: bytes) -> None:
        number = len(self.outputs[topic])
        self.outputs[topic].append(Record(f"t.{topic}", 0, number, 0, key.encode(), value))

    def say(self, topic: str, pid: str, kind: str, number: str, sequence: int, data: dict[str, Any]) -> None:
        message = {"type": kind, "id": number, "subject": pid, "sequence": f"{sequence:020d}", "data": data}
        self.record(topic, pid, orjson.dumps(message))

    def tell(self, number: int, before: str, to: str) -> None:
        data = {"profile_id": PID, "model": "six-phase", "from": before, "to": to}
        self.say("journey", PID, TRANSITION, f"{PID}/six-phase/{number}", 2 + number, data)

    def verdict(self) -> Verdict:
        verdict = Verdict()
        judge.heeded(verdict, self.truth, self.state)
        judge.counting(verdict, self.truth, self.state)
        judge.sums(verdict, self.truth, self.state)
        judge.people(verdict, self.state, self.undisturbed, self.clocks_held)
        judge.effects(verdict, self.truth, self.state, self.outputs)
        judge.order(verdict, self.outputs["identity"] + self.outputs["journey"])
        judge.last_words(verdict, self.state, self.outputs)
        return verdict


def test_nothing_is_wrong_where_all_is_right() -> None:
    verdict = Case().verdict()
    assert verdict.wrong == 0, verdict.examples


def test_a_repeat_of_what_was_told_is_not_wrong() -> None:
    case = Case()
    case.outputs["journey"] += case.outputs["journey"]
    assert case.verdict().wrong == 0


def _an_event_is_missing(case: Case) -> None:
    case.state.touches[FID] -= 1


def _a_fragment_is_missing(case: Case) -> None:
    case.truth.events[OTHER] = {b"3"}


def _a_fragment_is_in_no_profile(case: Case) -> None:
    case.state.members[PID] = frozenset()


def _an_event_counts_twice(case: Case) -> None:
    case.state.touches[FID] += 1


def _a_fragment_is_live_twice(case: Case) -> None:
    case.state.places[FID] += 1


def _a_cent_is_missing(case: Case) -> None:
    case.truth.orders[FID]["o"].amount += Decimal("0.01")


def _two_are_one(case: Case) -> None:
    case.undisturbed.members["p_9"] = frozenset([FID, OTHER])


def _a_steward_is_not_heeded(case: Case) -> None:
    case.state.members[PID] = frozenset([FID, OTHER])
    case.undisturbed.members["p_9"] = case.state.members[PID]


def _somebody_erased_is_left(case: Case) -> None:
    case.state.touches[ERASED] = 1


def _nobody_was_told_of_an_erasure(case: Case) -> None:
    case.state.erased.add("p_3")
    case.record("profiles", "p_3", b"")


def _a_trait_differs(case: Case) -> None:
    case.undisturbed.documents["p_9"] = {**DOCUMENT, "traits": {"first_name": "Anna"}}


def _a_segment_differs(case: Case) -> None:
    case.undisturbed.documents["p_9"] = {**DOCUMENT, "segments": ["loyal"]}


def _another_action_is_next(case: Case) -> None:
    case.undisturbed.documents["p_9"] = {**DOCUMENT, "next_action": {"what": "thank"}}


def _another_action_would_be_next(case: Case) -> None:
    case.state.actions[PID] = Next(None, None, THANK)


def _an_action_is_missing(case: Case) -> None:
    for state, pid in ((case.state, PID), (case.undisturbed, "p_9")):
        state.actions[pid] = Next(None, THANK, THANK)


def _nothing_can_be_read_of_somebody(case: Case) -> None:
    del case.state.documents[PID]


def _a_timer_never_fired(case: Case) -> None:
    case.state.due[PID] = case.state.read[0] - 60_000
    _a_segment_differs(case)


def _a_transition_was_never_told(case: Case) -> None:
    del case.outputs["journey"][0]


def _nobody_was_told_of_the_profile(case: Case) -> None:
    del case.outputs["identity"][0]


def _a_tombstone_is_missing(case: Case) -> None:
    del case.outputs["profiles"][0]


def _a_dead_letter_is_missing(case: Case) -> None:
    case.outputs["dead-letters"].clear()


def _a_repeat_says_something_else(case: Case) -> None:
    case.tell(2, "consideration", "purchase")


def _a_lower_sequence_comes_after_a_higher(case: Case) -> None:
    case.outputs["journey"].reverse()


def _the_last_transition_is_not_the_phase(case: Case) -> None:
    case.tell(3, "purchase", "after_sale")


def _the_last_snapshot_is_an_older_one(case: Case) -> None:
    case.say("profiles", PID, "unifier.profile.v1", f"{PID}/2", 2, {**DOCUMENT, "version": 2})


def _a_merged_profile_comes_back(case: Case) -> None:
    case.say("profiles", GONE, "unifier.profile.v1", f"{GONE}/1", 1, {**DOCUMENT, "profile_id": GONE})


PLANTED: dict[Callable[[Case], None], str] = {
    _an_event_is_missing: "lost_events",
    _a_fragment_is_missing: "lost_events",
    _a_fragment_is_in_no_profile: "lost_events",
    _an_event_counts_twice: "doubled_events",
    _a_fragment_is_live_twice: "doubled_fragments",
    _a_cent_is_missing: "wrong_sums",
    _two_are_one: "wrong_people",
    _a_steward_is_not_heeded: "unheeded",
    _somebody_erased_is_left: "left",
    _nobody_was_told_of_an_erasure: "lost_effects",
    _a_trait_differs: "wrong_people",
    _a_segment_differs: "wrong_people",
    _another_action_is_next: "wrong_people",
    _another_action_would_be_next: "wrong_people",
    _an_action_is_missing: "wrong_people",
    _nothing_can_be_read_of_somebody: "wrong_people",
    _a_timer_never_fired: "wrong_people",
    _a_transition_was_never_told: "lost_effects",
    _nobody_was_told_of_the_profile: "lost_effects",
    _a_tombstone_is_missing: "lost_effects",
    _a_dead_letter_is_missing: "lost_effects",
    _a_repeat_says_something_else: "differing_repeats",
    _a_lower_sequence_comes_after_a_higher: "out_of_order",
    _the_last_transition_is_not_the_phase: "wrong_phase",
    _the_last_snapshot_is_an_older_one: "stale",
    _a_merged_profile_comes_back: "stale",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__.strip("_"))
def test_it_finds_that(plant: Callable[[Case], None]) -> None:
    case = Case()
    plant(case)
    assert getattr(case.verdict(), PLANTED[plant]) == 1


def test_an_action_that_went_out_by_one_of_the_two_alone_may_cool_down() -> None:
    case = Case()
    case.state.actions[PID] = Next(None, None, THANK)
    case.undisturbed.actions["p_9"] = Next(THANK, THANK, THANK)
    case.undisturbed.documents["p_9"] = {**DOCUMENT, "next_action": {"what": "thank"}}
    assert case.verdict().wrong == 0


def test_where_the_time_decides_at_that_very_moment_either_is_right() -> None:
    case = Case()
    _a_segment_differs(case)
    case.undisturbed.due["p_9"] = case.state.read[0] + 500
    assert case.verdict().wrong == 0


def test_what_the_time_decides_is_not_judged_where_clocks_were_wrong() -> None:
    case = Case()
    _a_segment_differs(case)
    case.clocks_held = False
    assert case.verdict().wrong == 0
    _a_trait_differs(case)
    assert case.verdict().wrong_people == 1


async def test_what_is_told_while_it_reads_is_read_again() -> None:
    """A timer of the workers, which go on meanwhile."""
    case, looks = Case(), list[int]()

    async def stored() -> Stored:
        looks.append(1)
        if len(looks) == 1:
            case.tell(3, "purchase", "after_sale")
        return Stored(waiting=int(len(looks) == 2))

    def told() -> judge.Outputs:
        return {topic: list(records) for topic, records in case.outputs.items()}

    outputs, state = await judge.of_one_moment(told, stored)
    assert (outputs, state.waiting, len(looks)) == (case.outputs, 0, 3)


async def test_what_waits_for_ever_is_judged() -> None:
    async def stored() -> Stored:
        return Stored(waiting=1)

    _, state = await judge.of_one_moment(dict, stored)
    assert state.waiting == 1
