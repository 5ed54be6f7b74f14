"""The whole system while it plays: servers, workers, service, what goes in and what comes out."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from unifier.client import Client
from unifier.devstack.demo import processes
from unifier.devstack.demo.feed import Feed
from unifier.devstack.demo.hearing import MODEL, Hearing, Tally
from unifier.devstack.demo.ledger import read_store
from unifier.devstack.demo.processes import Process
from unifier.devstack.demo.screen import PLAIN_EVERY_S, Screen
from unifier.devstack.errors import StackError
from unifier.devstack.server import Server
from unifier.devstack.stack import Stack
from unifier.rules import Rules, default_rules
from unifier.serving.keys import open_book
from unifier.settings import Settings, load_settings
from unifier.streams.topics import create_topics

WORKERS = 2
STALLED_S = 120.0
LOOK_S = 0.5
TICK_S = 0.1


@dataclass
class Play:
    """Everything that a scene of the play needs."""

    screen: Screen
    settings: Settings
    url: str
    key: str
    client: Client
    servers: list[Server]
    feed: Feed
    hearing: Hearing
    tally: Tally = field(default_factory=Tally)
    rules: Rules = field(default_factory=default_rules)
    _pause: threading.Event = field(default_factory=threading.Event)
    _looked: tuple[float, int] = (0.0, 0)  # when, and what was worked off then
    _rate: float = 0.0

    def tick(self, pause_s: float = TICK_S) -> None:
        """Let time pass: hear what came out, and now and then look at what went in and show both."""
        self._pause.wait(pause_s)
        self.hearing.tell(self.tally)
        (before, done), now = self._looked, time.monotonic()
        if now - before < LOOK_S:
            return
        for server in self.servers:
            if not server.running:
                raise StackError(f"{server.name} ended by itself: {server.last_words()}")
        self._rate = (self.feed.look() - done) / (now - before)
        self._looked = now, self.feed.worked_off

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Tick until it holds. Raises StackError when nothing has moved for two minutes."""
        moved, deadline = (-1, -1), 0.0
        while not condition():
            self.tick()
            self.show()
            if moved != (moved := (self.feed.worked_off, self.tally.heard)):
                deadline = time.monotonic() + STALLED_S
            elif time.monotonic() > deadline:
                raise StackError(f"no progress for {STALLED_S:.0f} s, waiting until {what}: try it again")

    def show(self, every_s: float = PLAIN_EVERY_S) -> None:
        """The live counts; without a terminal so often."""
        tally, feed = self.tally, self.feed
        order = self.rules.models[MODEL].phases
        phases = "  ".join(f"{name} {tally.by_phase[name]:,}" for name in order)
        self.screen.progress(
            [
                f"          published {feed.published:,}  worked off {feed.worked_off:,}  "
                f"{self._rate:,.0f}/s  dead letters {len(tally.dead)}",
                f"          profiles: {tally.profiles('known'):,} known, {tally.profiles('anonymous'):,} "
                f"anonymous  merges {tally.merges:,}  splits {len(tally.split)}",
                f"          into phases: {phases}",
            ],
            every_s,
        )

    def worked_off(self) -> bool:
        """Whether the workers have committed everything that was published."""
        return self.feed.look() >= self.feed.published

    def settled(self) -> bool:
        """Whether everything is worked off, and everything that came of it was heard."""
        return self.worked_off() and read_store(self.settings).versions() == self.tally.versions


@contextmanager
def playing(screen: Screen) -> Iterator[Play]:
    """The system from its start to its end; nothing of it is left behind."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it tells of the broker's end
    with ExitStack() as stack:
        screen.say("starting Kafka and Redis")
        servers = stack.enter_context(Stack())
        stack.callback(_ignore_signals)
        settings = load_settings(servers.env())
        screen.say(f"Kafka answers at {servers.kafka}, Redis at {servers.redis_url}")
        topics = create_topics(settings)
        screen.say(f"topics, {settings.partitions} partitions each: {', '.join(topics)}")
        workers = [processes.worker(n + 1, servers.folder, servers.env()) for n in range(WORKERS)]
        api = processes.api(servers.folder, servers.env())
        _start(screen, [*workers, api], stack)
        with open_book(settings) as book:
            key = book.add("demo", ("profiles:read", "steward:write"))
        client = stack.enter_context(Client(api.url, key, timeout_s=30))
        feed = stack.enter_context(Feed(settings))
        hearing = stack.enter_context(Hearing(settings))
        children: list[Server] = [servers.kafka_server, servers.redis_server, *workers, api]
        yield Play(screen, settings, api.url, key, client, children, feed, hearing)


def _start(screen: Screen, children: list[Process], stack: ExitStack) -> None:
    stack.callback(_stop, children)
    for child in children:
        child.launch()
    for child in children:
        child.wait_ready()
        screen.say(f"`unifier {child.name.partition('-')[0]}` is ready: process {child.pid}, {child.url}")


def _stop(children: list[Process]) -> None:
    _ignore_signals()  # the end is not to be cut short
    with ThreadPoolExecutor(len(children)) as pool:
        list(pool.map(Server.stop, children))


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
