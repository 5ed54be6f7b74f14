"""One run: an installation of its own, a load, a fault in the middle of it, rest, and the judge."""

import asyncio
import contextlib
import random
import secrets
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import start_cluster
from tests.faults.cluster_faults import ON_A_CLUSTER
from tests.faults.failing_over import FAIL_OVERS, WAITED_FOR
from tests.faults.faults import FAULTS, Fault
from tests.faults.judge import Verdict, judge
from tests.faults.load import Load
from tests.faults.power import POWER_CUTS
from tests.faults.site import NotWithinError, Site
from tests.faults.stopping_worker import NO_HOLE
from unifier.devstack.errors import StackError
from unifier.devstack.redis_sets import ClusterSet, SentinelSet
from unifier.devstack.stack import Stack
from unifier.settings import load_settings
from unifier.streams.topics import TOPICS, admin_client, create_topics

WORKERS = 2
EVENTS_A_SECOND = 150
HARMLESS: dict[bool, dict[str, Fault]] = {
    False: {**FAULTS, **WAITED_FOR},
    True: {**FAULTS, **ON_A_CLUSTER, **WAITED_FOR},
}
"""On a cluster or not: what may cost nothing."""
SETTINGS: dict[str, Fault] = {**POWER_CUTS, **FAIL_OVERS}
"""What shows which settings of Redis survive what, and loses what they do not keep."""
ALL_FAULTS = {cluster: HARMLESS[cluster] | SETTINGS for cluster in (False, True)}
FSYNC = "always"
"""With `everysec` a Redis that dies while its disk is slow takes with it what it had acknowledged."""
SPARE = 1023  # the database of the comparison


@dataclass
class Outcome:
    """What a run came to; `failed`: it did not come to its end, with what the workers wrote last."""

    fault: str
    seed: int
    seconds: float
    verdict: Verdict
    failed: str = ""


def run(
    stack: Stack,
    faults: list[str],
    seed: int,
    workers: int = WORKERS,
    events_a_second: int = EVENTS_A_SECOND,
    hole: str = NO_HOLE,
    cluster: bool = False,
) -> Outcome:
    """Do these faults, one after the other, to a new installation on the stack; `hole`: without a guard.

    The stack is one with `FSYNC`. On a cluster it has a Redis of its own.
    """
    began, rng = time.monotonic(), random.Random(seed)
    name = f"soak-{secrets.token_hex(4)}"
    base = stack.redis_url.rsplit("/", 1)[0]
    settings = load_settings({}).model_copy(
        update={
            "kafka": stack.kafka,
            "redis": f"{base}/{1 + secrets.randbelow(SPARE - 1)}",
            "secret": stack.secret,
            "topic_prefix": name,
            "group": name,
            "snapshot_s": 0.2,
        }
    )
    verdict, failed = Verdict(), ""
    with contextlib.ExitStack() as ground:
        folder = Path(ground.enter_context(tempfile.TemporaryDirectory(prefix="unifier-soak-")))
        redis_set: SentinelSet | ClusterSet | None = None
        failing_over = [FAIL_OVERS[fault] for fault in faults if fault in FAIL_OVERS]
        if cluster:
            cluster_set = start_cluster(folder / "redis", 3 if failing_over else 0, FSYNC)
            redis_set = ground.enter_context(contextlib.closing(cluster_set))
        elif failing_over:
            redis_set = ground.enter_context(SentinelSet(folder / "redis"))
        if redis_set is not None:
            settings = settings.model_copy(update={"redis": redis_set.url})
        if failing_over:
            settings = settings.model_copy(update={"durability": failing_over[0].durability})
        create_topics(settings)
        site = Site(stack, settings, folder, workers, hole, redis_set)
        try:
            with site.working():
                with Load(settings, seed, events_a_second) as load:
                    site.passed(load, 2 * events_a_second)
                    for fault in faults:
                        ALL_FAULTS[cluster][fault](site, load, rng)
                    site.passed(load, events_a_second)
                site.rest()
                spare = settings.model_copy(update={"redis": f"{base}/{SPARE}", "durability": "none"})
                verdict = asyncio.run(judge(settings, spare, seed, clocks_held="clock-steps" not in faults))
        except (NotWithinError, StackError) as error:
            failed = f"{error}\n{site.log()}"
        if verdict.wrong:
            failed = f"{verdict.figures()}\n{site.log()}"
        elif not failed and (loose := site.loose_lines()):
            failed = f"more than a line for an error: {loose[0]}\n{site.log()}"
        site.mend()
    with admin_client(settings) as admin:
        admin.delete_topics([settings.topic(topic.name) for topic in TOPICS], raise_errors=False)
    return Outcome(", ".join(faults), seed, time.monotonic() - began, verdict, failed)
