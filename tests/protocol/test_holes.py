"""The holes of the obvious protocol: each is found again as soon as the guard that closes it is taken out.

`docs/protocol.md` tells the story of each.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from tests.protocol import scopes, scripts, town
from tests.protocol.checker import Scope, WrongError, check
from tests.protocol.client import Call
from tests.protocol.scripts import FID_BYTES, Memory
from unifier.profiles import erasure
from unifier.profiles import fold as fold_module
from unifier.profiles.component import Component
from unifier.profiles.privacy import Intent, Privacy
from unifier.profiles.store import Commit, Result, Store, outbox, store
from unifier.profiles.store.layout import HEAD_BYTES, TOMB
from unifier.profiles.store.stepwise import Stepwise, _Write
from unifier.profiles.store.words import script
from unifier.profiles.store.writes import writing
from unifier.streams import erasing, pipeline, relay, resolve, unify
from unifier.streams.resolve import Job

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Hole:
    """What happens without a guard, and the smallest scope in which it does."""

    name: str
    scope: Callable[[], Scope]
    words: str  # of what is wrong then
    without: Callable[[Patch], None]
    anyway: Callable[[Patch], None] = lambda patch: None  # another guard that is out in both cases


def survivor_first(patch: Patch) -> None:
    """The component that survives is written in one step, and the others become signposts in the next."""
    whole = Store.commit

    async def in_two_steps(self: Store, commits: Sequence[Commit]) -> list[Result]:
        results = await whole(self, [replace(commit, absorbed=[]) for commit in commits])
        for commit, result in zip(commits, results, strict=True):
            for cid, _ in commit.absorbed if result.written else ():
                await self.redis._ask(Call("signpost", (self.layout.home(cid), commit.cid)))  # type: ignore[attr-defined]
        return results

    patch.setattr(Store, "commit", in_two_steps)
    patch.setitem(town.STEPS, "signpost", _signpost)


def _signpost(memory: Memory, words: list[Any]) -> None:
    memory[words[0]] = b"P" + words[1]


def own_survives(patch: Patch) -> None:
    """Each side lets its own component survive."""
    smallest = unify.opened

    def own(job: Job, form: bytes) -> tuple[Component, dict[bytes, bytes]]:
        _, heads = smallest(job, form)
        opened = [Component.unpack(root, value[HEAD_BYTES:]) for root, value in job.roots.items()]
        if len(opened) < 2 or not job.wishes:
            return smallest(job, form)
        opened.sort(key=lambda one: job.wishes[0].fids[0] not in one)
        for other in opened[1:]:
            opened[0].absorb(other)
        return opened[0], heads

    patch.setattr(unify, "opened", own)


def repeats_skipped(patch: Patch) -> None:
    """An event that was counted before is passed over as a whole."""

    def forgetful(*arguments: Any) -> Any:
        folded = fold_module.fold(*arguments)
        folded.repeated.clear()
        return folded

    patch.setattr(unify, "fold", forgetful)


def holders_only_to_new(patch: Patch) -> None:
    """The index names the others only to who was not in it yet."""
    enter_one = scripts.enter_one

    def terse(memory: Memory, bucket: bytes, field: bytes, holder: bytes, *most: bytes) -> bytes | None:
        known = holder in memory.get((bucket, field), b"")
        others = enter_one(memory, bucket, field, holder, *most)
        return None if known else others

    patch.setattr(scripts, "enter_one", terse)


def index_first(patch: Patch) -> None:
    """The index is written before the component."""
    whole = Store.commit

    async def in_two_steps(self: Store, commits: Sequence[Commit]) -> list[Result]:
        entered = [await self.enter(commit.index) for commit in commits]
        results = await whole(self, [replace(commit, index=[]) for commit in commits])
        for result, entries in zip(results, entered, strict=True):
            result.entries = {number: entry for number, entry in enumerate(entries) if entry is not None}
        return results

    patch.setattr(Store, "commit", in_two_steps)


def home_not_claimed(patch: Patch) -> None:
    """A new fragment is founded in another's component without a look at its own home."""
    patch.setattr(scripts, "is_free", lambda memory, home: True)


def no_barriers(patch: Patch) -> None:
    """What moved is published without regard to the outbox that was left."""
    add = scripts.add

    def heedless(memory: Memory, key: bytes, name: bytes, value: bytes) -> None:
        if name == b"e":
            add(memory, key, name, value)

    patch.setattr(scripts, "add", heedless)


def no_fence_at_the_broker(patch: Patch) -> None:
    """A former owner still publishes."""

    def trusting(memory: Memory, words: list[Any]) -> bool:
        memory[town.TOPIC] = (*memory.get(town.TOPIC, ()), *words[2:])
        return True

    patch.setitem(town.STEPS, "publish", trusting)


def no_fence_under_other_names(patch: Patch) -> None:
    """A former owner of all groups, or of a single one, still publishes."""
    begin = relay.Group.__init__

    def unheeding(group: relay.Group, *told: Any) -> None:
        begin(group, *told[:3])

    patch.setattr(relay.Group, "__init__", unheeding)


def no_fence_in_redis(patch: Patch) -> None:
    """A former owner still removes."""
    patch.setattr(scripts, "is_held", lambda memory, token_key, token: True)


def holders_not_told(patch: Patch) -> None:
    """Only who makes a value shared hears of it."""
    patch.setattr(pipeline.Rest, "all_wishes", lambda rest: rest.wishes)


def holders_told_once(patch: Patch) -> None:
    """Who comes again, after a death, does not tell the others again."""
    repeats_skipped(patch)


def no_record_of_it(patch: Patch) -> None:
    """Who was erased is forgotten, and so is that he was."""
    patch.setattr(scripts, "is_refused", lambda at, until: False)
    patch.setattr(Privacy, "admitted", lambda privacy, arrivals: list(arrivals))
    patch.setattr(resolve, "_without_the_erased", lambda arrivals, until: arrivals)


def marks_after_removal(patch: Patch) -> None:
    """The component forgets first, the index after."""
    commit, mark, late = Store.commit, Store.mark, list[tuple[Any, ...]]()

    async def later(self: Store, *arguments: Any) -> list[list[bytes]]:
        late.append(arguments)
        return [[] for _ in arguments[-1]]

    async def then_mark(self: Store, commits: Sequence[Commit]) -> list[Result]:
        waiting, late[:] = list(late), []
        results = await commit(self, commits)
        for arguments in waiting:
            await mark(self, *arguments)
        return results

    patch.setattr(Store, "mark", later)
    patch.setattr(Store, "commit", then_mark)


def shared_entries_left(patch: Patch) -> None:
    """A key that names nobody any more is let be."""

    def sparing(memory: Memory, words: list[Any]) -> list[bytes | None]:
        shared = {
            key: value for key, value in memory.items() if isinstance(value, bytes) and value[:1] == b"\1"
        }
        found = scripts.mark(memory, words)
        memory.update(shared)
        return found

    patch.setitem(town.STEPS, "mark", sparing)


def no_intent(patch: Patch) -> None:
    """Nothing tells that an erasure was begun until it is done."""
    opened = unify.opened

    def begun(job: Job, form: bytes) -> tuple[Component, dict[bytes, bytes]]:
        component, heads = opened(job, form)
        for wanted in job.work.erase:
            erasure.begin(component, wanted)
        return component, heads

    def unannounced(component: Component, *arguments: Any) -> Any:
        component.privacy = component.privacy or Privacy()
        return erasure.drop(component, *arguments)

    patch.setattr(erasing, "opened", begun)
    patch.setattr(fold_module, "drop", unannounced)


def run_again(patch: Patch) -> None:
    """Whoever is there is erased, also when the erasure was finished before."""

    def heedless(component: Component, wanted: Intent) -> bool:
        there = any(fid in component for fid in wanted.fids)
        if there:
            component.privacy = component.privacy or Privacy()
            component.privacy.intents.append(wanted)
        return there

    patch.setattr(erasing, "begin", heedless)
    patch.setattr(fold_module, "begin", heedless)


def erased_not_counted(patch: Patch) -> None:
    """Whether a value is shared is a matter of those who are left."""
    too_many = scripts.too_many

    def of_the_living(holders: list[bytes], *most: bytes) -> bool:
        return too_many([one for one in holders if one[:FID_BYTES] != TOMB], *most)

    patch.setattr(scripts, "too_many", of_the_living)


def nobody_awaited(patch: Patch) -> None:
    """A steward's word is obeyed only when all whom it names are there."""
    sides = fold_module.steward_sides
    patch.setattr(fold_module, "steward_sides", lambda component, command, coming: sides(component, command))


def none_waited_for(patch: Patch) -> None:
    """What the master says is taken for done."""
    patch.setattr(store, "writing", lambda redis, source, replicas: writing(redis, source, 0))


def published_too_early(patch: Patch) -> None:
    """A relay publishes what only the master has."""
    patch.setattr(outbox, "writing", lambda redis, source, replicas: writing(redis, source, 0))


def taken_before_frozen(patch: Patch) -> None:
    """On a cluster the survivor is written first, and the others are frozen after."""
    whole = Stepwise.commit

    async def in_two_steps(self: Stepwise, commits: Sequence[Commit]) -> list[Result]:
        results = await whole(self, [replace(commit, absorbed=[]) for commit in commits])
        written = [commit for commit, result in zip(commits, results, strict=True) if result.written]
        if late := [words for commit in written for words in self._freezes(_Write(commit, commit.head))]:
            await self._freeze(late)
        await self._clear_all(written)
        return results

    patch.setattr(Stepwise, "commit", in_two_steps)


def nothing_claimed(patch: Patch) -> None:
    """On a cluster a new fragment is founded in another's component though it has a home by now."""
    patch.setitem(town.STEPS, "claim", lambda memory, words: [1] * len(scripts.claim(memory, words)))


def no_barriers_on_a_cluster(patch: Patch) -> None:
    """What moved is published without regard to the outbox that was left."""
    patch.setattr(Stepwise, "_barrier", lambda self, write, cid, marker: [])


def nobody_looks_for_half_moves(patch: Patch) -> None:
    """What is frozen is not written down for the owner of the shard."""

    def forgetful(memory: Memory, words: list[Any]) -> list[Any]:
        replies = scripts.freeze(memory, words)
        for key in [key for key in memory if isinstance(key, tuple) and key[0].endswith(b":todo")]:
            del memory[key]
        return replies

    patch.setitem(town.STEPS, "freeze", forgetful)


def freeze_of_others_taken_for_own(patch: Patch) -> None:
    """Who knew a component before it was frozen goes on with what he knew."""

    def generous(memory: Memory, words: list[Any]) -> list[Any]:
        value = memory.get(words[0], b"")
        frozen = value[:1] == b"F" and value[1:HEAD_BYTES] == words[3]
        return scripts.freeze(memory, [*words[:2], b"F" + words[2][1:], *words[3:]] if frozen else words)

    patch.setitem(town.STEPS, "freeze", generous)


def erased_between_the_writes(patch: Patch) -> None:
    """The index does not ask whether a fragment was erased since its component was written."""

    def trusting(memory: Memory, words: list[Any]) -> list[bytes | None]:
        for at in range(6, len(words), 8):
            words[at] = b"nobody was"
        return scripts.enter(memory, words)

    patch.setitem(town.STEPS, "enter", trusting)


def claimed_taken_for_known(patch: Patch) -> None:
    """On a cluster a fragment whose home leads somewhere is taken for one that is there."""
    opened = unify.opened

    def trusting(job: Job, form: bytes) -> tuple[Component, dict[bytes, bytes]]:
        component, heads = opened(job, form)
        if job.roots:
            job.work.coming = set()
        return component, heads

    patch.setattr(unify, "opened", trusting)


def freeze_not_waited_for(patch: Patch) -> None:
    """On a cluster the survivor takes what only a master knows to be frozen."""
    made = Stepwise.__init__

    def hasty(self: Stepwise, redis: Any, *rest: Any) -> None:
        made(self, redis, *rest)
        self._freeze = writing(redis, script("freeze"), 0)

    patch.setattr(Stepwise, "__init__", hasty)


TWO = partial(scopes.fragments_of_one_address, deaths=1)
TWO_ON_A_CLUSTER = partial(scopes.fragments_of_one_address, deaths=1, cluster=True)
AN_ERASURE_ON_A_CLUSTER = partial(scopes.an_erasure, cluster=True)
A_WORD_ON_A_CLUSTER = partial(scopes.a_word_about_one_to_come, deaths=1, cluster=True)
HOLES = [
    Hole(
        "1: the survivor takes first, the other becomes a signpost later",
        scopes.fragments_of_one_address,
        "a fragment lives twice",
        survivor_first,
    ),
    Hole(
        "2: each side lets its own component survive",
        lambda: scopes.only(scopes.fragments_of_one_address(deaths=1), "circle"),
        "signposts lead in a circle",
        own_survives,
        survivor_first,
    ),
    Hole(
        "3: an event that comes again skips everything",
        TWO,
        "a link is missing",
        repeats_skipped,
    ),
    Hole(
        "4: the index returns holders only when the entry is new",
        TWO,
        "a link is missing",
        holders_only_to_new,
    ),
    Hole(
        "5: the index before the component",
        scopes.fragments_of_one_address,
        "a link is missing",
        index_first,
    ),
    Hole(
        "6: a new fragment is founded twice",
        scopes.one_fragment_at_two_workers,
        "a fragment lives twice",
        home_not_claimed,
    ),
    Hole(
        "7: effects of one profile in two outboxes",
        lambda: scopes.a_move_between_shards([2], [2]),
        "an effect after a later one",
        no_barriers,
    ),
    Hole(
        "8: a relay fenced by Redis alone",
        lambda: scopes.a_profile_that_changes([1, 2]),
        "the last message of a profile is not the profile",
        no_fence_at_the_broker,
    ),
    Hole(
        "8: a relay of a shard that was of all before, fenced under its own name alone",
        lambda: scopes.a_worker_alone(alone_first=True),
        "the last message of a profile is not the profile",
        no_fence_under_other_names,
    ),
    Hole(
        "8: a relay of all that were of a shard before, fenced under its own name alone",
        lambda: scopes.a_worker_alone(alone_first=False),
        "the last message of a profile is not the profile",
        no_fence_under_other_names,
    ),
    Hole(
        "9: a relay fenced by the broker alone",
        lambda: scopes.a_move_between_shards([1], [1, 1], published=True),
        "the last message of a profile is not the profile",
        no_fence_in_redis,
    ),
    Hole(
        "11: the first holders of a value that became shared are not told",
        scopes.an_address_too_many_have,
        "a holder is not told",
        holders_not_told,
    ),
    Hole(
        "11: and not by who comes again after a death",
        lambda: scopes.an_address_too_many_have(2, 1, deaths=1),
        "a holder is not told",
        holders_told_once,
    ),
    Hole(
        "12: no record of an erasure",
        scopes.an_erasure,
        "came back",
        no_record_of_it,
    ),
    Hole(
        "12: the index is told of an erasure after the component",
        scopes.an_erasure,
        "somebody is left",
        marks_after_removal,
    ),
    Hole(
        "12: a death between marks and removal",
        lambda: scopes.an_erasure_of_two(deaths=1),
        "somebody is left",
        no_intent,
    ),
    Hole(
        "12: a finished erasure is run again",
        scopes.a_new_relation,
        "who is new is erased",
        run_again,
    ),
    Hole(
        "12: bystanders are suppressed though the value became shared",
        scopes.an_address_shared_after_an_erasure,
        "a bystander is suppressed",
        erased_not_counted,
    ),
    Hole(
        "12: entries are left under a key that became shared",
        scopes.an_erasure_under_a_shared_address,
        "a trace in the index",
        shared_entries_left,
    ),
    Hole(
        "13: a steward's word about a fragment that is yet to come",
        lambda: scopes.a_word_about_one_to_come(deaths=1),
        "the word is lost",
        nobody_awaited,
    ),
    Hole(
        "1 on a cluster: the survivor takes first, the other is frozen later",
        lambda: scopes.fragments_of_one_address(cluster=True),
        "a fragment lives twice",
        taken_before_frozen,
    ),
    Hole(
        "2 on a cluster: each side lets its own component survive",
        lambda: scopes.only(scopes.fragments_of_one_address(deaths=1, cluster=True), "circle"),
        "signposts lead in a circle",
        own_survives,
    ),
    Hole(
        "6 on a cluster: a new fragment is founded twice",
        lambda: scopes.one_fragment_at_two_workers(cluster=True),
        "a fragment lives twice",
        nothing_claimed,
    ),
    Hole(
        "7 on a cluster: effects of one profile in two outboxes",
        lambda: scopes.a_move_between_shards([2], [2], cluster=True),
        "an effect after a later one",
        no_barriers_on_a_cluster,
    ),
    Hole(
        "3 on a cluster: an event that comes again skips everything",
        TWO_ON_A_CLUSTER,
        "a link is missing",
        repeats_skipped,
    ),
    Hole(
        "4 on a cluster: the index returns holders only when the entry is new",
        TWO_ON_A_CLUSTER,
        "a link is missing",
        holders_only_to_new,
    ),
    Hole(
        "5 on a cluster: the index before the component",
        lambda: scopes.fragments_of_one_address(cluster=True),
        "a link is missing",
        index_first,
    ),
    Hole(
        "8 on a cluster: a relay fenced by Redis alone",
        lambda: scopes.a_profile_that_changes([1, 2], cluster=True),
        "the last message of a profile is not the profile",
        no_fence_at_the_broker,
    ),
    Hole(
        "9 on a cluster: a relay fenced by the broker alone",
        lambda: scopes.a_move_between_shards([1], [1, 1], published=True, cluster=True),
        "the last message of a profile is not the profile",
        no_fence_in_redis,
    ),
    Hole(
        "11 on a cluster: the first holders of a value that became shared are not told",
        lambda: scopes.an_address_too_many_have(1, 2, cluster=True),
        "a holder is not told",
        holders_not_told,
    ),
    Hole(
        "11 on a cluster: and not by who comes again after a death",
        lambda: scopes.an_address_too_many_have(2, 1, deaths=1, cluster=True),
        "a holder is not told",
        holders_told_once,
    ),
    Hole(
        "12 on a cluster: no record of an erasure",
        AN_ERASURE_ON_A_CLUSTER,
        "came back",
        no_record_of_it,
    ),
    Hole(
        "12 on a cluster: the index is told of an erasure after the component",
        AN_ERASURE_ON_A_CLUSTER,
        "somebody is left",
        marks_after_removal,
    ),
    Hole(
        "12 on a cluster: a death between marks and removal",
        lambda: scopes.an_erasure_of_two(deaths=1, cluster=True),
        "somebody is left",
        no_intent,
    ),
    Hole(
        "12 on a cluster: a finished erasure is run again",
        lambda: scopes.a_new_relation(cluster=True),
        "who is new is erased",
        run_again,
    ),
    Hole(
        "12 on a cluster: bystanders are suppressed though the value became shared",
        lambda: scopes.an_address_shared_after_an_erasure(cluster=True),
        "a bystander is suppressed",
        erased_not_counted,
    ),
    Hole(
        "12 on a cluster: entries are left under a key that became shared",
        lambda: scopes.an_erasure_under_a_shared_address(cluster=True),
        "a trace in the index",
        shared_entries_left,
    ),
    Hole(
        "12 on a cluster: somebody is erased between the write of his component and that of the index",
        AN_ERASURE_ON_A_CLUSTER,
        "a trace in the index",
        erased_between_the_writes,
    ),
    Hole(
        "13 on a cluster: a steward's word about a fragment that is yet to come",
        A_WORD_ON_A_CLUSTER,
        "the word is lost",
        nobody_awaited,
    ),
    Hole(
        "13 on a cluster: whose home leads somewhere, though nobody has told of him",
        A_WORD_ON_A_CLUSTER,
        "the word is lost",
        claimed_taken_for_known,
    ),
    Hole(
        "10: a half move that no later event touches",
        TWO_ON_A_CLUSTER,
        "half of a move is left",
        nobody_looks_for_half_moves,
    ),
    Hole(
        "on a cluster: somebody else's freeze is taken for one's own",
        lambda: scopes.a_move_at_two_workers(),
        "an event is lost",
        freeze_of_others_taken_for_own,
    ),
    Hole(
        "14: an event is acknowledged that no replica has",
        lambda: scopes.a_fail_over(1),
        "lost",
        none_waited_for,
    ),
    Hole(
        "14: an effect is published that no replica has",
        lambda: scopes.a_fail_over(2, 1),
        "one id for two messages",
        published_too_early,
    ),
    Hole(
        "14 on a cluster: content is taken of which its shard has no replica",
        scopes.a_fail_over_on_a_cluster,
        "a fragment lives twice",
        freeze_not_waited_for,
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
