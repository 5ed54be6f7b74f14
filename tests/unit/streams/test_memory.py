"""Memory that is free, though scattered between what is in use, goes back to the system."""

import asyncio
import ctypes
import os
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.waiting import eventually_async
from unifier.streams import memory

PIECE, PIECES, KEPT = 2_000, 40_000, 100  # bytes: glibc's own, not Python's; one in so many stays
LARGEST = 30 * 2**20  # up to 32 MB, glibc raises its bound


def in_ram() -> int:
    """Bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library than glibc")
async def test_gaps_between_what_is_kept_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "GIVE_BACK_S", 0.01)
    pieces = [bytes(PIECE) for _ in range(PIECES)]
    full = in_ram()
    kept = pieces[::KEPT]
    del pieces

    async def shrunk() -> bool:
        return in_ram() < full - PIECE * PIECES // 2

    giving = asyncio.create_task(memory.give_back())
    await eventually_async(shrunk)
    giving.cancel()
    assert len(kept) == PIECES // KEPT


def leaves_no_gap() -> None:
    """In a process of its own: where there are gaps already, a buffer comes to lie in one of them."""
    memory.keep_large_apart()
    buffer = bytes(LARGEST)
    del buffer
    large, kept = [], []
    for _ in range(PIECES // KEPT):
        large.append(b"x" * memory.APART_BYTES)
        kept.append(bytes(PIECE))
    full = in_ram()
    freed = len(large) * memory.APART_BYTES
    del large
    assert in_ram() < full - freed // 2
    assert len(kept) == PIECES // KEPT


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="another C library than glibc")
def test_a_large_buffer_leaves_no_gap() -> None:
    """Also after a much larger one, upon which glibc by itself keeps all smaller ones in its heap."""
    alone = get_context("spawn").Process(target=leaves_no_gap)
    alone.start()
    alone.join()
    assert alone.exitcode == 0
