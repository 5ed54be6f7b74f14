"""`unifier train`: a model for the stream, learnt from files or from Redis, without truth."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from unifier.linking.bar import Bar
from unifier.linking.found import rules_for
from unifier.linking.link import keep_what_is_read, write
from unifier.linking.records import read_records, read_spec
from unifier.linking.rows import InputError
from unifier.linking.stored import read_sample
from unifier.matching.train import Trained
from unifier.profiles.ids import Keys
from unifier.profiles.store.opening import opened
from unifier.profiles.training import Sample, train, train_on_sample
from unifier.rules import Rules, load_rules
from unifier.settings import Settings, SettingsError


def run(settings: Settings, files: Sequence[str], spec_file: str, out: str) -> int:
    """The command. Raises SpecError, InputError and RulesError; gives the exit code."""
    keep_what_is_read([*files, spec_file], [out])
    bar = Bar()
    spec = read_spec(Path(spec_file))
    rules = rules_for(settings, spec, "")
    try:
        records = read_records([Path(file) for file in files], spec, bar)
    finally:
        bar.clear()
    _put_out(train(records.identities, rules, _today()), out)
    return 0


def run_on_stored(settings: Settings, out: str) -> int:
    """The command with --from-redis. Raises SettingsError, InputError, RulesError and RedisError."""
    if not settings.secret:
        raise SettingsError("UNIFIER_SECRET: not set; give the one of the workers, to find what they stored")
    rules = load_rules(settings.rules)  # from the shipped model: learning from what was learnt would drift
    sample = asyncio.run(_stored(settings, rules))
    if not sample.records:
        raise InputError("UNIFIER_REDIS: holds nobody who has a name or an identifier; load events first")
    _put_out(train_on_sample(sample, rules, _today()), out)
    sys.stderr.write(
        f"To use it, name {out} in UNIFIER_MODEL. Workers that name it already take it up within seconds,\n"
        "and work out anew what is stored; `unifier doctor` tells how much of it is left.\n"
    )
    return 0


async def _stored(settings: Settings, rules: Rules) -> Sample:
    async with opened(settings) as store:
        return await read_sample(store, Keys(settings.secret), rules)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _put_out(trained: Trained, out: str) -> None:
    write(out, [trained.model.to_json().encode()])
    for line in (*trained.warnings, trained.model.trained_on.what):
        sys.stderr.write(f"{line}\n")
