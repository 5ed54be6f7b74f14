"""The benchmarks of speed and of crashes one after the other, sized so that all take less than an hour.

The others are started by name: some need data or environments of their own, some are for one question.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence

RUNS = (
    "drain",
    "latency",
    "read",
    "start",
    "workers",
    "growth --profiles 100000",
    "memory --events 500000",
    "soak --minutes 5",
    "weak-points",
    "phases",
)


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench all`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench all", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args(argv)
    failed = []
    for run in RUNS:
        began = time.monotonic()
        print(f"--- unifier bench {run}", file=sys.stderr)
        ended = subprocess.run([sys.executable, "-m", "unifier", "bench", *run.split()], check=False)
        print(f"--- {time.monotonic() - began:.0f} s", file=sys.stderr)
        if ended.returncode:
            failed.append(run)
    for run in failed:
        print(f"failed: unifier bench {run}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
