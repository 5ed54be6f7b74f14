"""The holes of the obvious protocol: each is found again as soon as the guard that closes it is taken out.

`docs/protocol.md` tells the story of each.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from tests.protocol import holes, scopes
from tests.protocol.checker import Scope, WrongError, check
from tests.protocol.holes import Patch


@dataclass(frozen=True)
class Hole:
    """What happens without a guard, and the smallest scope in which it does."""

    name: str
    scope: Callable[[], Scope]
    words: str  # of what is wrong then
    without: Callable[[Patch], None]
    anyway: Callable[[Patch], None] = lambda patch: None  # another guard that is out in both cases


TWO = partial(scopes.fragments_of_one_address, deaths=1)
TWO_ON_A_CLUSTER = partial(scopes.fragments_of_one_address, deaths=1, cluster=True)
AN_ERASURE_ON_A_CLUSTER = partial(scopes.an_erasure, cluster=True)
A_WORD_ON_A_CLUSTER = partial(scopes.a_word_about_one_to_come, deaths=1, cluster=True)
HOLES = [
    Hole(
        "1: the survivor takes first, the other becomes a signpost later",
        scopes.fragments_of_one_address,
        "a fragment lives twice",
        holes.survivor_first,
    ),
    Hole(
        "2: each side lets its own component survive",
        lambda: scopes.only(scopes.fragments_of_one_address(deaths=1), "circle"),
        "signposts lead in a circle",
        holes.own_survives,
        holes.survivor_first,
    ),
    Hole(
        "3: an event that comes again skips everything",
        TWO,
        "a link is missing",
        holes.repeats_skipped,
    ),
    Hole(
        "4: the index returns holders only when the entry is new",
        TWO,
        "a link is missing",
        holes.holders_only_to_new,
    ),
    Hole(
        "5: the index before the component",
        scopes.fragments_of_one_address,
        "a link is missing",
        holes.index_first,
    ),
    Hole(
        "6: a new fragment is founded twice",
        scopes.one_fragment_at_two_workers,
        "a fragment lives twice",
        holes.home_not_claimed,
    ),
    Hole(
        "7: effects of one profile in two outboxes",
        lambda: scopes.a_move_between_shards([2], [2]),
        "an effect after a later one",
        holes.no_barriers,
    ),
    Hole(
        "8: a relay fenced by Redis alone",
        lambda: scopes.a_profile_that_changes([1, 2]),
        "the last message of a profile is not the profile",
        holes.no_fence_at_the_broker,
    ),
    Hole(
        "8: a relay of a shard that was of all before, fenced under its own name alone",
        lambda: scopes.a_worker_alone(alone_first=True),
        "the last message of a profile is not the profile",
        holes.no_fence_under_other_names,
    ),
    Hole(
        "8: a relay of all that were of a shard before, fenced under its own name alone",
        lambda: scopes.a_worker_alone(alone_first=False),
        "the last message of a profile is not the profile",
        holes.no_fence_under_other_names,
    ),
    Hole(
        "9: a relay fenced by the broker alone",
        lambda: scopes.a_move_between_shards([1], [1, 1], published=True),
        "the last message of a profile is not the profile",
        holes.no_fence_in_redis,
    ),
    Hole(
        "11: the first holders of a value that became shared are not told",
        scopes.an_address_too_many_have,
        "a holder is not told",
        holes.holders_not_told,
    ),
    Hole(
        "11: and not by who comes again after a death",
        lambda: scopes.an_address_too_many_have(2, 1, deaths=1),
        "a holder is not told",
        holes.holders_told_once,
    ),
    Hole(
        "12: no record of an erasure",
        scopes.an_erasure,
        "came back",
        holes.no_record_of_it,
    ),
    Hole(
        "12: the index is told of an erasure after the component",
        scopes.an_erasure,
        "somebody is left",
        holes.marks_after_removal,
    ),
    Hole(
        "12: a death between marks and removal",
        lambda: scopes.an_erasure_of_two(deaths=1),
        "somebody is left",
        holes.no_intent,
    ),
    Hole(
        "12: a finished erasure is run again",
        scopes.a_new_relation,
        "who is new is erased",
        holes.run_again,
    ),
    Hole(
        "12: bystanders are suppressed though the value became shared",
        scopes.an_address_shared_after_an_erasure,
        "a bystander is suppressed",
        holes.erased_not_counted,
    ),
    Hole(
        "12: entries are left under a key that became shared",
        scopes.an_erasure_under_a_shared_address,
        "a trace in the index",
        holes.shared_entries_left,
    ),
    Hole(
        "13: a steward's word about a fragment that is yet to come",
        lambda: scopes.a_word_about_one_to_come(deaths=1),
        "the word is lost",
        holes.nobody_awaited,
    ),
    Hole(
        "1 on a cluster: the survivor takes first, the other is frozen later",
        lambda: scopes.fragments_of_one_address(cluster=True),
        "a fragment lives twice",
        holes.taken_before_frozen,
    ),
    Hole(
        "2 on a cluster: each side lets its own component survive",
        lambda: scopes.only(scopes.fragments_of_one_address(deaths=1, cluster=True), "circle"),
        "signposts lead in a circle",
        holes.own_survives,
    ),
    Hole(
        "6 on a cluster: a new fragment is founded twice",
        lambda: scopes.one_fragment_at_two_workers(cluster=True),
        "a fragment lives twice",
        holes.nothing_claimed,
    ),
    Hole(
        "7 on a cluster: effects of one profile in two outboxes",
        lambda: scopes.a_move_between_shards([2], [2], cluster=True),
        "an effect after a later one",
        holes.no_barriers_on_a_cluster,
    ),
    Hole(
        "3 on a cluster: an event that comes again skips everything",
        TWO_ON_A_CLUSTER,
        "a link is missing",
        holes.repeats_skipped,
    ),
    Hole(
        "4 on a cluster: the index returns holders only when the entry is new",
        TWO_ON_A_CLUSTER,
        "a link is missing",
        holes.holders_only_to_new,
    ),
    Hole(
        "5 on a cluster: the index before the component",
        lambda: scopes.fragments_of_one_address(cluster=True),
        "a link is missing",
        holes.index_first,
    ),
    Hole(
        "8 on a cluster: a relay fenced by Redis alone",
        lambda: scopes.a_profile_that_changes([1, 2], cluster=True),
        "the last message of a profile is not the profile",
        holes.no_fence_at_the_broker,
    ),
    Hole(
        "9 on a cluster: a relay fenced by the broker alone",
        lambda: scopes.a_move_between_shards([1], [1, 1], published=True, cluster=True),
        "the last message of a profile is not the profile",
        holes.no_fence_in_redis,
    ),
    Hole(
        "11 on a cluster: the first holders of a value that became shared are not told",
        lambda: scopes.an_address_too_many_have(1, 2, cluster=True),
        "a holder is not told",
        holes.holders_not_told,
    ),
    Hole(
        "11 on a cluster: and not by who comes again after a death",
        lambda: scopes.an_address_too_many_have(2, 1, deaths=1, cluster=True),
        "a holder is not told",
        holes.holders_told_once,
    ),
    Hole(
        "12 on a cluster: no record of an erasure",
        AN_ERASURE_ON_A_CLUSTER,
        "came back",
        holes.no_record_of_it,
    ),
    Hole(
        "12 on a cluster: the index is told of an erasure after the component",
        AN_ERASURE_ON_A_CLUSTER,
        "somebody is left",
        holes.marks_after_removal,
    ),
    Hole(
        "12 on a cluster: a death between marks and removal",
        lambda: scopes.an_erasure_of_two(deaths=1, cluster=True),
        "somebody is left",
        holes.no_intent,
    ),
    Hole(
        "12 on a cluster: a finished erasure is run again",
        lambda: scopes.a_new_relation(cluster=True),
        "who is new is erased",
        holes.run_again,
    ),
    Hole(
        "12 on a cluster: bystanders are suppressed though the value became shared",
        lambda: scopes.an_address_shared_after_an_erasure(cluster=True),
        "a bystander is suppressed",
        holes.erased_not_counted,
    ),
    Hole(
        "12 on a cluster: entries are left under a key that became shared",
        lambda: scopes.an_erasure_under_a_shared_address(cluster=True),
        "a trace in the index",
        holes.shared_entries_left,
    ),
    Hole(
        "12 on a cluster: somebody is erased between the write of his component and that of the index",
        AN_ERASURE_ON_A_CLUSTER,
        "a trace in the index",
        holes.erased_between_the_writes,
    ),
    Hole(
        "13 on a cluster: a steward's word about a fragment that is yet to come",
        A_WORD_ON_A_CLUSTER,
        "the word is lost",
        holes.nobody_awaited,
    ),
    Hole(
        "13 on a cluster: whose home leads somewhere, though nobody has told of him",
        A_WORD_ON_A_CLUSTER,
        "the word is lost",
        holes.claimed_taken_for_known,
    ),
    Hole(
        "10: a half move that no later event touches",
        TWO_ON_A_CLUSTER,
        "half of a move is left",
        holes.nobody_looks_for_half_moves,
    ),
    Hole(
        "on a cluster: somebody else's freeze is taken for one's own",
        lambda: scopes.a_move_at_two_workers(),
        "an event is lost",
        holes.freeze_of_others_taken_for_own,
    ),
    Hole(
        "14: an event is acknowledged that no replica has",
        lambda: scopes.a_fail_over(1),
        "lost",
        holes.none_waited_for,
    ),
    Hole(
        "14: an effect is published that no replica has",
        lambda: scopes.a_fail_over(2, 1),
        "one id for two messages",
        holes.published_too_early,
    ),
    Hole(
        "14 on a cluster: content is taken of which its shard has no replica",
        scopes.a_fail_over_on_a_cluster,
        "a fragment lives twice",
        holes.freeze_not_waited_for,
    ),
]
OF_EACH_SCOPE = {(hole.scope, hole.anyway): hole for hole in HOLES}.values()


@pytest.mark.parametrize("hole", OF_EACH_SCOPE, ids=lambda hole: hole.name)
def test_with_its_guard_nothing_is_wrong(hole: Hole, monkeypatch: pytest.MonkeyPatch) -> None:
    hole.anyway(monkeypatch)
    assert check(hole.scope()).ends


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_without_its_guard_the_hole_is_found(hole: Hole, monkeypatch: pytest.MonkeyPatch) -> None:
    hole.anyway(monkeypatch)
    hole.without(monkeypatch)
    with pytest.raises(WrongError) as found:
        check(hole.scope())
    sys.stdout.write(f"{found.value}\n")  # the steps that lead there
    assert hole.words in str(found.value)
