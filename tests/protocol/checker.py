"""An explicit-state model checker: all interleavings of some actors, breadth first, deaths included."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.protocol.actors import Actors, Program
from tests.protocol.client import BROKEN, STEPS, Call
from tests.protocol.scripts import Memory

Steps = dict[str, Callable[[Memory, list[Any]], Any]]
Finish = Callable[[Program, Memory], None]
"""Runs one more actor to its end, with nobody beside it."""


class WrongError(AssertionError):
    """What must not be; with the steps that lead to it."""


@dataclass(frozen=True)
class Role:
    """One actor of a scope."""

    name: str
    program: Program
    may_die: bool = False  # and is begun anew then, as often as the scope has deaths


class State(NamedTuple):
    """Everything that tells what can happen next."""

    memory: frozenset[tuple[Any, Any]]
    nodes: tuple[int, ...]  # of each role
    lives: tuple[int, ...]  # how often each role has been begun
    deaths: int  # left
    replica: frozenset[tuple[Any, Any]]  # what a replica has of the memory at least
    fail_overs: int  # left


@dataclass
class Scope:
    """Some actors, and what must hold: after every step, and when all have come to their ends."""

    roles: Sequence[Role]
    deaths: int = 0
    always: Callable[[Memory], None] = lambda memory: None
    finally_: Callable[[Memory, "Finish"], None] = lambda memory, finish: None
    first: Memory = field(default_factory=dict)
    steps: Steps = field(default_factory=lambda: dict(STEPS))
    fail_overs: int = 0  # of Redis, to a replica that has all that was waited for, and perhaps no more
    is_outside: Callable[[Any], bool] = lambda key: False  # what is not in Redis, and stays at a fail-over
    shards: Sequence[bytes] = (b"",)  # of a cluster, by the tags of their keys: each fails over by itself
    most_states: int = 2_000_000


@dataclass
class Found:
    """What a check went through."""

    states: int = 0
    ends: int = 0
    runs: int = 0


def check(scope: Scope) -> Found:
    """Go through all states. Raises WrongError with a trace."""
    actors = Actors()
    try:
        return _Search(scope, actors).run()
    finally:
        actors.close()


class _Search:
    def __init__(self, scope: Scope, actors: Actors) -> None:
        self._scope = scope
        self._actors = actors
        self._births: dict[tuple[int, int], int] = {}
        self._afterwards = 0
        self._came: dict[State, tuple[State, str] | None] = {}
        self._looked_at: set[frozenset[tuple[Any, Any]]] = set()
        self._ended: set[frozenset[tuple[Any, Any]]] = set()

    def run(self) -> Found:
        scope, found = self._scope, Found()
        lives = tuple(0 for _ in scope.roles)
        nodes = tuple(self._born(number, 0) for number in range(len(lives)))
        memory = frozenset(scope.first.items())
        first = State(memory, nodes, lives, scope.deaths, memory, scope.fail_overs)
        self._came[first] = None
        waiting = deque([first])
        while waiting:
            state = waiting.popleft()
            found.states += 1
            assert found.states <= scope.most_states, "the scope is too large"
            try:
                self._look(state)
                for step, after in self._next(state):
                    if after not in self._came:
                        self._came[after] = state, step
                        waiting.append(after)
            except Exception as error:
                raise WrongError(f"{error!r}\n{self._trace(state)}") from error
        found.ends, found.runs = len(self._ended), self._actors.runs
        return found

    def _born(self, role: int, life: int) -> int:
        if (role, life) not in self._births:
            number = 1 + role + life * len(self._scope.roles)
            self._births[role, life] = self._actors.born(self._scope.roles[role].program, number)
        return self._births[role, life]

    def _look(self, state: State) -> None:
        if state.memory not in self._looked_at:
            self._looked_at.add(state.memory)
            self._scope.always(dict(state.memory))
        if all(self._actors.call(node) is None for node in state.nodes) and state.memory not in self._ended:
            self._ended.add(state.memory)
            self._scope.finally_(dict(state.memory), self._finish)

    def _next(self, state: State) -> Iterator[tuple[str, State]]:
        for number, (role, node) in enumerate(zip(self._scope.roles, state.nodes, strict=True)):
            call = self._actors.call(node)
            if call is None:
                continue
            memory = dict(state.memory)
            reply = self._scope.steps[call.name](memory, list(call.words))
            nodes = _put(state.nodes, number, self._actors.after(node, reply))
            after = state._replace(memory=frozenset(memory.items()), nodes=nodes)
            if call.name == "wait" and state.fail_overs:
                shard = _shard_of(call)
                confirmed = {item for item in state.memory if _is_of(shard, item)}
                others = {item for item in state.replica if not _is_of(shard, item)}
                after = after._replace(replica=frozenset(confirmed | others))
            yield f"{role.name}: {_told(call)} → {_short(reply)}", after
            if role.may_die and state.deaths:
                life = state.lives[number] + 1
                after = state._replace(
                    nodes=_put(state.nodes, number, self._born(number, life)),
                    lives=_put(state.lives, number, life),
                    deaths=state.deaths - 1,
                )
                yield f"{role.name} dies before its {call.name}, and is begun anew", after
        for shard in self._scope.shards if state.fail_overs else ():
            yield f"the replica {shard.decode()} is made the master", self._failed_over(state, shard)

    def _failed_over(self, state: State, shard: bytes) -> State:
        """Whoever waits for replicas learns of it; the others go on, on a new connection."""
        calls = [self._actors.call(node) for node in state.nodes]
        nodes = tuple(
            self._actors.after(node, BROKEN)
            if call is not None and call.name == "wait" and _shard_of(call) == shard
            else node
            for node, call in zip(state.nodes, calls, strict=True)
        )

        def stays(item: tuple[Any, Any]) -> bool:
            return self._scope.is_outside(item[0]) or not _is_of(shard, item)

        kept = {item for item in state.replica if not stays(item)}
        memory = frozenset(kept | {item for item in state.memory if stays(item)})
        replica = frozenset(kept | {item for item in state.replica if stays(item)})
        return state._replace(memory=memory, nodes=nodes, replica=replica, fail_overs=state.fail_overs - 1)

    def _finish(self, program: Program, memory: Memory) -> None:
        self._afterwards += 1
        run(self._actors, self._actors.born(program, -self._afterwards), memory, self._scope.steps)

    def _trace(self, state: State) -> str:
        steps = []
        while (came := self._came[state]) is not None:
            state, step = came
            steps.append(step)
        return "\n".join(f"{number}. {step}" for number, step in enumerate(reversed(steps), 1))


def _shard_of(call: Call) -> bytes:
    """Whose replica a call waits for."""
    [*_, tag] = call.words
    return tag if isinstance(tag, bytes) else b""


def _is_of(shard: bytes, item: tuple[Any, Any]) -> bool:
    """Whether something in the memory is in a shard."""
    key = item[0][0] if isinstance(item[0], tuple) else item[0]
    return isinstance(key, bytes) and key.startswith(shard)


def _put(of: tuple[int, ...], number: int, value: int) -> tuple[int, ...]:
    return (*of[:number], value, *of[number + 1 :])


def _told(call: Call) -> str:
    return f"{call.name}({', '.join(map(_short, call.words))})"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def run(actors: Actors, node: int, memory: Memory, steps: Steps) -> None:
    """Let one actor come to its end."""
    while (call := actors.call(node)) is not None:
        node = actors.after(node, steps[call.name](memory, list(call.words)))


def alone(programs: Sequence[Program], steps: Steps = STEPS) -> Memory:
    """The memory after some programs, one after another."""
    memory, actors = Memory(), Actors()
    try:
        for number, program in enumerate(programs):
            run(actors, actors.born(program, 1_000 + number), memory, steps)
    finally:
        actors.close()
    return memory
