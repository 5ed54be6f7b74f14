"""A Redis client over a memory: what the store says to a server becomes calls, one atomic step each."""

from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from redis.exceptions import ConnectionError as RedisConnectionError

from tests.protocol import scripts
from tests.protocol.scripts import Memory
from unifier.profiles.store.cluster import Cluster, Item, _tag


class Call(NamedTuple):
    """One step that others can come before or after."""

    name: str
    words: tuple[Any, ...] = ()


BROKEN = "the connection broke"

Ask = Callable[[Call], Awaitable[Any]]
Step = Callable[[Memory, list[Any]], Any]


def _mget(memory: Memory, words: list[Any]) -> list[Any]:
    return [memory.get(key) for key in words]


STEPS: dict[str, Step] = {
    "mget": _mget,
    "commit": scripts.commit,
    "claim": scripts.claim,
    "freeze": scripts.freeze,
    "take": scripts.take,
    "clear": scripts.clear,
    "enter": scripts.enter,
    "mark": scripts.mark,
    "lookup": scripts.lookup,
    "homes": _mget,
    "relay": scripts.relay,
    "wait": lambda memory, words: words[0],
}


class Client:
    """As much of redis.asyncio.Redis as the store and the outbox use."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def mget(self, keys: Sequence[bytes]) -> Any:
        return await self._ask(Call("mget", tuple(keys)))

    def register_script(self, source: str) -> Callable[..., Awaitable[Any]]:
        name = _name(source)

        async def run(args: Sequence[Any], client: "Pipeline | None" = None) -> Any:
            call = Call(name, tuple(map(_word, args)))
            return await self._ask(call) if client is None else client.calls.append(call)

        return run

    def pipeline(self, transaction: bool) -> "Pipeline":
        assert not transaction
        return Pipeline(self._ask)


class ClusterClient(Cluster):
    """The same of a cluster: what is said about a shard is a step of its own, and its replica has it then."""

    def __init__(self, ask: Ask) -> None:
        self._say = ask

    async def mget(self, keys: Sequence[bytes]) -> list[Any]:  # type: ignore[override]
        return await self._by_shards("mget", [[key] for key in keys], (), 0)

    async def run(self, source: str, items: Sequence[Item], first: Item, replicas: int) -> list[Any]:
        return await self._by_shards(_name(source), items, first, replicas)

    async def _by_shards(self, name: str, items: Sequence[Item], first: Item, replicas: int) -> list[Any]:
        shards: dict[bytes, list[int]] = {}
        for number, item in enumerate(items):
            shards.setdefault(_tag(item[0]), []).append(number)
        found: dict[int, Any] = {}
        # In truth at the same time. So a component that is taken in is read before that which takes it.
        for tag, numbers in sorted(shards.items(), reverse=True):
            words = [*first, *(word for number in numbers for word in items[number])]
            found |= zip(numbers, await self._say(Call(name, tuple(map(_word, words)))), strict=True)
            if replicas and await self._say(Call("wait", (replicas, tag))) == BROKEN:
                raise RedisConnectionError(BROKEN)
        return [found[number] for number in range(len(items))]


class Pipeline:
    """Calls on one connection, one after another: if it breaks between two, the later ones fail."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.calls: list[Call] = []

    async def __aenter__(self) -> "Pipeline":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""

    def execute_command(self, name: str, *words: Any) -> None:
        if name != "SET":  # it changes nothing, and has WAIT ask after all that was read
            self.calls.append(Call(name.lower(), words))

    async def execute(self) -> list[Any]:
        replies = []
        for call in self.calls:
            if (reply := await self._ask(call)) == BROKEN:
                raise RedisConnectionError(BROKEN)
            replies.append(reply)
        return replies


def at_once(memory: Memory) -> Ask:
    """Every call is carried out as it comes."""

    async def ask(call: Call) -> Any:
        return STEPS[call.name](memory, list(call.words))

    return ask


def _name(source: str) -> str:
    """Of a script, which may have others before it."""
    return next(name for name in _SOURCES if source.endswith(_SOURCES[name]))


def _word(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


_SOURCES = {
    path.name.removesuffix(".lua"): path.read_text(encoding="utf-8")
    for path in files("unifier.profiles.store").iterdir()
    if path.name.endswith(".lua")
}
