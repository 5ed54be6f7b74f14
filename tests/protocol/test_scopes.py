"""All interleavings of small scopes: nothing is lost, doubled, out of order, or stale at the end."""

import sys
from collections.abc import Callable

import pytest

from tests.protocol import scopes
from tests.protocol.checker import Scope, check

QUICK: dict[str, Callable[[], Scope]] = {
    "two of one address, two deaths": lambda: scopes.fragments_of_one_address(2, deaths=2),
    "three of one address": lambda: scopes.fragments_of_one_address(3),
    "one fragment at two workers, a death": lambda: scopes.one_fragment_at_two_workers(deaths=1),
    "two more of an address that one has already, a death": lambda: scopes.an_address_too_many_have(
        1, 2, deaths=1
    ),
    "a move, each shard with a relay": lambda: scopes.a_move_between_shards([2], [2]),
    "two of one address on a cluster, a death": lambda: scopes.fragments_of_one_address(
        2, deaths=1, cluster=True
    ),
    "a move on a cluster, a death": lambda: scopes.a_move_between_shards([2], [2], deaths=1, cluster=True),
    "a profile that changes twice under two relays": lambda: scopes.a_profile_that_changes([1, 1], 2),
    "a profile that changes under a relay of all shards, and one of its own": lambda: scopes.a_worker_alone(
        alone_first=True
    ),
    "a profile that changes under a relay of its own, and one of all shards": lambda: scopes.a_worker_alone(
        alone_first=False
    ),
    "one who is awaited comes with another, a death": lambda: scopes.one_who_is_awaited_and_another(deaths=1),
    "an erasure while another comes, a death": lambda: scopes.an_erasure(deaths=1),
    "an erasure on a cluster while another comes, a death": lambda: scopes.an_erasure(deaths=1, cluster=True),
    "a new relation after an erasure, a death": lambda: scopes.a_new_relation(deaths=1),
}
LARGE: dict[str, Callable[[], Scope]] = {
    "two of one address, four deaths": lambda: scopes.fragments_of_one_address(2, deaths=4),
    "three of one address, a death": lambda: scopes.fragments_of_one_address(3, deaths=1),
    "one fragment at two workers, three deaths": lambda: scopes.one_fragment_at_two_workers(deaths=3),
    "two of one address on a cluster, two deaths": lambda: scopes.fragments_of_one_address(
        2, deaths=2, cluster=True
    ),
    "one fragment at two workers on a cluster, a death": lambda: scopes.one_fragment_at_two_workers(
        deaths=1, cluster=True
    ),
    "a move, its shard taken over": lambda: scopes.a_move_between_shards([2], [2, 1]),
    "a move, both shards taken over": lambda: scopes.a_move_between_shards([1, 1], [1, 1], published=True),
    "a profile that changes under three relays": lambda: scopes.a_profile_that_changes([2, 1, 1], 1),
    "an erasure told to two workers, a death": lambda: scopes.an_erasure(deaths=1, officers=2),
    "an erasure on a cluster told to two workers": lambda: scopes.an_erasure(officers=2, cluster=True),
    "a new relation after an erasure on a cluster, a death": lambda: scopes.a_new_relation(
        deaths=1, cluster=True
    ),
    "a move on a cluster, its shard taken over": lambda: scopes.a_move_between_shards(
        [2], [2, 1], cluster=True
    ),
    "a word about one to come on a cluster, two deaths": lambda: scopes.a_word_about_one_to_come(
        deaths=2, cluster=True
    ),
    "a word about one to come, three deaths": lambda: scopes.a_word_about_one_to_come(deaths=3),
}


def look(scope: Scope) -> None:
    found = check(scope)
    sys.stdout.write(f"{found.states} states, {found.ends} ends\n")
    assert found.ends


@pytest.mark.parametrize("name", QUICK)
def test_a_small_scope_holds(name: str) -> None:
    look(QUICK[name]())


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_larger_scope_holds(name: str) -> None:
    look(LARGE[name]())
