"""The command line: a table of commands, each a parser and the one module that does its work.

A command imports its module only when it runs, so that `unifier --help` is quick and a command works
without the extras that another one needs. To add a command: one `Command` in `commands()`.
"""

import argparse
import sys
from collections.abc import Callable
from typing import NamedTuple

from unifier.settings import SettingsError, load_settings

Run = Callable[[argparse.Namespace], int]
FAULT, WRONG_USE = 1, 2


class Command(NamedTuple):
    """One word after `unifier`: `arguments` fills its parser, `run` gives the exit code (0, 1 or 2)."""

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], object]
    run: Run


def _up_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", metavar="DIR", help="keep the data in DIR; without it they go when the stack goes"
    )
    parser.add_argument("--env-file", metavar="FILE", help="write the settings there instead of to stdout")


def _up(args: argparse.Namespace) -> int:
    from unifier.devstack import up

    return up.run(args.data, args.env_file)


COMMANDS: list[Command] = [
    Command("up", "run the embedded Kafka and Redis until Ctrl-C", _up_arguments, _up),
]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="unifier", description="Streaming omnichannel customer profiles.")
    words = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = words.add_parser(command.name, help=command.help, description=command.help)
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run a command; exit codes: 0 done, 1 ran and found a fault, 2 wrong use."""
    args = parser().parse_args(argv)
    try:
        code: int = args.run(args)
    except KeyboardInterrupt:
        return 130
    except SettingsError as error:
        print(f"unifier: {error}", file=sys.stderr)
        return WRONG_USE
    return code


if __name__ == "__main__":
    sys.exit(main())
