"""Redis fails over: a replica takes the place of its master, by sentinels or in a cluster.

Its replication is asynchronous, so the replica may lack what the master has acknowledged: always a little,
here also more, for it stands still for a while before. UNIFIER_DURABILITY says whether that is waited for.
"""

import random
from dataclasses import dataclass
from typing import Literal

from tests.faults.load import Load
from tests.faults.site import Site
from unifier.devstack.redis import RedisServer
from unifier.devstack.redis_sets import ClusterSet, SentinelSet

Way = Literal["killed", "behind", "hangs", "planned"]


@dataclass(frozen=True)
class FailOver:
    """`durability` is the workers' setting.

    The master is killed; or killed after its replica stood still for a while; or hangs, and wakes as a master
    that was replaced; or hands over in order.
    """

    how: Way
    durability: str

    def __call__(self, site: Site, load: Load, rng: random.Random) -> None:
        """Fail over, and over again; of a cluster any of the masters."""
        servers = site.redis_set
        assert servers is not None
        for _ in range(2):
            master, replica = _pair(servers, site.settings.shards, rng)
            if self.how == "behind":
                replica.pause()
            site.passed(load, rng.randrange(150, 400))
            if self.how == "planned":
                servers.promote(replica)
            else:
                (master.pause if self.how == "hangs" else master.kill)()
                replica.resume()
                servers.wait_promoted(replica)
            site.passed(load, 100)
            master.resume()
            master.start()  # as the replica of the other
            servers.wait_replicated()
            site.passed(load, 100)


def _pair(
    servers: SentinelSet | ClusterSet, shards: int, rng: random.Random
) -> tuple[RedisServer, RedisServer]:
    if isinstance(servers, SentinelSet):
        return servers.master(), servers.replica()
    master = servers.owner(b"{%d}" % rng.randrange(shards))
    return master, servers.replica_of(master)


def _by_name(durability: str, *ways: Way) -> dict[str, FailOver]:
    return {f"fail-over-{how}-durability-{durability}": FailOver(how, durability) for how in ways}


WAITED_FOR = _by_name("replica", "killed", "behind", "hangs", "planned")
"""Those that may cost nothing."""
FAIL_OVERS = WAITED_FOR | _by_name("none", "killed", "behind", "planned")
