"""One run: an installation of its own, a load, a fault in the middle of it, rest, and the judge."""

import asyncio
import contextlib
import random
import secrets
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.failing_over import FAIL_OVERS
from tests.faults.faults import FAULTS, Fault
from tests.faults.judge import Verdict, judge
from tests.faults.load import Load
from tests.faults.power import POWER_CUTS
from tests.faults.site import NotWithinError, Site
from tests.faults.stopping_worker import NO_HOLE
from unifier.devstack.redis_sets import SentinelSet
from unifier.devstack.stack import Stack
from unifier.settings import load_settings
from unifier.streams.topics import TOPICS, admin_client, create_topics

WORKERS = 2
EVENTS_A_SECOND = 150
SETTINGS: dict[str, Fault] = {**POWER_CUTS, **FAIL_OVERS}
"""Apart from the others: they show what a setting of Redis survives, and lose what it does not keep."""
ALL_FAULTS = {**FAULTS, **SETTINGS}
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
) -> Outcome:
    """Do these faults, one after the other, to a new installation on the stack; `hole`: without a guard."""
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
        sentinel_set = None
        if failing_over := [FAIL_OVERS[fault] for fault in faults if fault in FAIL_OVERS]:
            sentinel_set = ground.enter_context(SentinelSet(folder / "redis"))
            update = {"redis": sentinel_set.url, "durability": failing_over[0].durability}
            settings = settings.model_copy(update=update)
        create_topics(settings)
        site = Site(stack, settings, folder, workers, hole, sentinel_set)
        try:
            with site.working():
                with Load(settings, seed, events_a_second) as load:
                    site.passed(load, 2 * events_a_second)
                    for fault in faults:
                        ALL_FAULTS[fault](site, load, rng)
                    site.passed(load, events_a_second)
                site.rest()
                spare = settings.model_copy(update={"redis": f"{base}/{SPARE}", "durability": "none"})
                verdict = asyncio.run(judge(settings, spare, seed))
        except NotWithinError as error:
            failed = f"{error}\n{site.log()}"
        if verdict.wrong:
            failed = f"{verdict.figures()}\n{site.log()}"
        elif not failed and (loose := site.loose_lines()):
            failed = f"more than a line for an error: {loose[0]}\n{site.log()}"
        site.mend()
    with admin_client(settings) as admin:
        admin.delete_topics([settings.topic(topic.name) for topic in TOPICS], raise_errors=False)
    return Outcome(", ".join(faults), seed, time.monotonic() - began, verdict, failed)
