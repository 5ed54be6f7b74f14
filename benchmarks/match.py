"""The matching beside its peers, on public data and on data made for the occasion; the same rows for all.

Quality against the truth, time and memory; and of ours that the order of the rows changes nothing, that
separations are obeyed and taken back without a trace, how calibrated it is, and what its review band shows.
Every tool runs in a process of its own, one after the other. The table goes to stderr, everything to stdout
as JSON, tables and pictures into a folder.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks._measuring import facts
from benchmarks.linkage import tables
from benchmarks.linkage.judge import judge_ours, judge_peer
from benchmarks.linkage.peers.environments import PEERS, run
from benchmarks.linkage.pictures import US, pictures
from benchmarks.linkage.public import NAMES, public
from benchmarks.linkage.sets import DataSet, generated
from benchmarks.people.kinds import KINDS

ROOT = Path(__file__).parents[1]
QUICK_PEERS = ("splink", "recordlinkage", "rapidfuzz")


def main(argv: list[str] | None = None) -> int:
    """`unifier bench match`."""
    parser = argparse.ArgumentParser(prog="unifier bench match", description=(__doc__ or "").split("\n")[0])
    cache = ROOT / ".cache" / "people"
    parser.add_argument(
        "--data",
        type=Path,
        default=cache,
        metavar="DIR",
        help="NAME.csv.gz of the public sets (default .cache/people)",
    )
    parser.add_argument("--sets", nargs="*", default=list(NAMES), choices=NAMES, metavar="NAME")
    parser.add_argument("--made", nargs="*", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=float, default=1.0, help="times the usual number of people made")
    parser.add_argument(
        "--peers", nargs="*", default=list(QUICK_PEERS), choices=PEERS, help="dedupe is slow: only when named"
    )
    parser.add_argument("--limit", type=float, default=900.0, metavar="S", help="seconds a peer may take")
    parser.add_argument("--fresh", action="store_true", help="run peers again that have seen these very rows")
    parser.add_argument("--model", default="", metavar="M", help="our model file; default: the shipped one")
    parser.add_argument("--shuffles", type=int, default=3, metavar="K")
    parser.add_argument("--undo", type=int, default=300, metavar="N", help="random separations")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks", metavar="DIR")
    args = parser.parse_args(argv)
    made = generated(args.made, args.size, args.seed, cache / f"seed-{args.seed}-size-{args.size:g}")
    asked = ["--shuffles", str(args.shuffles), "--undo", str(args.undo), "--model", args.model]
    report: dict[str, Any] = {"machine": facts(), "sets": {}}
    for data in chain(public(args.data, args.sets), made):
        report["sets"][data.name] = dict(_tools(data, args.peers, args.limit, args.fresh, asked))
        print(
            tables.plain(tables.comparison({"sets": {data.name: report["sets"][data.name]}})), file=sys.stderr
        )
    print(
        tables.plain(tables.comparison(report)),
        tables.plain(tables.promises(report)),
        sep="\n\n",
        file=sys.stderr,
    )
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "match.md").write_text(tables.markdown(report), encoding="utf-8")
    for name, picture in pictures(report).items():
        (args.out / name).write_text(picture, encoding="utf-8")
    print(json.dumps(report, indent=1))
    broken = [name for name, tools in report["sets"].items() if any(tools[US]["checks"].values())]
    if broken:
        print(f"unifier bench match: order or undo does not hold on {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def _tools(
    data: DataSet, peers: Sequence[str], limit_s: float, fresh: bool, asked: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(tool, judged result) of ours and of each peer."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        yield US, judge_ours(data, _ours(data, folder / "ours.json", asked))
        data.write_for_peers(folder)
        for peer in peers:
            yield peer, judge_peer(data, run(peer, folder, limit_s, fresh))


def _ours(data: DataSet, result: Path, asked: Sequence[str]) -> dict[str, Any]:
    module = [sys.executable, "-m", "benchmarks.linkage.ours"]
    subprocess.run([*module, data.people, data.spec_path, result, *asked], check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    sys.exit(main())
