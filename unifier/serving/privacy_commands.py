"""`unifier erase` and `unifier export`: the operator's requests, by the same desk as those by HTTP."""

import asyncio
import sys
from typing import Any

import orjson

from unifier.linking.rows import InputError
from unifier.outages import in_words
from unifier.profiles.ids import Keys
from unifier.profiles.store import People
from unifier.profiles.store.opening import opened
from unifier.profiles.store.requests import ACCEPTED, DONE, ERASED
from unifier.rules import Rules, load_rules
from unifier.serving.export import Exporter
from unifier.serving.privacy import Kind, NamesNobodyError, PrivacyDesk, TellsTooMuchError
from unifier.serving.publisher import Publisher
from unifier.serving.reader import StoreReader
from unifier.serving.steward import NotPublishedError
from unifier.settings import Settings, SettingsError

BY = "command line"
LOOK_S = 0.2


def run(settings: Settings, kind: Kind, told: list[str], reason: str, wait_s: float) -> int:
    """Ask, and print what came of it as JSON. 0: done; 1: nobody known, or not done in time.

    Raises SettingsError, RulesError, RedisError and InputError.
    """
    if not settings.secret:
        raise SettingsError("UNIFIER_SECRET: not set; identifiers are looked up by hashes keyed with it")
    rules = load_rules(settings.rules, settings.model, settings.forecast)
    identifiers = read_identifiers(told, rules)
    return asyncio.run(_ask(settings, rules, kind, identifiers, reason, wait_s))


def read_identifiers(told: list[str], rules: Rules) -> dict[str, str]:
    """TYPE=VALUE as a mapping. Raises InputError."""
    identifiers: dict[str, str] = {}
    for number, text in enumerate(told, 1):
        kind, sign, value = text.partition("=")
        if not sign or not value:
            raise InputError(f"--identifier {number}: write it as TYPE=VALUE, such as email=anna@example.org")
        if kind not in rules.identifiers:
            raise InputError(f"--identifier {number}: the rules name {', '.join(sorted(rules.identifiers))}")
        if kind in identifiers:
            raise InputError(
                f"--identifier {number}: give one of each type, and the others in a second request"
            )
        identifiers[kind] = value
    return identifiers


async def _ask(
    settings: Settings, rules: Rules, kind: Kind, identifiers: dict[str, str], reason: str, wait_s: float
) -> int:
    keys, publisher = Keys(settings.secret), Publisher(settings)
    try:
        async with opened(settings) as store:
            rules = rules.for_people(await People(store.redis).of_model())
            exporter = Exporter(store, StoreReader(store, keys, rules, settings.country), keys, rules)
            desk = PrivacyDesk(store.redis, publisher.publish, exporter, keys, rules, settings.country)
            request_id = await _requested(settings, desk, kind, identifiers, reason)
            if request_id is None:
                return 1
            state = await _settled(desk, request_id, wait_s)
    finally:
        await publisher.close()
    sys.stdout.buffer.write(orjson.dumps(state, option=orjson.OPT_INDENT_2) + b"\n")
    return 0 if state["state"] == DONE and state.get("export", True) else 1


async def _requested(
    settings: Settings, desk: PrivacyDesk, kind: Kind, identifiers: dict[str, str], reason: str
) -> str | None:
    """The id of the request; None when the broker does not take it, which is told."""
    try:
        return await desk.request(kind, identifiers, reason, BY)
    except NamesNobodyError:
        raise InputError("--identifier: such a value can name nobody; give a complete one") from None
    except TellsTooMuchError:
        raise InputError("--reason: it is kept for good; leave the identifiers out of it") from None
    except NotPublishedError as error:
        words = error.__cause__ and in_words(error.__cause__, settings)
        words = words or f"the broker at {settings.kafka} does not confirm: ask `unifier doctor` why"
        sys.stderr.write(f"unifier: {words}; then give the request again\n")
        return None


async def _settled(desk: PrivacyDesk, request_id: str, wait_s: float) -> dict[str, Any]:
    """The state of the request once it is carried out, or after the time."""
    told = False
    for _ in range(int(wait_s / LOOK_S) + 1):
        if await desk.standing(request_id) not in (ACCEPTED, ERASED):
            break
        if not told:
            sys.stderr.write(f"request {request_id} is with the workers; Ctrl-C ends the waiting alone\n")
            told = True
        await asyncio.sleep(LOOK_S)
    state = await desk.state(request_id, BY)
    assert state is not None, "the request was just made"
    return state
