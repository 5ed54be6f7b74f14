"""`unifier bench NAME`: the benchmarks, which come with the source."""

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(name: str, rest: Sequence[str]) -> int:
    """The command; `rest` are the benchmark's own options."""
    names = sorted(file.stem.replace("_", "-") for file in ROOT.glob("benchmarks/[a-z]*.py"))
    if name in names:
        sys.path.insert(0, str(ROOT))
        sys.argv = [f"unifier bench {name}", *rest]
        runpy.run_module(f"benchmarks.{name.replace('-', '_')}", run_name="__main__")
        return 0
    if name == "list" and names:
        sys.stdout.write("\n".join([*names, ""]))
        return 0
    sys.stderr.write(f"unifier: benchmarks: {', '.join(names) or 'none here; they come with the source'}\n")
    return 2
