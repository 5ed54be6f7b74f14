"""What the embedded broker needs before its first start: its jars, and its classes as they are once loaded.

python -m unifier.devstack.setup            get the jars of the lock file
python -m unifier.devstack.setup --relock   resolve COORDINATES anew and write the lock file first
"""

import argparse
import sys

from unifier.devstack.errors import StackError
from unifier.devstack.fetch import cache_folder, kafka_jars, relock
from unifier.devstack.kafka import classes_cache, train


def main() -> int:
    """Fetch and train what is missing."""
    parser = argparse.ArgumentParser(prog="python -m unifier.devstack.setup", description=__doc__)
    parser.add_argument("--relock", action="store_true", help="resolve anew and write the lock file")
    try:
        if parser.parse_args().relock:
            relock()
        print(f"{len(kafka_jars())} jars of Apache Kafka in {cache_folder() / 'jars'}", file=sys.stderr)
        if not classes_cache().exists():
            train()
    except StackError as error:
        print(f"unifier: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
