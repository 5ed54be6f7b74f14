"""Makes labelled people data: KIND.csv.gz and its spec KIND.toml. Invented people only.

python -m benchmarks.people retail_de traps --seed 3 --out DIR
"""

import argparse
from pathlib import Path

from benchmarks.people.kinds import KINDS, make


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.people", description=__doc__.split("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(KINDS)}; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=float, default=1.0, help="times the usual number of people")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    args = parser.parse_args()
    for kind in args.kinds or KINDS:
        if kind not in KINDS:
            parser.error(f"no kind {kind!r}; there are {', '.join(KINDS)}")
        made = make(kind, args.size, args.seed)
        people, _ = made.write(args.out)
        print(f"{people}  {len(made.rows):,} rows, {len({row['person'] for row in made.rows}):,} people")


if __name__ == "__main__":
    main()
