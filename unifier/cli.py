"""The command line: a table of commands, each a parser and the one module that does its work.

A command imports its module only when it runs, so that `unifier --help` is quick and a command works
without the extras that another one needs. To add a command: one `Command` in `COMMANDS`.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple, NoReturn

from unifier import files_cli, privacy_cli
from unifier.devstack.errors import StackError
from unifier.events.errors import REASONS
from unifier.linking.rows import InputError
from unifier.matching.spec import SpecError
from unifier.outages import MissingError, in_words
from unifier.rules import RulesError
from unifier.settings import SettingsError, load_settings
from unifier.standard_streams import with_standard_streams

Run = Callable[[argparse.Namespace], int]
FAULT, WRONG_USE = 1, 2
_EXTRAS = {"api": "api", "doctor": "api", "demo": "api,client,devstack", "simulate": "devstack"}
"""What a command needs beyond the package itself."""


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


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="play the week once and end")
    parser.add_argument(
        "--events", type=int, default=20_000, metavar="N", help="about so many (default 20000)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed, another retailer")
    parser.add_argument("--report", metavar="FILE", help="write what came out as JSON")


def _demo(args: argparse.Namespace) -> int:
    from unifier.devstack.demo import run

    if args.events < 1_000:
        print("unifier: --events: give at least 1000, else there is little to see", file=sys.stderr)
        return WRONG_USE
    return run.run(args.once, args.events, args.seed, args.report)


def _simulate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--people", type=int, default=1000, metavar="N", help="people (default 1000)")
    parser.add_argument("--days", type=float, default=7, metavar="D", help="simulated days (default 7)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed, another retailer")
    parser.add_argument("--end", metavar="TIME", help="end of the simulated time, ISO 8601 (default: now)")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--publish", action="store_true", help="publish to the topics")
    where.add_argument("--out", metavar="DIR", help="write the messages and the truth to files in DIR")


def _simulate(args: argparse.Namespace) -> int:
    from unifier.devstack.simulate import publish

    end_ms = _ms("--end", args.end) or int(datetime.now(UTC).timestamp() * 1000)
    if args.people < 1 or not 0 < args.days * 86_400_000 <= end_ms:
        print("unifier: give at least one person and a part of a day, and begin after 1970", file=sys.stderr)
        return WRONG_USE
    return publish.run(args.people, args.days, args.seed, end_ms, args.out)


def _bench_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="drain, latency, read, …, or all; `list` names them")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="…", help="its own options")


def _bench(args: argparse.Namespace) -> int:
    from unifier import bench

    return bench.run(args.name, args.rest)


def _topics_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=("create", "check"), help="make them, or say what is missing or differs"
    )


def _topics(args: argparse.Namespace) -> int:
    from unifier.streams.topics import check_topics, create_topics

    settings = load_settings()
    if args.action == "create":
        for name in create_topics(settings):
            print(name)
        return 0
    faults = check_topics(settings)
    for fault in faults:
        print(fault)
    return FAULT if faults else 0


def _port(told: str) -> int:
    if not told.isdecimal() or int(told) > 65_535:  # asyncio takes 65536 more for the same port
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return int(told)


def _host(told: str) -> str:
    if not told:  # the system takes it for all addresses
        raise argparse.ArgumentTypeError("give an address; 0.0.0.0 is all there are")
    return told


def _worker_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--http-port",
        type=_port,
        metavar="P",
        help="answer /healthz, /readyz and /metrics on this port",
    )
    parser.add_argument(
        "--http-host", type=_host, default="127.0.0.1", metavar="H", help="there (default 127.0.0.1)"
    )


def _worker(args: argparse.Namespace) -> int:
    from unifier.streams import worker

    http = None if args.http_port is None else (args.http_host, args.http_port)
    return worker.run(load_settings(), http)


def _api_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", type=_host, default="127.0.0.1", metavar="H", help="address (default 127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=_port, default=8080, metavar="P", help="port (default 8080; 0: a free one)"
    )


def _api(args: argparse.Namespace) -> int:
    from unifier.serving import server

    return server.run(load_settings(), args.host, args.port)


def _keys_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make a key and print it, this once")
    add.add_argument("name", metavar="NAME", help="whose it is")
    scopes = ("profiles:read", "steward:write", "privacy:write", "journey:read")
    add.add_argument(
        "--scope",
        action="extend",
        nargs="+",
        required=True,
        choices=scopes,
        help="what it may do",
    )
    actions.add_parser("list", help="name, state, scopes and day of every key")
    actions.add_parser("revoke", help="end a key").add_argument("name", metavar="NAME")


def _keys(args: argparse.Namespace) -> int:
    from unifier.serving.keys import ApiKeyError, ApiKeyNameError, open_book

    try:
        with open_book(load_settings()) as book:
            if args.action == "add":
                print(book.add(args.name, tuple(args.scope)))
            elif args.action == "revoke":
                book.revoke(args.name)
            else:
                for key in book.all():
                    state = f"revoked {key.revoked}" if key.revoked else "works"
                    print(key.name, state, ",".join(key.scopes), f"made {key.created}", sep="\t")
    except ApiKeyError as error:
        return _refuse(str(error), WRONG_USE if isinstance(error, ApiKeyNameError) else FAULT)
    return 0


def _replay_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--dead-letters", action="store_true", help="put them back onto their topics, each once"
    )
    words = "how many merges and splits would differ by these rules, with samples; writes nothing"
    what.add_argument("--what-if", metavar="RULES.toml", help=words)
    parser.add_argument("--since", metavar="T", help="only what came since then, ISO 8601")
    words = "only dead letters with this reason"
    parser.add_argument("--reason", metavar="R", choices=sorted(REASONS), help=words)


def _replay(args: argparse.Namespace) -> int:
    since_ms = _ms("--since", args.since)
    if args.dead_letters:
        from unifier.streams import replay

        return replay.run(load_settings(), since_ms, args.reason)
    if args.reason:
        raise InputError("--reason: goes with --dead-letters alone")
    from unifier.streams import what_if

    return what_if.run(load_settings(), args.what_if, since_ms)


def _ms(option: str, told: str | None) -> int | None:
    """Milliseconds since 1970 of a time, if one is given; UTC if it names no zone. Raises InputError."""
    if told is None:
        return None
    try:
        when = datetime.fromisoformat(told)
        at = when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        at = datetime.min
    if not 1970 <= at.year < datetime.max.year:
        raise InputError(f"{option}: give an ISO 8601 time since 1970, such as 2026-11-20T18:00:00+01:00")
    return int(at.timestamp() * 1000)


def _doctor(_: argparse.Namespace) -> int:
    from unifier import doctor

    return doctor.run(os.environ)


def _schema_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=("asyncapi", "openapi", "json"), help="which contract")
    parser.add_argument("name", nargs="?", metavar="NAME", help="of `json`: one schema instead of all")


def _schema(args: argparse.Namespace) -> int:
    from unifier import schema

    return schema.run(args.kind, args.name)


def _no_arguments(_: argparse.ArgumentParser) -> None:
    pass


COMMANDS: list[Command] = [
    Command(
        "demo", "a retailer's week on embedded Kafka and Redis, and what came of it", _demo_arguments, _demo
    ),
    Command("up", "run the embedded Kafka and Redis until Ctrl-C", _up_arguments, _up),
    Command("topics", "make the topics, or check them", _topics_arguments, _topics),
    Command("worker", "one stream worker; start as many as there are partitions", _worker_arguments, _worker),
    Command("api", "the HTTP service", _api_arguments, _api),
    Command("keys", "API keys of the HTTP service", _keys_arguments, _keys),
    Command(
        "import",
        "publish the people of a file as CRM records",
        files_cli.import_arguments,
        files_cli.run_import,
    ),
    Command(
        "link",
        "who is who in files of people, without Kafka or Redis",
        files_cli.link_arguments,
        files_cli.run_link,
    ),
    Command(
        "train", "learn weights from people, without truth", files_cli.train_arguments, files_cli.run_train
    ),
    Command(
        "explain", "why these are, or are not, one person", files_cli.explain_arguments, files_cli.run_explain
    ),
    Command(
        "journey",
        "journeys in click-stream files, without Kafka or Redis",
        files_cli.journey_arguments,
        files_cli.run_journey,
    ),
    *(Command(*command) for command in privacy_cli.COMMANDS),
    Command("replay", "put mended dead letters back, or try other rules", _replay_arguments, _replay),
    Command("doctor", "say of every part that it is well, or how to mend it", _no_arguments, _doctor),
    Command("schema", "the contracts of topics and HTTP, printed", _schema_arguments, _schema),
    Command("simulate", "the simulated retailer: its events and the truth", _simulate_arguments, _simulate),
    Command("bench", "run a benchmark, each beside its peer", _bench_arguments, _bench),
]


class _Parser(argparse.ArgumentParser):
    """Tells wrong use in one line that names the mend, as all else is told."""

    def error(self, message: str) -> NoReturn:
        """End with the exit code of wrong use."""
        self.exit(WRONG_USE, f"{self.prog}: {' '.join(message.split())}; see `{self.prog} --help`\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(
        prog="unifier",
        description="Streaming omnichannel customer profiles.",
        epilog="Exit codes: 0 done; 1 ran and found a fault; 2 wrong use; 130 ended by Ctrl-C or SIGTERM, "
        "which end worker, api and up with 0. Settings are UNIFIER_* in the environment, or in the TOML file "
        "that UNIFIER_CONFIG names.",
    )
    words = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = words.add_parser(command.name, help=command.help, description=command.help)
        command.arguments(sub)
        sub.set_defaults(run=command.run, parser=sub)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run a command; exit codes: 0 done, 1 ran and found a fault, 2 wrong use."""
    return with_standard_streams(lambda: _run(argv))


def _run(argv: list[str] | None) -> int:
    args, unknown = parser().parse_known_args(argv)
    if unknown:
        args.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    # Its errors are told in our words. A command with a log of its own lets it warn again.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        code: int = args.run(args)
    except (SettingsError, RulesError, SpecError, InputError) as error:
        return _refuse(str(error), WRONG_USE)
    except (StackError, MissingError) as error:
        return _refuse(str(error), FAULT)
    except ModuleNotFoundError as error:
        if args.command not in _EXTRAS:
            raise
        mend = f"pip install 'unifier[{_EXTRAS[args.command]}]'"
        return _refuse(f"{args.command}: needs {error.name}: {mend}", FAULT)
    except OSError:  # of files, and of standard output; the clients have errors of their own
        raise
    except Exception as error:
        if (words := in_words(error, load_settings())) is None:
            raise
        return _refuse(words, FAULT)
    return code


def _refuse(words: str, code: int) -> int:
    print(f"unifier: {words}", file=sys.stderr)
    return code
