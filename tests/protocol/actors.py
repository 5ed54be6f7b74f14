"""The real code of workers and relays as actors: it asks for a call, and goes on with the reply.

What an actor does is a function of the replies it has had. So a history of replies stands for its state, the
same history is run once, and from one state the checker can go on in many ways.
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from tests.protocol.client import Ask, Call
from unifier.streams import unify

Program = Callable[[Ask], Awaitable[None]]

NONCES = 1 << 20  # drawn by one life of an actor, at most


class Life:
    """One run of a program. `call` is what it asks for now; None: it has come to its end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, program: Program, number: int) -> None:
        self._loop = loop
        self._nonces = count(number * NONCES)
        self._heard: asyncio.Future[None] = loop.create_future()
        self._reply: asyncio.Future[Any] | None = None
        self.call: Call | None = None
        self._task = loop.create_task(self._live(program))
        self._listen()

    async def _live(self, program: Program) -> None:
        try:
            await program(self._ask)
        finally:
            self.call = None
            if not self._heard.done():
                self._heard.set_result(None)

    async def _ask(self, call: Call) -> Any:
        self.call = call
        self._reply = self._loop.create_future()
        self._heard.set_result(None)
        return await self._reply

    def answer(self, reply: Any) -> None:
        """Let it go on with a reply, until it asks again."""
        assert self._reply is not None
        self._reply.set_result(reply)
        self._listen()

    def _listen(self) -> None:
        self._heard = self._heard if not self._heard.done() else self._loop.create_future()
        unify._nonces = self._nonces
        self._loop.run_until_complete(self._heard)
        if self.call is None:
            self._loop.run_until_complete(asyncio.wait([self._task]))
            self._task.result()

    def end(self) -> None:
        """It is not needed any more."""
        self._task.cancel()
        self._loop.run_until_complete(asyncio.wait([self._task]))


class Actors:
    """All histories of some programs, as the nodes of trees. A node is a number."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._programs: dict[int, tuple[Program, int]] = {}  # first node → program and number of the life
        self._parents: list[tuple[int, Any] | None] = []
        self._calls: list[Call | None] = []
        self._after: dict[tuple[int, Any], int] = {}
        self._lives: dict[int, Life] = {}  # node → a life that waits there
        self.runs = 0

    def born(self, program: Program, number: int) -> int:
        """The first node of a program; lives of different numbers draw different nonces."""
        return self._node(None, Life(self._loop, program, number), (program, number))

    def call(self, node: int) -> Call | None:
        """What an actor asks for at a node; None: it has come to its end."""
        return self._calls[node]

    def after(self, node: int, reply: Any) -> int:
        """The node that follows when a call is answered so."""
        step = (node, _frozen(reply))
        found = self._after.get(step)
        if found is None:
            life = self._lives.pop(node, None) or self._again(node)
            life.answer(reply)
            found = self._after[step] = self._node((node, reply), life)
        return found

    def close(self) -> None:
        """End all lives."""
        for life in self._lives.values():
            life.end()
        self._loop.close()

    def _node(self, parent: Any, life: Life, program: tuple[Program, int] | None = None) -> int:
        node = len(self._calls)
        self._calls.append(life.call)
        self._parents.append(parent)
        if program is not None:
            self._programs[node] = program
        if life.call is not None:
            self._lives[node] = life
        return node

    def _again(self, node: int) -> Life:
        """Live a history once more, to go on from its end in another way."""
        replies = []
        while (parent := self._parents[node]) is not None:
            node, reply = parent
            replies.append(reply)
        self.runs += 1
        life = Life(self._loop, *self._programs[node])
        for reply in reversed(replies):
            life.answer(reply)
        return life


def _frozen(reply: Any) -> Any:
    return tuple(map(_frozen, reply)) if isinstance(reply, list | tuple) else reply
