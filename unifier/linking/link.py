"""`unifier link`: who is who in files of people, by the matching of the stream, without Kafka or Redis."""

import csv
import errno
import io
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from unifier.linking.bar import Bar
from unifier.linking.found import Found, find_households, link, rules_for, without_collections
from unifier.linking.records import read_records, read_spec
from unifier.linking.report import report
from unifier.linking.rows import InputError
from unifier.linking.why import decisions
from unifier.profiles.training import train
from unifier.settings import Settings


@without_collections()
def run(
    settings: Settings,
    files: Sequence[str],
    spec_file: str,
    out: str,
    model: str = "",
    report_file: str = "",
    explain_file: str = "",
    with_households: bool = False,
) -> int:
    """The command. Raises SpecError, InputError and RulesError; gives the exit code."""
    keep_what_is_read([*files, spec_file, model], [out, report_file, explain_file])
    found = read_and_link(settings, files, spec_file, model)
    if with_households:
        find_households(found)
    write(out, [_csv(found).encode()])
    if explain_file:
        lines = decisions(found)
        write(explain_file, (orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines))
    if report_file:
        write(
            report_file, [orjson.dumps(report(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)]
        )
    _tell(found)
    return 0


def read_and_link(settings: Settings, files: Sequence[str], spec_file: str, model: str) -> Found:
    """Read the files that the spec describes and put the records of one person together.

    Without a model, neither here nor in the settings, the records train one themselves.
    """
    bar = Bar()
    spec = read_spec(Path(spec_file))
    rules = rules_for(settings, spec, model)
    try:
        records = read_records([Path(file) for file in files], spec, bar)
        if model or settings.model:
            return link(records, rules, bar)
        trained = train(records.identities, rules)
        found = link(records, rules.with_model(trained.model), bar)
        found.warnings = trained.warnings
        return found
    finally:
        bar.clear()


def _csv(found: Found) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("rec_id", "profile_id", *(("household_id",) if found.household else ())))
    for record, fid in zip(found.records.ids, found.fragments, strict=True):
        profile = found.profile[fid]
        writer.writerow((record, profile, *((found.household[profile],) if found.household else ())))
    return text.getvalue()


def keep_what_is_read(read: Sequence[str], written: Sequence[str]) -> None:
    """Before any work, which may take hours: what is written can be, and is neither read nor written twice.

    Raises InputError.
    """
    taken = {Path(path).resolve() for path in read if path}
    for path in filter(None, written):
        place = Path(path).resolve()
        if path != "-" and (fault := _fault(Path(path))):
            raise _unwritable(path, os.strerror(fault))
        if place in taken:
            raise InputError(f"{path}: is read or written as something else too; choose another file")
        if path != "-" and (place.is_file() or not Path(path).exists()):  # /dev/null may be both
            taken.add(place)


def write(path: str, parts: Iterable[bytes]) -> None:
    """Write a file; "-" is standard output. Raises InputError."""
    if path == "-":
        sys.stdout.buffer.writelines(parts)
        return
    try:
        with Path(path).open("wb") as file:
            file.writelines(parts)
    except OSError as error:
        raise _unwritable(path, error.strerror) from None


def _fault(place: Path) -> int:
    """The number of the error with which it cannot be written, as far as one can see; else 0."""
    if place.is_dir():
        return errno.EISDIR
    if not place.exists() and not place.parent.is_dir():
        return errno.ENOENT
    return 0 if os.access(place if place.exists() else place.parent, os.W_OK) else errno.EACCES


def _unwritable(path: str, reason: str | None) -> InputError:
    return InputError(f"{path}: cannot be written ({reason}); choose another file")


def _tell(found: Found) -> None:
    """What came out, in a line; what was left out, in another."""
    profiles = len(set(found.profile.values()))
    for warning in found.warnings:
        sys.stderr.write(f"{warning}\n")
    homes = f", {len(set(found.household.values())):,} households" if found.household else ""
    sys.stderr.write(f"{len(found.records.ids):,} records, {profiles:,} profiles{homes}\n")
    if found.records.too_long:
        sys.stderr.write(
            f"left out {found.records.too_long:,} cells that are too long for a value of a person\n"
        )
    if limited := found.linkage.limited:
        cap = found.linkage.rules.matching.component_cap
        sys.stderr.write(
            f"{limited:,} components had more than {cap} fragments: their weakest links are left out\n"
        )
