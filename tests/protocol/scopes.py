"""Small scopes: who is at work, what is there before, and what must hold at the end."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.protocol.checker import Finish, Role, Scope, alone
from tests.protocol.scripts import Memory
from tests.protocol.town import (
    NOW_MS,
    STEPS,
    Town,
    is_outside,
    live,
    moves_are_finished,
    nobody_twice,
    one_home_each,
    published_in_order,
    together,
    touches,
)
from unifier.events.canonical import Command
from unifier.profiles.fragment import Arrival
from unifier.profiles.privacy import Intent
from unifier.streams.erasing import IN_FLIGHT  # no request that is told of the person's identifiers

DAY_MS = 86_400_000
ANNA, BERTA = "anna@example.org", "berta@example.org"


def _scope(
    town: Town,
    roles: Sequence[Role],
    deaths: int,
    holds: Callable[[Memory, Finish], None],
    first: Memory | None = None,
) -> Scope:
    """What is said of a town, on one Redis or on a cluster; `holds`: when all have come to their ends."""

    def at_the_end(memory: Memory, finish: Finish) -> None:
        if town.cluster:
            moves_are_finished(town, memory, finish)
        holds(memory, finish)

    return Scope(
        roles, deaths, nobody_twice if town.cluster else one_home_each, at_the_end, first or {}, dict(STEPS)
    )


def fragments_of_one_address(workers: int = 2, deaths: int = 0, cluster: bool = False) -> Scope:
    """Each worker is told of another fragment; all have one address."""
    town = Town(cluster=cluster)
    names = [town.visitor(ANNA, number % 2, bytes([40 * number])) for number in range(workers)]
    arrivals = [town.touch(name, ANNA) for name in names]
    roles = [
        Role(f"worker {number}", town.worker(arrival), may_die=deaths > 0)
        for number, arrival in enumerate(arrivals)
    ]

    def one_person(memory: Memory, finish: Finish) -> None:
        assert len(together(memory)) == 1, "a link is missing"
        assert set(touches(memory).values()) == {1}, "an event is lost, or counted twice"
        published_in_order(town, memory, finish)

    return _scope(town, roles, deaths, one_person)


def one_fragment_at_two_workers(deaths: int = 0, cluster: bool = False) -> Scope:
    """A fragment comes with a smaller one of the same address, and to another worker alone."""
    town = Town(cluster=cluster)
    low = town.visitor(ANNA, 0)
    high = town.visitor(ANNA, 1, town.touch(low, ANNA).fid)
    roles = [
        Role("worker 0", town.worker(town.touch(low, ANNA), town.touch(high, ANNA)), may_die=deaths > 0),
        Role("worker 1", town.worker(town.touch(high, ANNA)), may_die=deaths > 0),
    ]

    def all_counted(memory: Memory, finish: Finish) -> None:
        assert sorted(touches(memory).values()) == [1, 2], "an event is lost, or counted twice"
        published_in_order(town, memory, finish)

    return _scope(town, roles, deaths, all_counted)


def an_address_too_many_have(
    there: int = 0, coming: int = 3, deaths: int = 0, cluster: bool = False
) -> Scope:
    """An address is shared as soon as three fragments have it; some are there, others come."""
    town = Town(cluster=cluster, shared_holders=2)
    names = [town.visitor(ANNA, number % 2, bytes([40 * number])) for number in range(there + coming)]
    workers = [town.worker(town.touch(name, ANNA)) for name in names]
    roles = [
        Role(f"worker {number}", program, may_die=deaths > 0)
        for number, program in enumerate(workers[there:])
    ]

    def all_know(memory: Memory, finish: Finish) -> None:
        assert all(f"email|{ANNA}" in one.shared for one in live(memory).values()), "a holder is not told"
        assert all(len(r.members) == 1 for one in live(memory).values() for r in one.records.values())
        published_in_order(town, memory, finish)

    return _scope(town, roles, deaths, all_know, alone(workers[:there], STEPS))


def a_move_between_shards(
    low_rounds: Sequence[int],
    high_rounds: Sequence[int],
    published: bool = False,
    cluster: bool = False,
    deaths: int = 0,
) -> Scope:
    """A steward links two; what is in shard 1 moves to shard 0, but its profile id lives on.

    Given are the rounds of each relay that takes a shard over, and whether all but the newest snapshot of
    what moves was published before.
    """
    town = Town(cluster=cluster)
    names = [town.visitor(ANNA, 0)]
    low = town.touch(names[0], ANNA)
    names.append(town.visitor(BERTA, 1, low.fid))
    high = town.touch(names[1], BERTA)
    word = Command("c", "link", "s", "r", NOW_MS, fragments=(low.fid.hex(), high.fid.hex()))
    roles = [Role("worker", town.worker(commands=[word]), may_die=deaths > 0)]
    for shard, relays in enumerate((low_rounds, high_rounds)):
        for number, rounds in enumerate(relays):
            roles.append(Role(f"relay {number} of shard {shard}", town.relay(shard, rounds)))

    def one_profile(memory: Memory, finish: Finish) -> None:
        [component] = live(memory).values()
        assert len(component.records) == 1
        published_in_order(town, memory, finish)

    before = [town.worker(high, now=NOW_MS - 1_000), town.worker(low)]
    if published:
        before += [town.relay(0, 1), town.relay(1, 1), town.worker(town.touch(names[1], BERTA))]
    return _scope(town, roles, deaths, one_profile, alone(before, STEPS))


def a_move_at_two_workers() -> Scope:
    """On a cluster two are told to link the same two; one of them also of a touch of what is to move."""
    town = Town(cluster=True)
    low = town.touch(town.visitor(ANNA, 0), ANNA)
    name = town.visitor(BERTA, 1, low.fid)
    high = town.touch(name, BERTA)
    words = [
        Command(f"c{n}", "link", "s", "r", NOW_MS, fragments=(low.fid.hex(), high.fid.hex())) for n in (0, 1)
    ]
    roles = [
        Role("worker 0", town.worker(town.touch(name, BERTA, day=2), commands=words[:1])),
        Role("worker 1", town.worker(commands=words[1:])),
    ]

    def all_counted(memory: Memory, finish: Finish) -> None:
        assert sorted(touches(memory).values()) == [1, 2], "an event is lost, or counted twice"
        published_in_order(town, memory, finish)

    first = alone([town.worker(low), town.worker(high)], STEPS)
    return _scope(town, roles, 0, all_counted, first)


def a_profile_that_changes(rounds: Sequence[int], changes: int = 1, cluster: bool = False) -> Scope:
    """Relays take one shard over from one another while a profile in it changes."""
    town = Town(cluster=cluster)
    visitor = town.visitor(ANNA, 1)
    first = alone([town.worker(town.touch(visitor, ANNA))], STEPS)
    roles = [Role(f"worker {n}", town.worker(town.touch(visitor, ANNA))) for n in range(changes)]
    roles += [Role(f"relay {n}", town.relay(1, times)) for n, times in enumerate(rounds)]

    def told(memory: Memory, finish: Finish) -> None:
        published_in_order(town, memory, finish)

    return _scope(town, roles, 0, told, first)


def a_worker_alone(alone_first: bool) -> Scope:
    """A relay of all shards and one of a single shard take over from one another while a profile changes."""
    town = Town()
    visitor = town.visitor(ANNA, 1)
    first = alone([town.worker(town.touch(visitor, ANNA))], STEPS)
    rounds = (1, 2) if alone_first else (2, 1)
    roles = [
        Role("worker", town.worker(town.touch(visitor, ANNA))),
        Role("relay of all", town.relay(None, rounds[0], others=[1])),
        Role("relay of one", town.relay(1, rounds[1], others=[None])),
    ]

    def told(memory: Memory, finish: Finish) -> None:
        published_in_order(town, memory, finish)

    return _scope(town, roles, 0, told, first)


def a_word_about_one_to_come(deaths: int = 0, cluster: bool = False) -> Scope:
    """A steward links a fragment that is there with one that is yet to come; nothing else ties them."""
    town = Town(cluster=cluster)
    low = town.touch(town.visitor(ANNA, 0), ANNA)
    high = town.touch(town.visitor(BERTA, 1, low.fid), BERTA)
    word = Command("c", "link", "s", "r", NOW_MS, fragments=(high.fid.hex(), low.fid.hex()))
    roles = [
        Role("worker with the word", town.worker(commands=[word]), may_die=deaths > 0),
        Role("worker with the event", town.worker(low), may_die=deaths > 0),
    ]

    def linked(memory: Memory, finish: Finish) -> None:
        profiles = [record for one in live(memory).values() for record in one.records.values()]
        assert [record.members for record in profiles] == [(low.fid, high.fid)], "the word is lost"
        published_in_order(town, memory, finish)

    return _scope(town, roles, deaths, linked, alone([town.worker(high)], STEPS))


def one_who_is_awaited_and_another(deaths: int = 0, cluster: bool = False) -> Scope:
    """A steward has named a fragment, and now its first event comes, together with another of its address."""
    town = Town(cluster=cluster)
    first_one = town.visitor(BERTA, 1)
    there = town.touch(first_one, BERTA)
    awaited = town.touch(town.visitor(ANNA, 0), ANNA)
    other = town.touch(town.visitor(ANNA, 1, town.touch(first_one, ANNA).fid), ANNA)
    word = Command("c", "link", "s", "r", NOW_MS, fragments=(there.fid.hex(), awaited.fid.hex()))
    roles = [Role("worker", town.worker(other, awaited), may_die=deaths > 0)]

    def one_person(memory: Memory, finish: Finish) -> None:
        profiles = [record for one in live(memory).values() for record in one.records.values()]
        assert [len(record.members) for record in profiles] == [3], "a link is missing"
        published_in_order(town, memory, finish)

    first = alone([town.worker(there), town.worker(commands=[word])], STEPS)
    return _scope(town, roles, deaths, one_person, first)


def an_erasure(deaths: int = 0, officers: int = 1, cluster: bool = False) -> Scope:
    """A person is erased up to a day, while somebody of the same address is told of, of the time before."""
    town = Town(cluster=cluster)
    there = town.touch(town.visitor(ANNA, 0), ANNA)
    coming = town.touch(town.visitor(ANNA, 1, there.fid), ANNA)
    intent = Intent(frozenset([there.fid]), there.event.at + DAY_MS, NOW_MS, IN_FLIGHT, whole=True)
    roles = [Role(f"officer {n}", town.worker(erase=[intent]), may_die=deaths > 0) for n in range(officers)]
    roles.append(Role("worker", town.worker(coming), may_die=deaths > 0))

    def all_erased(memory: Memory, finish: Finish) -> None:
        for late in (there, coming):
            finish(town.worker(late), memory)
        assert not touches(memory), "somebody is left, or came back"
        _no_trace(memory, there.fid, coming.fid)

    first = alone([town.worker(there)], STEPS)
    return _scope(town, roles, deaths, all_erased, first)


def a_new_relation(deaths: int = 0, cluster: bool = False) -> Scope:
    """The command comes again after the erasure, while the same browser and another begin anew."""
    town = Town(cluster=cluster)
    visitors = [town.visitor(ANNA, shard) for shard in (0, 1)]
    there = town.touch(visitors[0], ANNA)
    intent = Intent(frozenset([there.fid]), there.event.at + DAY_MS, NOW_MS, IN_FLIGHT, whole=True)
    later = [town.touch(visitor, ANNA, day=3) for visitor in visitors]
    roles = [Role("officer", town.worker(erase=[intent]), may_die=deaths > 0)]
    roles += [Role(f"worker {n}", town.worker(one), may_die=deaths > 0) for n, one in enumerate(later)]

    def both_stay(memory: Memory, finish: Finish) -> None:
        finish(town.worker(there), memory)
        assert touches(memory) == {one.fid: 1 for one in later}, "who is new is erased, or the past is back"

    first = alone([town.worker(there), town.worker(erase=[intent])], STEPS)
    return _scope(town, roles, deaths, both_stay, first)


def an_erasure_under_a_shared_address(cluster: bool = False) -> Scope:
    """One of two who have an address is erased while a third comes, with whom it would be shared."""
    town = Town(cluster=cluster, shared_holders=2)
    visits: list[Arrival] = []
    for number in range(3):
        above = visits[-1].fid if visits else b""
        visits.append(town.touch(town.visitor(ANNA, number % 2, above), ANNA))
    who, bystander, third = visits
    intent = Intent(frozenset([who.fid]), who.event.at + DAY_MS, NOW_MS, IN_FLIGHT, whole=False)
    roles = [Role("officer", town.worker(erase=[intent])), Role("worker", town.worker(third))]

    def only_one_erased(memory: Memory, finish: Finish) -> None:
        finish(town.worker(who), memory)
        _no_trace(memory, who.fid)
        assert bystander.fid in touches(memory), "a bystander is erased"

    first = alone([town.worker(who), town.worker(bystander)], STEPS)
    return _scope(town, roles, 0, only_one_erased, first)


def an_erasure_of_two(deaths: int = 0, cluster: bool = False) -> Scope:
    """A person of two fragments is erased, while what one of them was told comes again."""
    town = Town(cluster=cluster)
    told = [town.touch(town.visitor(ANNA, 0), ANNA)]
    told.append(town.touch(town.visitor(ANNA, 1, told[0].fid), ANNA))
    intent = Intent(frozenset([told[0].fid]), told[0].event.at + DAY_MS, NOW_MS, IN_FLIGHT, whole=True)
    roles = [
        Role("officer", town.worker(erase=[intent]), may_die=deaths > 0),
        Role("worker", town.worker(told[0])),
    ]

    def both_erased(memory: Memory, finish: Finish) -> None:
        assert not touches(memory), "somebody is left"
        _no_trace(memory, *(one.fid for one in told))

    return _scope(town, roles, deaths, both_erased, alone([town.worker(*told)], STEPS))


def an_address_shared_after_an_erasure(cluster: bool = False) -> Scope:
    """One of two who have an address is erased, and a third tells it later: too many were seen with it."""
    town = Town(cluster=cluster, shared_holders=2)
    who, there = (town.touch(town.visitor(ANNA, shard), ANNA) for shard in (0, 1))
    third = town.touch(town.visitor(ANNA, 0, who.fid), ANNA, day=3)
    late = town.touch(town.visitor(ANNA, 1, there.fid), ANNA)
    intent = Intent(frozenset([who.fid]), who.event.at + DAY_MS, NOW_MS, IN_FLIGHT, whole=False)
    roles = [Role("officer", town.worker(erase=[intent])), Role("worker", town.worker(third))]

    def others_are_taken_in(memory: Memory, finish: Finish) -> None:
        finish(town.worker(late), memory)
        assert touches(memory).keys() == {there.fid, third.fid, late.fid}, "a bystander is suppressed"

    first = alone([town.worker(who), town.worker(there)], STEPS)
    return _scope(town, roles, 0, others_are_taken_in, first)


def _no_trace(memory: Memory, *fids: bytes) -> None:
    entries = [value for key, value in memory.items() if isinstance(key, tuple) and b":i:" in key[0]]
    assert not any(fid in entry for entry in entries for fid in fids), "a trace in the index"
    assert not any(one.privacy and one.privacy.intents for one in live(memory).values()), "half erased"


def a_fail_over(workers: int, relays: int = 0, replicas: int = 1) -> Scope:
    """Touches of one visitor who is new, and a Redis whose replica takes over at any moment."""
    town = Town(replicas)
    visitor = town.visitor(ANNA, 1)
    roles = [Role(f"worker {n}", town.worker(town.touch(visitor, ANNA))) for n in range(workers)]
    roles += [Role(f"relay {n}", town.relay(1, 1)) for n in range(relays)]

    def nothing_lost(memory: Memory, finish: Finish) -> None:
        assert list(touches(memory).values()) == [workers], "an event is lost, or counted twice"
        published_in_order(town, memory, finish)

    return Scope(
        roles,
        always=one_home_each,
        finally_=nothing_lost,
        steps=dict(STEPS),
        fail_overs=1,
        is_outside=is_outside,
    )


def a_fail_over_on_a_cluster(replicas: int = 1) -> Scope:
    """A merge of two that are in two shards, either of which fails over at any moment."""
    town = Town(replicas, cluster=True)
    low = town.touch(town.visitor(ANNA, 0), ANNA)
    name = town.visitor(BERTA, 1, low.fid)
    high = town.touch(name, BERTA)
    word = Command("c", "link", "s", "r", NOW_MS, fragments=(low.fid.hex(), high.fid.hex()))
    roles = [Role("worker", town.worker(town.touch(name, BERTA, day=2), commands=[word]))]

    def nothing_lost(memory: Memory, finish: Finish) -> None:
        moves_are_finished(town, memory, finish)
        assert sorted(touches(memory).values()) == [1, 2], "an event is lost, or counted twice"
        published_in_order(town, memory, finish)

    return Scope(
        roles,
        always=nobody_twice,
        finally_=nothing_lost,
        first=alone([town.worker(low), town.worker(high)], STEPS),
        steps=dict(STEPS),
        fail_overs=1,
        is_outside=is_outside,
        shards=(b"{0}", b"{1}"),
    )


def only(scope: Scope, words: str) -> Scope:
    """The same, but that nothing else is looked at than what is told in these words."""

    def always(memory: Memory) -> None:
        try:
            scope.always(memory)
        except AssertionError as error:
            if words in str(error):
                raise

    return replace(scope, always=always, finally_=lambda memory, finish: None)
