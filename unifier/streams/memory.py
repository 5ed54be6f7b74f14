"""A worker's memory: what is there is not looked at again, what is large lies apart, what is free goes."""

import asyncio
import ctypes
import gc

GIVE_BACK_S = 20.0
# malloc.h of glibc. From this size on a buffer lies in pages of its own, which go back when it is free. By
# default glibc raises the bound with each such buffer that is freed, up to 32 MB: then fetches, batches and
# commands lie among what is remembered, and leave gaps.
M_MMAP_THRESHOLD, APART_BYTES = -3, 64 * 1024


def keep_what_is_there() -> None:
    """What is in memory now stays; looking at it again and again would cost 15 % to half of the speed."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def keep_large_apart() -> None:
    """Large buffers lie apart from what is remembered, from now on; glibc alone needs it."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, APART_BYTES)


async def give_back() -> None:
    """Until cancelled, give free memory back to the system now and then, in 1 to 2 ms; glibc alone needs it.

    Buffers of messages come and go between what is remembered, and glibc keeps the gaps. They grow though no
    more is in use; whole pages of them can go back.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while trim is not None:
        await asyncio.sleep(GIVE_BACK_S)
        trim(0)
