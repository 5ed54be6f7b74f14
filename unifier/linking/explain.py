"""`unifier explain RECORD [OTHER] --in FILE`: why records of a file are, or are not, one person."""

import sys
from collections.abc import Sequence

from unifier.explaining.forms import formed
from unifier.explaining.report import of_profile, of_two
from unifier.linking.found import Found, without_collections
from unifier.linking.link import read_and_link
from unifier.linking.why import profile_of, why
from unifier.settings import Settings


@without_collections()
def run(
    settings: Settings, records: Sequence[str], files: Sequence[str], spec: str, model: str, form: str
) -> int:
    """The command, for one record's profile or for two records. Gives the exit code.

    Raises SpecError, InputError and RulesError.
    """
    found = read_and_link(settings, files, spec, model)
    one, *other = records
    sys.stdout.write(_two(found, one, other[0], form) if other else _profile(found, one, form))
    return 0


def _two(found: Found, one: str, other: str, form: str) -> str:
    verdict, name = why(found, one, other), found.first.__getitem__
    profiles = {found.profile[found.fragments[found.records.number(record)]] for record in (one, other)}
    told = {"records": [one, other], "profiles": sorted(profiles), **verdict.told(name)}
    return formed(form, of_two(one, other, verdict, name), told)


def _profile(found: Found, record: str, form: str) -> str:
    account, name = profile_of(found, record), found.first.__getitem__
    profile = found.profile[found.fragments[found.records.number(record)]]
    told = {"profile_id": profile, **account.told(name)}
    return formed(form, of_profile(f"{record} in {profile}", account, name), told)
