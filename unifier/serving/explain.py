"""`unifier explain PROFILE [OTHER]`: why a profile is one person, or why two are or are not."""

import asyncio
import sys
from collections.abc import Sequence

from unifier.explaining.forms import formed
from unifier.explaining.report import Report, of_profile, of_two
from unifier.linking.rows import InputError
from unifier.profiles.component import Component
from unifier.profiles.ids import Keys, fragment_of
from unifier.profiles.store import People
from unifier.profiles.store.opening import opened
from unifier.rules import Rules, load_rules
from unifier.serving.evidence import Asked, account_of, evidence, verdict
from unifier.serving.reader import StoreReader
from unifier.settings import Settings


class UnknownProfileError(ValueError):
    """Nothing is stored under an id."""


def run(settings: Settings, ids: Sequence[str], form: str) -> int:
    """The command. Raises RulesError, RedisError, InputError and UnknownProfileError; gives the exit code."""
    rules = load_rules(settings.rules, settings.model)
    rules, (one, *other) = asyncio.run(_read(settings, rules, ids))
    report, told = _two(one, other[0], rules) if other else _profile(one, rules)
    sys.stdout.write(formed(form, report, told))
    return 0


async def _read(settings: Settings, rules: Rules, ids: Sequence[str]) -> tuple[Rules, list[Asked]]:
    """The rules in force and the profiles."""
    for number, pid in enumerate(ids, 1):
        if fragment_of(pid) is None:
            raise InputError(
                f"explain: argument {number} is no profile id (p_ and 20 characters); for records of a file "
                "add --in and --spec"
            )
    async with opened(settings) as store:
        rules = rules.for_people(await People(store.redis).of_model())
        reader = StoreReader(store, Keys(settings.secret), rules, settings.country)
        places = await reader.places(ids)
    for pid in ids:
        if pid not in places:
            raise UnknownProfileError(f"there is no profile {pid} in UNIFIER_REDIS with UNIFIER_SHARDS")
    return rules, [Asked(*places[pid], pid) for pid in ids]


def _profile(asked: Asked, rules: Rules) -> tuple[Report, object]:
    component, record, _ = asked
    name = _Names(component)
    told = evidence(component, record, rules)
    return of_profile(_title(asked), account_of(component, record, rules), name), told


def _two(one: Asked, other: Asked, rules: Rules) -> tuple[Report, object]:
    found = verdict(one, other, rules)
    if found is None:
        raise InputError("explain: the two ids are one profile; give one of them")
    told = {"profiles": [one.asked, other.asked], **found.told(bytes.hex)}
    return of_two(_title(one), _title(other), found, _Names(one.component, other.component)), told


def _title(asked: Asked) -> str:
    pid = asked.record.pid
    return pid if pid == asked.asked else f"{asked.asked} (now {pid})"


class _Names:
    """Fragments by id and source, so that a reader knows what spoke."""

    def __init__(self, *components: Component) -> None:
        self._components = components

    def __call__(self, fid: bytes) -> str:
        component = next(each for each in self._components if fid in each)
        return f"{fid.hex()} ({' '.join(component.fragment(fid).source.split())})"
