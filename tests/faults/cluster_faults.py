"""Faults that only a Redis Cluster has: deaths between the steps of a write, and slots that go elsewhere."""

import contextlib
import random
from collections.abc import Iterator
from functools import partial
from typing import Any

from redis import Redis
from redis.crc import key_slot

from tests.faults.faults import Fault, killed_at, zombie_at
from tests.faults.load import Load
from tests.faults.site import Site
from tests.faults.stopping_worker import MOVE_STEPS
from unifier.devstack.redis import RedisServer
from unifier.devstack.redis_sets import ClusterSet
from unifier.devstack.server import HOST

MOVED = 4  # slots
MOST_KEYS = 1_000


def slots_moved(site: Site, load: Load, rng: random.Random) -> None:
    """Slots of some shards go to other masters under load, each half gone for a while."""
    assert site.cluster is not None
    for shard in rng.sample(range(site.settings.shards), MOVED):
        slot = key_slot(b"{%d}" % shard)
        source = site.cluster.owner_of_slot(slot)
        target = rng.choice([one for one in site.cluster.masters if one is not source])
        with _on_its_way(slot, source, target, site.cluster):
            site.passed(load, rng.randrange(20, 300))
        site.passed(load, rng.randrange(20, 100))


@contextlib.contextmanager
def _on_its_way(slot: int, source: RedisServer, target: RedisServer, cluster: ClusterSet) -> Iterator[None]:
    """Half of its keys are there, for the length of a block; then all are, and everybody knows."""
    masters = [target, source, *(one for one in cluster.masters if one not in (source, target))]
    with contextlib.ExitStack() as open_ones:
        clients: list[Any] = [open_ones.enter_context(Redis.from_url(one.url)) for one in masters]
        there, here, *_ = clients
        names = {client: client.execute_command("CLUSTER", "MYID") for client in (here, there)}
        there.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", names[here])
        here.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", names[there])

        def move(share: int) -> bool:
            keys = here.execute_command("CLUSTER", "GETKEYSINSLOT", slot, MOST_KEYS)
            if some := keys[::share]:
                here.execute_command("MIGRATE", HOST, target.port, "", 0, 5_000, "KEYS", *some)
            return bool(keys)

        move(2)
        yield
        while move(1):
            pass
        for client in clients:
            client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", names[there])


ON_A_CLUSTER: dict[str, Fault] = {
    **{f"killed-at-{step}": partial(killed_at, step) for step in MOVE_STEPS},
    **{f"zombie-at-{step}": partial(zombie_at, step) for step in MOVE_STEPS},
    "slots-moved": slots_moved,
}
