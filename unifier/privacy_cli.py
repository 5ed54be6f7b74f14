"""The privacy commands of the command line: their arguments. Their work is done by modules loaded at need."""

import argparse

from unifier.settings import load_settings


def _identifier_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--identifier",
        action="append",
        required=True,
        metavar="TYPE=VALUE",
        help="of the person, such as email=anna@example.org; of several the person that most of them name",
    )


def request_arguments(parser: argparse.ArgumentParser) -> None:
    """Whom a request is about, and why it is made."""
    _identifier_arguments(parser)
    parser.add_argument(
        "--reason", default="by the operator", metavar="WHY", help="for the audit trail: best a file number"
    )


def erase_arguments(parser: argparse.ArgumentParser) -> None:
    """The same, and how long to wait."""
    request_arguments(parser)
    parser.add_argument(
        "--wait", type=float, default=60, metavar="S", help="seconds to wait for the workers (default 60)"
    )


def erase(args: argparse.Namespace) -> int:
    """`unifier erase`."""
    from unifier.serving import privacy_commands

    return privacy_commands.run(load_settings(), "erase", args.identifier, args.reason, args.wait)


def export(args: argparse.Namespace) -> int:
    """`unifier export`."""
    from unifier.serving import privacy_commands

    return privacy_commands.run(load_settings(), "export", args.identifier, args.reason, 0)
