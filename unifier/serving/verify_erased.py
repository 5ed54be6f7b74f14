"""`unifier verify-erased`: reads all of Redis and all topics, and says what is left of a person."""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any

import orjson

from unifier.linking.rows import InputError
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store
from unifier.profiles.store.opening import opened
from unifier.profiles.store.requests import Requests
from unifier.profiles.traces import Traces
from unifier.profiles.whom import hashed, place_of
from unifier.rules import load_rules
from unifier.serving.privacy_commands import read_identifiers
from unifier.settings import Settings, SettingsError
from unifier.streams.found import Found
from unifier.streams.look_in_redis import look_in_redis
from unifier.streams.look_in_topics import look_in_topics
from unifier.streams.topics import existing_topics


def run(settings: Settings, told: list[str], request_id: str) -> int:
    """Print the finding as JSON; of a request, note it there. 0: nothing is left, 1: something is, or may be.

    Raises SettingsError, RulesError, InputError, MissingError, RedisError and KafkaError.
    """
    if not settings.secret:
        raise SettingsError("UNIFIER_SECRET: not set; identifiers are looked up by hashes keyed with it")
    rules = load_rules(settings.rules, settings.model)
    if not told and not request_id:
        raise InputError("verify-erased: whom to look for? give --identifier or --request")
    identifiers = read_identifiers(told, rules)
    hashes = hashed(identifiers.items(), Keys(settings.secret), rules, settings.country)
    if identifiers and not hashes:
        raise InputError("--identifier: such a value can name nobody; give a complete one")
    existing_topics(settings)  # what is not there would not be looked at
    finding = asyncio.run(_look(settings, hashes, request_id))
    sys.stdout.buffer.write(orjson.dumps(finding, option=orjson.OPT_INDENT_2) + b"\n")
    return 1 if finding["left"] or finding["unopened"] else 0


async def _look(settings: Settings, hashes: list[str], request_id: str) -> dict[str, Any]:
    async with opened(settings) as store:
        requests = Requests(store.redis)
        if request_id:
            about = await requests.about(request_id)
            if "hashes" not in about:
                raise InputError("--request: there is no such request in UNIFIER_REDIS")
            hashes = [*hashes, *about["hashes"].split()]
        finding = await verify(settings, store, await _telling(store, hashes))
        if request_id:
            await requests.tell(request_id, finding=orjson.dumps(finding).decode())
        return finding


async def _telling(store: Store, hashes: Sequence[str]) -> list[str]:
    """Those that name somebody: a shared value does not, many carry it. Raises InputError if none does.

    Of the others it is said that they are left aside, or that nothing is left would seem to be said of them.
    """
    entries = await store.lookup([place_of(one) for one in hashes])
    telling = [one for one, entry in zip(hashes, entries, strict=True) if entry is None or not entry.shared]
    if not telling:
        raise InputError("verify-erased: too many share these values, so they name nobody; give others")
    for kind in sorted({one.partition(":")[0] for one in hashes if one not in telling}):
        sys.stderr.write(f"{kind}: too many share the value, so it names nobody and was not looked for\n")
    return telling


async def verify(settings: Settings, store: Store, hashes: Sequence[str]) -> dict[str, Any]:
    """The finding: the fields of `models.VerifierFinding`. Raises RedisError and KafkaError.

    `hashes`: identifiers that name somebody.
    """
    found = Found()
    for entry in await store.lookup([place_of(one) for one in hashes]):
        if entry is not None and entry.until:
            found.known |= dict.fromkeys(entry.holders, entry.until)
    traces = Traces(hashes, Keys(settings.secret), settings.country)
    await look_in_redis(store, traces, found)
    await look_in_topics(settings, traces, found)
    return found.told(int(time.time() * 1000))
