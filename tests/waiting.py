"""Waiting for a condition with a deadline, for tests of things that take their own time."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_TICK_S = 0.02


def eventually(condition: Callable[[], T], timeout: float = 60) -> T:
    """Poll until the condition is truthy and give its value; fails after `timeout` seconds."""
    pause = threading.Event()
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {condition}; last value {value!r}"
        pause.wait(_TICK_S)
    return value


async def eventually_async(condition: Callable[[], Awaitable[T]], timeout: float = 60) -> T:  # noqa: ASYNC109
    """As `eventually`, for a coroutine function; the event loop goes on meanwhile."""
    deadline = time.monotonic() + timeout
    while not (value := await condition()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {condition}; last value {value!r}"
        await asyncio.sleep(_TICK_S)
    return value
