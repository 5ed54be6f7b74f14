"""The commands on files of people and of clicks, for `unifier.cli`: import, link, train, explain, journey."""

import argparse
import sys

from unifier.linking.rows import InputError
from unifier.settings import load_settings

_FILES = "CSV or JSON Lines, also gzipped"


def _file_arguments(parser: argparse.ArgumentParser, required: bool = True) -> None:
    _spec_argument(parser, required)
    parser.add_argument(
        "--model",
        default="",
        metavar="M",
        help="model file; default: UNIFIER_MODEL, else trained on the rows",
    )


def _spec_argument(parser: argparse.ArgumentParser, required: bool = True) -> None:
    parser.add_argument(
        "--spec", required=required, metavar="SPEC", help="TOML that says what the columns are"
    )


def import_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `unifier import`."""
    parser.add_argument("file", metavar="FILE", help=_FILES)
    _spec_argument(parser)
    parser.add_argument("--topic", default="", metavar="T", help="the full name of another topic")


def run_import(args: argparse.Namespace) -> int:
    """`unifier import`."""
    from unifier import importer

    return importer.run(load_settings(), args.file, args.spec, args.topic)


def link_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `unifier link`."""
    parser.add_argument("files", nargs="+", metavar="FILE", help=_FILES)
    _file_arguments(parser)
    parser.add_argument("--out", required=True, metavar="OUT.csv", help="rec_id,profile_id of every row")
    parser.add_argument("--report", default="", metavar="REPORT.json", help="counts; with a truth, quality")
    parser.add_argument("--explain", default="", metavar="PAIRS.jsonl", help="why every link")
    parser.add_argument("--households", action="store_true", help="also household_id: who lives together")


def run_link(args: argparse.Namespace) -> int:
    """`unifier link`."""
    from unifier.linking import link

    return link.run(
        load_settings(),
        args.files,
        args.spec,
        args.out,
        args.model,
        args.report,
        args.explain,
        args.households,
    )


def train_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `unifier train`."""
    parser.add_argument("files", nargs="*", metavar="FILE", help=_FILES)
    _spec_argument(parser, required=False)
    parser.add_argument("--from-redis", action="store_true", help="learn from what the workers have stored")
    parser.add_argument(
        "--journey", action="store_true", help="learn from journeys what people will do: for UNIFIER_FORECAST"
    )
    parser.add_argument("--out", required=True, metavar="MODEL.json", help="the model, for UNIFIER_MODEL")


def run_train(args: argparse.Namespace) -> int:
    """`unifier train`."""
    from unifier.clickstream import train as journeys
    from unifier.linking import train as people

    if args.from_redis and not args.files and not args.spec:
        on_stored = journeys.run_on_stored if args.journey else people.run_on_stored
        return on_stored(load_settings(), args.out)
    if args.from_redis or not args.files or not args.spec:
        raise InputError("train: give either files and the --spec of their columns, or --from-redis")
    on_files = journeys.run if args.journey else people.run
    return on_files(load_settings(), args.files, args.spec, args.out)


def explain_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `unifier explain`."""
    parser.add_argument(
        "ids",
        nargs="+",
        metavar="ID",
        help="one or two profiles (also one that was merged into the other); with --in, records of files",
    )
    parser.add_argument("--in", nargs="+", dest="files", metavar="FILE", help=_FILES)
    _file_arguments(parser, required=False)
    forms = ("text", "json", "svg", "html")
    parser.add_argument("--format", choices=forms, default="text", help="a form (default text)")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="--format json")


def run_explain(args: argparse.Namespace) -> int:
    """`unifier explain`, of profiles too."""
    if len(args.ids) > 2:
        raise InputError("explain: give one or two ids")
    if bool(args.files) != bool(args.spec):
        raise InputError("explain: give both --in FILE and --spec SPEC, or neither for profiles")
    if args.files:
        from unifier.linking import explain

        return explain.run(load_settings(), args.ids, args.files, args.spec, args.model, args.format)
    from unifier.serving import explain as of_profiles

    try:
        return of_profiles.run(load_settings(), args.ids, args.format)
    except of_profiles.UnknownProfileError as error:
        print(f"unifier: explain: {error}", file=sys.stderr)  # noqa: T201 - to the operator
        return 1


def journey_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `unifier journey`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    report = actions.add_parser("report", help="phases, flows, touchpoints and weak points of click-streams")
    report.add_argument("files", nargs="+", metavar="FILE", help=_FILES)
    _spec_argument(report)
    report.add_argument("--out", required=True, metavar="DIR", help="for report.json and report.html")


def run_journey(args: argparse.Namespace) -> int:
    """`unifier journey`."""
    from unifier.clickstream import report

    return report.run(load_settings(), args.files, args.spec, args.out)
