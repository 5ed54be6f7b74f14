"""What a fail-over of Redis costs: the replica that takes over had stopped listening a while before."""

from collections import Counter

import pytest
import redis

from tests.conftest import SettingsFactory
from tests.integration.spine import Publisher, ago, drained, environment, profiles, profiles_at, told, working
from tests.waiting import eventually
from unifier.devstack.redis_sets import SentinelSet
from unifier.doctor import examine

CUSTOMERS = 20


@pytest.mark.parametrize(
    ("durability", "lost"),
    [pytest.param("none", True, marks=pytest.mark.slow), ("replica", False)],
)
def test_what_a_fail_over_loses(
    settings: SettingsFactory, sentinel_set: SentinelSet, durability: str, lost: bool
) -> None:
    installation = settings(redis=sentinel_set.url, durability=durability)
    publish = Publisher(installation)
    master, replica = sentinel_set.master(), sentinel_set.replica()

    def round_of_sales() -> None:
        for n in range(CUSTOMERS):
            publish.sale(ago(1_000), "1.00", {"loyalty_id": f"L{n}"})
        publish.flush()

    def bought(found: dict[str, dict[str, object]]) -> Counter[int]:
        return Counter(profile["metrics"]["orders"] for profile in found.values())  # type: ignore[index]

    with working(installation):
        round_of_sales()
        drained(installation)
        with redis.Redis.from_url(master.url) as client:
            client.set("all before", "this")
            assert client.wait(1, 10_000) == 1
            replica.pause()
            client.execute_command("CLIENT", "KILL", "TYPE", "replica")  # what is sent would be read later
        round_of_sales()
        # A worker that waits for the replica takes no further batch: all of them need not be in one.
        eventually(lambda: bought(profiles_at(master.url))[2] >= (CUSTOMERS if lost else 1))
        if lost:
            drained(installation)
        master.kill()
        replica.resume()
        sentinel_set.wait_promoted(replica)
        if not lost:  # nothing goes on until the new master has a replica
            master.start()
        drained(installation)
        assert bought(profiles(installation)) == ({1: CUSTOMERS} if lost else {2: CUSTOMERS})
        if not lost:
            eventually(lambda: told(installation) == profiles(installation))


def test_the_doctor_says_what_the_set_up_survives(
    settings: SettingsFactory, sentinel_set: SentinelSet
) -> None:
    def words(**more: object) -> tuple[bool, str]:
        one = settings().model_copy(update={"redis": sentinel_set.url, **more})
        [found] = [finding for finding in examine(environment(one)) if finding.part == "durability"]
        return found.well, found.words

    assert words() == (
        True,
        "a crash or a power cut loses up to two seconds; 1 replica; a fail-over loses what they do not have "
        "yet, unless UNIFIER_DURABILITY is replica; a master that is cut off goes on alone, unless "
        "min-replicas-to-write is set",
    )
    assert words(durability="replica") == (
        True,
        "a crash or a power cut loses up to two seconds; 1 replica; a fail-over loses nothing",
    )
    sentinel_set.replica().kill()
    eventually(lambda: not words(durability="replica")[0])
    assert words(durability="replica")[1].endswith("so workers wait: start a replica, or set none")
