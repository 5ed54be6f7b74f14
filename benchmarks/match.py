"""The matching beside its peers, on public data and on data made for the occasion; the same rows for all.

Quality against the truth, time and memory; and of ours that the order of the rows changes nothing, that the
stream gives the same profiles, that separations are obeyed and taken back without a trace, how calibrated it
is, and what its review band shows. Every tool runs in a process of its own, one after the other. The table
goes to stderr, everything to stdout as JSON, tables and pictures into a folder.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks._measuring import facts
from benchmarks.linkage import tables
from benchmarks.linkage.judge import OURS, judge_ours, judge_peer, ours
from benchmarks.linkage.memory import remembered_mb
from benchmarks.linkage.peers.environments import PEERS, run
from benchmarks.linkage.pictures import pictures
from benchmarks.linkage.public import NAMES, public
from benchmarks.linkage.sets import DataSet, generated
from benchmarks.people.kinds import KINDS

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "people"
WEIGHTS = ("trained", "shipped")
QUICK = ("splink", "recordlinkage", "rapidfuzz")


def main(argv: list[str] | None = None) -> int:
    """`unifier bench match`."""
    args = _parser().parse_args(argv)
    made = generated(args.made, args.size, args.seed, CACHE / f"seed-{args.seed}-size-{args.size:g}")
    asked = ["--shuffles", str(args.shuffles), "--streams", str(args.streams), "--undo", str(args.undo)]
    sets: dict[str, dict[str, Any]] = {}
    for path in args.beside:
        sets |= json.loads(path.read_text(encoding="utf-8"))["sets"]
    report = {"machine": facts(), "remembered_mb": round(remembered_mb()), "sets": sets}
    for data in chain(public(args.data, args.sets), made):
        sets[data.name] = dict(_tools(data, args, asked))
        print(tables.plain(tables.comparison({"sets": {data.name: sets[data.name]}})), file=sys.stderr)
    for lines in (tables.comparison(report), tables.promises(report)):
        print(f"\n{tables.plain(lines)}", file=sys.stderr)
    args.out.mkdir(parents=True, exist_ok=True)
    pages = {"match.md": tables.markdown(report), "match.json": tables.figures(report)}
    for name, text in (pictures(report) | pages).items():
        (args.out / name).write_text(text, encoding="utf-8")
    print(json.dumps(report, indent=1))
    checks = {name: [tools[us]["checks"] for us in ours(tools)] for name, tools in sets.items()}
    broken = [name for name, found in checks.items() if any(any(one.values()) for one in found)]
    if broken:
        print(
            f"unifier bench match: order, stream or undo does not hold on {', '.join(broken)}",
            file=sys.stderr,
        )
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unifier bench match", description=(__doc__ or "").split("\n")[0])
    option = parser.add_argument
    option(
        "--data", type=Path, default=CACHE, metavar="DIR", help="public sets as NAME.csv.gz (.cache/people)"
    )
    option("--sets", nargs="*", default=list(NAMES), choices=NAMES, metavar="NAME")
    option("--made", nargs="*", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    option("--seed", type=int, default=1, help="of what is made")
    option("--size", type=float, default=1.0, help="times the usual number of people made")
    option("--weights", nargs="+", default=list(WEIGHTS), choices=WEIGHTS, help="ours; the first leads")
    option("--peers", nargs="*", default=list(QUICK), choices=PEERS, help="dedupe, slow, only when named")
    option("--limit", type=float, default=900.0, metavar="S", help="seconds a peer may take")
    option("--fresh", action="store_true", help="run peers again that have seen these very rows")
    option("--shuffles", type=int, default=3, metavar="K", help="other orders of the rows")
    option("--streams", type=int, default=3, metavar="K", help="orders in which the stream gets them")
    option("--undo", type=int, default=300, metavar="N", help="random separations")
    option(
        "--beside",
        type=Path,
        nargs="*",
        default=[],
        metavar="REPORT",
        help="earlier reports whose sets are put on the page too",
    )
    option("--out", type=Path, default=ROOT / "docs" / "benchmarks", metavar="DIR")
    return parser


def _tools(
    data: DataSet, args: argparse.Namespace, asked: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(tool, judged result) of ours, with each of the weights, and of each peer."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        for weights in args.weights:
            found = _ours(data, folder, asked) if weights == "shipped" else _trained(data, folder, asked)
            yield f"{OURS}, {weights}", judge_ours(data, found)
        data.write_for_peers(folder)
        for peer in args.peers:
            yield peer, judge_peer(data, run(peer, folder, args.limit, args.fresh))


def _trained(data: DataSet, folder: Path, asked: Sequence[str]) -> dict[str, Any]:
    """Ours with weights that the rows themselves have taught, without their truth."""
    model = folder / "model.json"
    command = (sys.executable, "-m", "unifier", "train", data.people, "--spec", data.spec_path)
    began = perf_counter()
    subprocess.run([str(part) for part in (*command, "--out", model)], check=True, cwd=ROOT)
    train_s = perf_counter() - began
    return _ours(data, folder, [*asked, "--model", str(model)]) | {"train_s": train_s}


def _ours(data: DataSet, folder: Path, asked: Sequence[str]) -> dict[str, Any]:
    result = folder / "ours.json"
    module = [sys.executable, "-m", "benchmarks.linkage.ours"]
    subprocess.run([*module, data.people, data.spec_path, result, *asked], check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    sys.exit(main())
