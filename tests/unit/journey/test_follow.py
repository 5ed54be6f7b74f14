"""What is told, case by case: once, in order, and corrected when the past changes."""

from typing import NoReturn

import ormsgpack
import pytest

from tests.unit.journey.stories import (
    MODELS,
    Profile,
    hashed,
    mark,
    orders,
    since_start,
    six,
    story,
    told,
    when,
)
from unifier.events.canonical import Signal
from unifier.events.form import time_text
from unifier.journey.follow import follow, transition_id
from unifier.journey.told import TOLD_MAX, loyal, phase_view, undone_sum
from unifier.journey.walk import State
from unifier.profiles.marks import KEPT, add_marks


def never() -> NoReturn:
    raise AssertionError("nobody needs all the marks here")


def test_one_batch_tells_the_same_as_one_event_at_a_time() -> None:
    words = ["0s touch", "1s interest bike", "2s preference bike", "1h purchase o1 store", "3d advocacy"]
    profile = Profile()
    apart = [line for each in words for line in profile.hear(each)]
    assert apart == told(story(words, "3d"))


def test_each_transition_names_its_own_event() -> None:
    words = ["0s touch", "1s interest bike", "2s preference bike"]
    assert [each.cause for each in six(story(words, "1m"))] == [mark(each).event for each in words]


def test_the_usual_way_reads_no_stored_marks() -> None:
    first = [mark("0s touch")]
    known = follow(None, first, first, frozenset(), MODELS, when("0s"), b"").told
    followed = follow(
        known, never, [mark("2s preference"), mark("1s interest")], frozenset(), MODELS, when("2s"), b""
    )
    assert told(followed.transitions) == ["1s consideration forward", "2s preference forward"]


def test_numbers_count_up_and_ids_are_made_of_them() -> None:
    profile = Profile("0s touch")
    profile.hear("1h interest")
    news = six(profile.follow([], when("200d")))
    assert [each.number for each in news] == [3, 4]
    assert transition_id("p_1", "six-phase", news[0].number) == "p_1/six-phase/3"


def test_every_model_tells_its_own_transitions() -> None:
    news = story(["0s touch", "1s interest", "2s preference"], "1m")
    assert told(news, "six-phase")[-1] == "2s preference forward"
    assert told(news, "four-phase")[-1] == "1s engagement forward"
    assert {each.number for each in news if each.model == "four-phase"} == {1, 2}


def test_a_timer_is_told_when_it_is_due_and_once() -> None:
    profile = Profile("0s purchase o1 store")
    assert profile.due == when("1h")
    assert told(profile.follow([], when("59m59s"))) == []
    assert told(profile.follow([], when("1h"))) == ["1h after_sale forward fulfilled"]
    assert told(profile.follow([], when("1h"))) == []


def test_timers_missed_in_a_downtime_are_told_at_their_times() -> None:
    profile = Profile("0s preference")
    assert told(profile.follow([], when("95d"))) == [
        "7d consideration lapse lapsed",
        "30d awareness lapse lapsed",
        "90d none lapse lapsed",
    ]
    assert profile.due is None


def test_dwell_is_the_time_in_the_phase_before() -> None:
    news = six(story(["0s touch", "1500ms interest", "1h preference"], "1h"))
    assert [each.dwell_s for each in news] == [0.0, 1.5, 3598.5]


def test_what_is_told_a_day_late_is_stale() -> None:
    news = six(story(["0s touch", "2h interest"], "1d1h"))
    assert [each.stale for each in news] == [True, False]
    assert {each.detected_at for each in news} == {when("1d1h")}


# --- the past changes


def test_a_late_event_that_changes_no_phase_is_silent() -> None:
    profile = Profile("0s touch", "2h preference")
    assert profile.hear("1h interest") == []
    assert profile.phase == "preference"


@pytest.mark.parametrize("late", ["1d touch", "4d touch app"])
def test_a_late_touch_among_others_leaves_the_stay_as_it_was_also_when_its_beginning_is_forgotten(
    late: str,
) -> None:
    """Three views of a bike are preference; of the views that follow as many are kept as can be."""
    views = [f"{hours}h interest p{hours}" for hours in range(12, 12 + 2 * KEPT[Signal.INTEREST], 2)]
    profile = Profile()
    for words in ["0h interest bike", "1h interest bike", "2h interest bike", *views]:
        profile.hear(words)
    stood = phase_view(profile.kept, "six-phase")
    assert profile.hear(late, until=views[-1].split()[0]) == []
    assert phase_view(profile.kept, "six-phase") == stood
    assert (stood["current"], stood["since"]) == ("preference", time_text(when("2h")))


def test_after_a_silent_change_the_next_steps_are_told_as_ever() -> None:
    profile = Profile("0s touch", "2h interest")
    assert profile.hear("1h interest") == []
    assert profile.hear("30m touch", "3h preference") == ["3h preference forward"]


def test_a_late_event_beside_a_new_one_is_no_correction_when_the_told_still_holds() -> None:
    profile = Profile("0s touch", "2h interest")
    news = profile.late("1h touch", "3h preference", "4h purchase o1 store")
    assert told(news) == ["3h preference forward", "4h purchase forward"]
    assert [each.cause for each in news] == [mark("3h preference").event, mark("4h purchase o1 store").event]
    assert [each.corrects for each in news] == [(), ()]


def test_what_was_told_holds_though_it_came_about_earlier_and_what_is_new_is_told_step_by_step() -> None:
    profile = Profile("0s touch", "2h interest")
    news = profile.late("1h interest", "3h preference", "4h purchase o1 store")
    assert told(news) == ["3h preference forward", "4h purchase forward"]
    assert [each.cause for each in news] == [mark("3h preference").event, mark("4h purchase o1 store").event]


def test_a_till_file_that_comes_hours_late_is_told_in_order() -> None:
    profile = Profile("0s touch", "1h interest")
    assert profile.hear("2h purchase o1 store", until="6h") == [
        "2h purchase skip",
        "3h after_sale forward fulfilled",
    ]


def test_a_late_sale_before_what_was_told_tells_one_transition_and_what_it_corrects() -> None:
    profile = Profile("0s touch", "5h interest")
    news = profile.late("3h purchase o1 store", until="6h")
    assert [(each.source_phase, each.to, each.corrects, each.cause) for each in news] == [
        ("consideration", "after_sale", (2,), b"late")
    ]


def test_a_late_touch_undoes_a_lapse() -> None:
    profile = Profile("0s touch", "1h preference")
    profile.follow([], when("8d"))
    news = profile.late("5d touch", until="9d")
    assert [(each.source_phase, each.to, each.direction, each.corrects) for each in news] == [
        ("consideration", "preference", "forward", (3,))
    ]


def test_an_order_undone_leads_back_and_names_what_no_longer_holds() -> None:
    profile = Profile("0s touch", "1h purchase o1 store")
    profile.follow([], when("3h"))
    profile.undone = orders("o1")
    news = six(profile.follow([mark("2d trouble o1 store")], when("2d"), b"return"))
    assert [(each.source_phase, each.to, each.direction, each.corrects, each.cause) for each in news] == [
        ("after_sale", "awareness", "back", (2, 3), b"return")
    ]


def test_a_lapse_put_off_in_silence_is_still_where_the_profile_stands() -> None:
    profile = Profile("0s preference")
    profile.follow([], when("8d"))
    assert profile.late("5d touch", until="13d") == []
    news = profile.late("1h touch", "14d preference")
    assert [(each.source_phase, each.to, each.cause, each.corrects) for each in news] == [
        ("consideration", "preference", mark("14d preference").event, ())
    ]


def test_where_the_profile_stands_is_not_called_wrong_if_it_came_about_otherwise() -> None:
    profile = Profile("0s purchase o1 store", "10d interest", "13d interest", "16d interest")
    profile.undone = orders("o1")
    assert six(profile.follow(None, when("17d"))) == []
    assert profile.late("18d preference")[0].corrects == (1, 2)


def test_at_one_instant_each_step_keeps_its_own_cause() -> None:
    profile = Profile("0s touch", "1h interest")
    news = profile.late("30m touch", "1h preference")
    assert [(each.to, each.cause) for each in news] == [("preference", mark("1h preference").event)]


def test_nothing_is_corrected_twice() -> None:
    profile = Profile("0s touch", "1h purchase o1 store")
    profile.follow([], when("3h"))
    profile.undone = orders("o1")
    profile.follow(None, when("2d"))
    assert [each.corrects for each in profile.late("1d interest", until="3d")] == [()]


def test_what_was_found_wrong_in_silence_is_named_with_the_next_transition() -> None:
    profile = Profile("0s touch", "1h purchase o1 store")
    profile.follow([], when("3h"))
    profile.hear("3d preference")
    profile.undone = orders("o1")
    assert six(profile.follow(None, when("3d"))) == []
    news = six(profile.follow([mark("4d purchase o2")], when("4d")))
    assert [(each.to, each.corrects) for each in news] == [("purchase", (2, 3))]


# --- merge, split, erasure


def test_a_merge_tells_one_transition_to_where_the_whole_stands() -> None:
    profile = Profile("0s touch", "3h interest")
    profile.packed = add_marks(
        profile.packed, [mark(each) for each in ("4h preference bike", "5h purchase o1 store")]
    )
    news = six(profile.follow(None, when("5h"), "merge"))
    assert [(each.source_phase, each.to, each.direction, each.cause, each.corrects) for each in news] == [
        ("consideration", "purchase", "skip", "merge", ())
    ]
    assert since_start(news[0].at) == "5h"


def test_a_merge_that_changes_no_phase_is_silent() -> None:
    profile = Profile("0s touch", "3h interest")
    profile.gain("1h touch", "2h interest")
    assert six(profile.follow(None, when("5h"), "merge")) == []


def test_a_profile_born_of_a_split_tells_where_it_stands() -> None:
    marks = [mark("0s touch"), mark("1h interest"), mark("2h preference")]
    news = six(follow(None, marks, None, frozenset(), MODELS, when("3h"), "split").transitions)
    assert [(each.number, each.source_phase, each.to, each.cause) for each in news] == [
        (1, "none", "preference", "split")
    ]


def test_a_profile_born_of_a_split_after_it_lapsed_says_nothing() -> None:
    followed = follow(None, [mark("0s touch")], None, frozenset(), MODELS, when("100d"), "split")
    assert followed.transitions == []


def test_what_is_left_of_a_split_goes_back() -> None:
    profile = Profile("0s touch", "3h interest", "4h purchase o1 store")
    profile.packed = add_marks(b"", [mark("0s touch"), mark("3h interest")])
    news = six(profile.follow(None, when("4h"), "split"))
    assert [(each.source_phase, each.to, each.direction, each.corrects) for each in news] == [
        ("purchase", "consideration", "back", (3,))
    ]


def test_a_profile_of_which_no_mark_is_left_is_in_no_phase() -> None:
    profile = Profile("0s touch")
    profile.packed = b""
    news = six(profile.follow(None, when("1h"), "erase"))
    assert [(each.source_phase, each.to, since_start(each.at), each.corrects) for each in news] == [
        ("awareness", "none", "1h", (1,))
    ]
    assert profile.due is None


# --- what is kept


def test_what_is_kept_is_bounded() -> None:
    profile = Profile()
    for day in range(0, 900, 3):
        profile.hear(f"{day}d interest p{day % 2}", f"{day}d1h preference", f"{day}d2h purchase o{day} store")
    assert profile.told is not None
    for telling in profile.told.tellings:
        assert len(telling.entries) == TOLD_MAX
    assert len(ormsgpack.packb(profile.told.pack())) < 1_000


def test_the_sum_of_undone_orders_has_no_order_and_stays_small() -> None:
    some = [bytes([255 - number] * 8) for number in range(9)]
    assert undone_sum(frozenset(some)) == undone_sum(frozenset(reversed(some))) < 1 << 64
    assert undone_sum(frozenset(some)) != undone_sum(frozenset(some[1:]))


def test_journeys_are_numbered_on_when_their_purchases_are_forgotten() -> None:
    profile = Profile()
    weeks = KEPT[3] + 20
    for week in range(weeks):
        profile.hear(f"{7 * week}d purchase o{week} store")
    before = phase_view(profile.kept, "six-phase")
    last = f"{7 * (weeks - 1)}d"
    profile.hear(f"{7 * (weeks - 2)}d3h interest", until=last)
    assert phase_view(profile.kept, "six-phase") == before
    assert before["journey"] == weeks


def test_as_many_purchases_as_are_kept_are_no_sign_that_any_is_forgotten() -> None:
    weeks = [f"{7 * week}d purchase o{week} store" for week in range(KEPT[3])]
    profile = Profile()
    profile.gain(*weeks)
    [born] = six(profile.follow(None, when(f"{7 * KEPT[3]}d"), "split"))
    assert born.journey == KEPT[3]
    profile = Profile(*weeks[1:])
    profile.gain(weeks[0])
    profile.follow(None, when(f"{7 * KEPT[3]}d"), "merge")
    assert phase_view(profile.kept, "six-phase")["journey"] == KEPT[3]
    profile = Profile("0s touch")
    profile.packed = b""  # that was erased
    profile.gain(*weeks[1:], f"{7 * KEPT[3]}d purchase o store")
    profile.follow(None, when(f"{7 * KEPT[3]}d"), "erase")
    assert phase_view(profile.kept, "six-phase")["journey"] == KEPT[3]


def test_the_view_says_where_each_model_stands() -> None:
    told_now = Profile("0s touch", "1h interest", until="2h").kept
    assert phase_view(told_now, "six-phase") == {
        "current": "consideration",
        "since": time_text(when("1h")),
        "journey": 1,
    }
    assert phase_view(told_now, "four-phase")["current"] == "engagement"
    assert not loyal(told_now)
    assert loyal(Profile("0s membership", "1s purchase o1 store", until="2h").kept)


def test_the_state_goes_into_a_message_and_back() -> None:
    state = State(*Profile("0s interest bike", "1h purchase o1 store").kept.tellings[0].state)
    assert State(*ormsgpack.unpackb(ormsgpack.packb(state.pack()))) == state
    assert state.orders == hashed("o1")
