"""Redis fails over: sentinels put a replica into the place of a master that died.

Its replication is asynchronous, so the replica may lack what the master has acknowledged: always a little,
here also more, for it stands still for a while before. UNIFIER_DURABILITY says whether that is waited for.
"""

import random
from dataclasses import dataclass

from tests.faults.load import Load
from tests.faults.site import Site


@dataclass(frozen=True)
class FailOver:
    """`durability` is the workers' setting; `behind`: the replica stands still before the master dies."""

    durability: str
    behind: bool

    def __call__(self, site: Site, load: Load, rng: random.Random) -> None:
        """Fail over, and over again."""
        servers = site.sentinel_set
        assert servers is not None
        for _ in range(2):
            master, replica = servers.master(), servers.replica()
            if self.behind:
                replica.pause()
            site.passed(load, rng.randrange(150, 400))
            master.kill()
            replica.resume()
            servers.wait_promoted(replica)
            site.passed(load, 100)
            master.start()  # as the replica of the other
            servers.wait_replicated()
            site.passed(load, 100)


FAIL_OVERS = {
    f"fail-over{'-behind' if behind else ''}-durability-{durability}": FailOver(durability, behind)
    for behind in (False, True)
    for durability in ("none", "replica")
}
