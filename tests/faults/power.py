"""A power cut on the machine of Redis, of a cluster on that of one of its masters: what its disk did not have
is gone, though it was acknowledged.

SIGKILL seldom shows it, for the system keeps what a dead process wrote. Here the end of the append-only file
is cut off: with `appendfsync everysec` what came in the last second, as much as the setting gives up on a
quick disk; with `always` nothing, for nothing is acknowledged that is not on the disk.
"""

import contextlib
import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from redis import Redis

from tests.faults.load import Load
from tests.faults.site import Site

LOST_S = 1.0
SAMPLE_S = 0.02
REWOUND_MS = 10_000  # longer than the time from an event's arrival to the commit of its offset


class _Sizes:
    """How large the append-only file was a second ago."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: deque[tuple[float, int]] = deque(maxlen=round(10 / SAMPLE_S))
        self._end = threading.Event()

    @property
    def file(self) -> Path:
        """The file that is written to."""
        return max((self._folder / "appendonlydir").glob("*.incr.aof"), key=lambda file: file.stat().st_mtime)

    def before(self, seconds: float) -> int:
        """Its size so long ago."""
        then = time.monotonic() - seconds
        return max((size for at, size in self._sizes if at <= then), default=0)

    @contextlib.contextmanager
    def followed(self) -> Iterator[None]:
        """Watch it for the length of a block."""

        def follow() -> None:
            while not self._end.wait(SAMPLE_S):
                self._sizes.append((time.monotonic(), self.file.stat().st_size))

        thread = threading.Thread(target=follow)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()


def _power_cut(fsync: str, rewound: bool, site: Site, load: Load, rng: random.Random) -> None:
    server = site.a_redis(rng)
    with Redis.from_url(server.url) as redis:
        redis.config_set("appendfsync", fsync)
    sizes = _Sizes(server.folder)
    with sizes.followed():
        site.passed(load, rng.randrange(400, 800))
        kept = sizes.before(LOST_S)
        at_ms = int(time.time() * 1000)
        server.kill()
    if fsync == "everysec":
        with sizes.file.open("r+b") as file:
            file.truncate(kept)
    if rewound:
        site.end()  # before they write on top of what is lost
    server.start()
    if rewound:
        site.rewind(at_ms - REWOUND_MS)
        site.start_others()
    site.passed(load, 200)


POWER_CUTS = {
    "power-cut-fsync-always": partial(_power_cut, "always", False),
    "power-cut-fsync-everysec": partial(_power_cut, "everysec", False),
    "power-cut-fsync-everysec-inputs-rewound": partial(_power_cut, "everysec", True),
}
