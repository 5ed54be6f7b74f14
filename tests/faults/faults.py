"""The faults, by name. Each does its harm while events flow, and returns when what it broke runs again."""

import contextlib
import itertools
import random
import threading
from collections.abc import Callable, Iterator
from functools import partial

from redis import Redis

from tests.faults.load import Load
from tests.faults.site import Site, Worker, until
from tests.faults.stopping_worker import STEPS
from unifier.devstack.server import Server
from unifier.profiles.store.clients import connect_plainly
from unifier.profiles.store.layout import FORMS, PEOPLE

SOCKET_TIMEOUT_S = 10  # after which a client of Redis takes its connection for broken
BROKER_GONE_S = 60
OF_A_RELAY = ("outbox-read", "in-transaction", "published")  # steps
HOUR_S = 3_600.0

Fault = Callable[[Site, Load, random.Random], None]


def _stopped_at(step: str, site: Site) -> Worker:
    """The first worker that stops at this step: all are told to, for not all have work of every kind."""
    for worker in site.workers:
        worker.stop_at(step)

    def first() -> Worker | None:
        return next((worker for worker in site.workers if site.alive() and worker.stopped_itself), None)

    until(first, f"a worker at the step {step}")
    found = first()
    assert found is not None
    for worker in site.workers:
        if worker is not found:
            worker.go_on()
    return found


def killed_at(step: str, site: Site, load: Load, rng: random.Random) -> None:
    """SIGKILL in the middle of a write, twice."""
    for _ in range(2):
        site.replace(_stopped_at(step, site))
        site.passed(load, 100)


def zombie_at(step: str, site: Site, load: Load, rng: random.Random) -> None:
    """Stop for longer than the session, wake when the others have all that was its own, and go on writing.

    What a relay tells late does lasting harm where nothing is told after it: it wakes when all is at rest.
    """
    zombie = _stopped_at(step, site)
    until(lambda: site.members() == len(site.workers) - 1, "the group going on without the zombie")
    site.passed(load, 200)
    with contextlib.ExitStack() as quiet:
        if step in OF_A_RELAY:
            quiet.enter_context(load.hushed())
            site.rest()
        zombie.resume()
        until(lambda: site.alive() and site.members() == len(site.workers), "the zombie being back")


def workers_killed(site: Site, load: Load, rng: random.Random) -> None:
    """One after the other at random moments, then all at once."""
    for worker in list(site.workers):
        site.passed(load, rng.randrange(20, 300))
        site.replace(worker)
    site.passed(load, 200)
    for worker in list(site.workers):
        site.replace(worker)


def rebalance_storm(site: Site, load: Load, rng: random.Random) -> None:
    """Workers come, go in order, and die, each before the group has settled from the one before."""
    for _ in range(4):
        extra = site.join()
        site.passed(load, rng.randrange(10, 400))
        if rng.random() < 0.5:
            extra.stop()
        else:
            extra.kill()
        site.passed(load, rng.randrange(10, 200))


def redis_killed(site: Site, load: Load, rng: random.Random) -> None:
    """SIGKILL, with the append-only file; back at once, and back after a while."""
    for pause in (1, 400):
        server = site.a_redis(rng)
        server.kill()
        site.passed(load, pause)
        server.start()
        site.passed(load, rng.randrange(50, 300))


def redis_restarts(site: Site, load: Load, rng: random.Random) -> None:
    """SIGTERM and back, several times in a row."""
    for _ in range(4):
        site.a_redis(rng).restart()
        site.passed(load, rng.randrange(5, 150))


def redis_hangs(site: Site, load: Load, rng: random.Random) -> None:
    """It answers nothing for longer than its clients wait, and then does all that they had asked for."""
    with _frozen(site.a_redis(rng)):
        _pause(SOCKET_TIMEOUT_S + 2)
    site.passed(load, 200)


def redis_slow(site: Site, load: Load, rng: random.Random) -> None:
    """Every answer takes its time: CLIENT PAUSE again and again."""
    with Redis.from_url(site.a_redis(rng).url) as redis:
        for _ in range(20):
            redis.execute_command("CLIENT", "PAUSE", rng.randrange(100, 700), "ALL")
            site.passed(load, rng.randrange(20, 100))


def redis_full(site: Site, load: Load, rng: random.Random) -> None:
    """`maxmemory` is reached; nothing may be evicted, so writes are refused until there is room."""
    with Redis.from_url(site.a_redis(rng).url) as redis:
        redis.config_set("maxmemory", 1)  # not a bit below what is used: some of that is a batch under way
        site.passed(load, 500)
        until(lambda: not any(worker.answers() for worker in site.workers), "/readyz telling of it")
        redis.config_set("maxmemory", redis.info("memory")["used_memory"] + 200_000)  # full again soon
        site.passed(load, 500)
        redis.config_set("maxmemory", 0)
    until(lambda: all(worker.answers() for worker in site.workers), "/readyz telling that it is over")


def redis_read_only(site: Site, load: Load, rng: random.Random) -> None:
    """The server refuses writes: it takes itself for a replica, as after a fail-over that nobody told the
    clients of; then, and on a cluster both times, it misses one of its own."""
    with Redis.from_url(site.a_redis(rng).url) as redis:
        for as_replica in (site.cluster is None, False):
            if as_replica:
                redis.replicaof("127.0.0.1", "1")
            else:
                redis.config_set("min-replicas-to-write", 1)
            site.passed(load, 400)
            until(lambda: not any(worker.answers() for worker in site.workers), "/readyz telling of it")
            if as_replica:
                redis.replicaof("NO", "ONE")
            else:
                redis.config_set("min-replicas-to-write", 0)
            site.passed(load, 200)


def kafka_killed(site: Site, load: Load, rng: random.Random) -> None:
    """SIGKILL, and back at once."""
    site.stack.kafka_server.kill()
    site.stack.kafka_server.start()
    site.passed(load, 200)


def kafka_hangs(site: Site, load: Load, rng: random.Random) -> None:
    """It answers nothing for longer than a session."""
    with _frozen(site.stack.kafka_server):
        _pause(15)
    site.passed(load, 200)


def kafka_slow(site: Site, load: Load, rng: random.Random) -> None:
    """Every answer takes its time: it stands still again and again."""
    for _ in range(20):
        with _frozen(site.stack.kafka_server):
            _pause(rng.uniform(0.1, 0.7))
        site.passed(load, rng.randrange(20, 100))


def kafka_gone(site: Site, load: Load, rng: random.Random) -> None:
    """No broker for a minute."""
    site.stack.kafka_server.kill()
    _pause(BROKER_GONE_S)
    site.stack.kafka_server.start()
    site.passed(load, 200)


def _terminated_without(broker: bool, site: Site, load: Load, rng: random.Random) -> None:
    """SIGTERM to all workers while Redis, or the broker, is away: they end in order all the same."""
    server = site.stack.kafka_server if broker else site.a_redis(rng)
    server.kill()
    _pause(3)
    site.end()
    server.start()
    site.start_others()
    site.passed(load, 100)


def clock_steps(site: Site, load: Load, rng: random.Random) -> None:
    """The clocks of the workers jump by an hour, apart from one another, and back."""
    for worker, hours in itertools.product(site.workers, (1, -1, 0)):
        worker.ahead(hours * HOUR_S)
        site.passed(load, rng.randrange(50, 200))


def _pause(seconds: float) -> None:
    """Where no event can be waited for: without a broker none is sent."""
    threading.Event().wait(seconds)


@contextlib.contextmanager
def _frozen(server: Server) -> Iterator[None]:
    server.pause()
    yield
    server.resume()


@contextlib.contextmanager
def _down(server: Server) -> Iterator[None]:
    server.kill()
    yield
    server.start()


def several_at_once(site: Site, load: Load, rng: random.Random) -> None:
    """Two or three of the workers, Redis and the broker are frozen or down together, some for long."""
    for _ in range(5):
        with contextlib.ExitStack() as harm:
            some = rng.sample([*site.workers, *site.servers], rng.choice((2, 3)))
            # What is entered first comes back last: a worker does not start without its servers.
            for server in sorted(some, key=site.servers.__contains__):
                harm.enter_context(rng.choice((_frozen, _down))(server))
            _pause(rng.uniform(0.1, 10))
        site.passed(load, rng.randrange(10, 300))


def model_follows(site: Site, load: Load, rng: random.Random) -> None:
    """The number of people that the model is made fit for rises and falls, as if so many were counted, and
    workers die while all that is stored is worked out anew: people fall apart and are one again."""
    with connect_plainly(site.settings.redis) as redis:
        for people in (1 << 40, 1, 1 << 30, 1):
            redis.hset(PEOPLE.decode(), "model", people)
            site.passed(load, rng.randrange(300, 900))
            if rng.random() < 0.5:
                site.replace(rng.choice(site.workers))
        until(lambda: redis.zcard(FORMS.decode()) == 1, "all being worked out by one model")


def nothing(site: Site, load: Load, rng: random.Random) -> None:
    """No fault: what the judge says then is about the judge."""
    site.passed(load, 500)


ZOMBIES = (
    "read",
    "written",
    "moving",
    "worked-off",
    "acknowledged",
    "outbox-read",
    "in-transaction",
    "published",
)
FAULTS: dict[str, Fault] = {
    "nothing": nothing,
    **{f"killed-at-{step}": partial(killed_at, step) for step in STEPS},
    **{f"zombie-at-{step}": partial(zombie_at, step) for step in ZOMBIES},
    "workers-killed": workers_killed,
    "rebalance-storm": rebalance_storm,
    "redis-killed": redis_killed,
    "redis-restarts": redis_restarts,
    "redis-hangs": redis_hangs,
    "redis-slow": redis_slow,
    "redis-full": redis_full,
    "redis-read-only": redis_read_only,
    "kafka-killed": kafka_killed,
    "kafka-hangs": kafka_hangs,
    "kafka-slow": kafka_slow,
    "kafka-gone": kafka_gone,
    "terminated-without-redis": partial(_terminated_without, False),
    "terminated-without-kafka": partial(_terminated_without, True),
    "clock-steps": clock_steps,
    "model-follows": model_follows,
    "several-at-once": several_at_once,
}
