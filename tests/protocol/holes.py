"""The protocol without one of its guards: each function takes one out of the code."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.protocol import scripts, town
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
from unifier.streams import erasing, relay, resolve, rest, unify
from unifier.streams.jobs import Job

Patch = pytest.MonkeyPatch


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
    patch.setattr(rest.Rest, "all_wishes", lambda left: left.wishes)


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
