"""The privacy commands of the command line: their arguments. Their work is done by modules loaded at need."""

import argparse

from unifier.settings import load_settings


def _text(told: str) -> str:
    try:
        told.encode()
    except UnicodeEncodeError:  # half a character stands for a byte that is none
        raise argparse.ArgumentTypeError("write it in UTF-8") from None
    return told


def _identifier_arguments(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument(
        "--identifier",
        type=_text,
        action="append",
        required=required,
        default=[],
        metavar="TYPE=VALUE",
        help="of the person, such as email=anna@example.org; of several the person that most of them name",
    )


def request_arguments(parser: argparse.ArgumentParser) -> None:
    """Whom a request is about, and why it is made."""
    _identifier_arguments(parser)
    parser.add_argument(
        "--reason",
        type=_text,
        default="by the operator",
        metavar="WHY",
        help="for the audit trail: best a file number",
    )


def _seconds(told: str) -> float:
    try:
        seconds = float(told)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError("seconds, of a day at most")
    return seconds


def erase_arguments(parser: argparse.ArgumentParser) -> None:
    """The same, and how long to wait."""
    request_arguments(parser)
    parser.add_argument(
        "--wait", type=_seconds, default=60, metavar="S", help="seconds to wait for the workers (default 60)"
    )


def erase(args: argparse.Namespace) -> int:
    """`unifier erase`."""
    from unifier.serving import privacy_commands

    return privacy_commands.run(load_settings(), "erase", args.identifier, args.reason, args.wait)


def export(args: argparse.Namespace) -> int:
    """`unifier export`."""
    from unifier.serving import privacy_commands

    return privacy_commands.run(load_settings(), "export", args.identifier, args.reason, 0)


def verify_arguments(parser: argparse.ArgumentParser) -> None:
    """Whom to look for."""
    _identifier_arguments(parser, required=False)
    parser.add_argument(
        "--request",
        type=_text,
        default="",
        metavar="ID",
        help="of whom a request is; notes the finding there",
    )


def verify_erased(args: argparse.Namespace) -> int:
    """`unifier verify-erased`."""
    from unifier.serving import verify_erased

    return verify_erased.run(load_settings(), args.identifier, args.request)


COMMANDS = (
    ("erase", "forget a person everywhere", erase_arguments, erase),
    ("export", "everything that is stored of a person, as JSON", request_arguments, export),
    (
        "verify-erased",
        "read all of Redis and all topics: what is left of a person?",
        verify_arguments,
        verify_erased,
    ),
)
"""Word, help, arguments and work of each."""
