"""`unifier train`: a model for the stream, learnt from files of people whose truth nobody knows."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from unifier.linking.bar import Bar
from unifier.linking.found import rules_for
from unifier.linking.link import write
from unifier.linking.records import read_records, read_spec
from unifier.profiles.training import train
from unifier.settings import Settings


def run(settings: Settings, files: Sequence[str], spec_file: str, out: str) -> int:
    """The command. Raises SpecError, InputError and RulesError; gives the exit code."""
    bar = Bar()
    spec = read_spec(Path(spec_file))
    rules = rules_for(settings, spec, "")
    try:
        records = read_records([Path(file) for file in files], spec, bar)
    finally:
        bar.clear()
    trained = train(records.identities, rules, datetime.now(UTC).date().isoformat())
    write(out, [trained.model.to_json().encode()])
    for line in (*trained.warnings, trained.model.trained_on.what):
        sys.stderr.write(f"{line}\n")
    return 0
