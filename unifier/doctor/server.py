"""What the doctor says of the servers of Redis."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import redis

from unifier.doctor.finding import Finding
from unifier.doctor.stored import look_at_stored
from unifier.outages import NAME_THE_MASTER, in_words, redis_place
from unifier.profiles.store.clients import connect_plainly, masters_of
from unifier.rules import Rules
from unifier.settings import Settings, SettingsError

_REDIS_TIMEOUT_S = 5
_OLDEST_REDIS = 7
_CLOCK_S = 5
_FLUSHED = {
    "always": "nothing",
    "everysec": "up to two seconds",
    "no": "up to half a minute",
}
_BUCKETS = {"hash-max-listpack-entries": 512, "hash-max-listpack-value": 1024}


def look_at_redis(settings: Settings, rules: Rules | None) -> Iterator[Finding]:
    """Every master, and what is stored in them."""
    try:
        with connect_plainly(
            settings.redis,
            socket_timeout=_REDIS_TIMEOUT_S,
            socket_connect_timeout=_REDIS_TIMEOUT_S,
            decode_responses=True,
        ) as client:
            found, away = _masters(client, settings)
            if away:
                yield from away
                return
            for part in zip(*found.values(), strict=True):
                yield _of_all(dict(zip(found, part, strict=True)))
            yield from look_at_stored(client, settings, rules)
    except (redis.RedisError, SettingsError) as error:
        yield Finding("redis", False, in_words(error, settings) or str(error))


def _masters(client: "redis.Redis", settings: Settings) -> tuple[dict[str, list[Finding]], list[Finding]]:
    """What is to be said of each master, by its place; and those that do not answer."""
    found, away = {}, []
    for place, master in masters_of(client).items():
        try:
            found[place] = _master(master, settings)
        except redis.RedisError as error:
            at_place = settings.model_copy(update={"redis": f"redis://{place}"}) if place else settings
            away.append(Finding("redis", False, in_words(error, at_place) or str(error)))
    return found, away


def _of_all(found: dict[str, Finding]) -> Finding:
    """One finding about a part of all masters; if some are not well, it names these."""
    wrong = [place for place, finding in found.items() if not finding.well]
    first = next(iter(found.values())) if not wrong else found[wrong[0]]
    return first._replace(words=f"{', '.join(wrong)}: {first.words}") if any(wrong) else first


def _master(client: "redis.Redis", settings: Settings) -> list[Finding]:
    """What is to be said of one server."""
    info: dict[str, Any] = client.info()
    config = _config(client)
    return [
        _version(info, settings),
        _eviction(info),
        _persistence(info),
        _writes(info, config),
        _durability(info, config, settings),
        _buckets(config),
        _clock(client),
    ]


def _config(client: "redis.Redis") -> dict[str, Any]:
    """The settings of the server that are looked at."""
    try:
        found: Any = client.config_get("appendfsync", "min-replicas-to-write", *_BUCKETS)
    except redis.ResponseError:  # a hosted Redis may forbid CONFIG
        return {}
    return dict(found)


def _version(info: dict[str, Any], settings: Settings) -> Finding:
    product = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get("valkey_version") or info["redis_version"])
    words = f"{redis_place(settings)}, {product} {version}"
    if int(version.split(".")[0]) < _OLDEST_REDIS:
        return Finding("redis", False, f"{words}: needs Redis {_OLDEST_REDIS} or Valkey")
    return Finding("redis", True, words)


def _eviction(info: dict[str, Any]) -> Finding:
    policy = info.get("maxmemory_policy", "unknown")
    if policy != "noeviction":
        return Finding(
            "eviction",
            False,
            f"maxmemory-policy is {policy}: set noeviction, else a full memory forgets people",
        )
    return Finding("eviction", True, policy)


def _persistence(info: dict[str, Any]) -> Finding:
    if not info.get("aof_enabled"):
        return Finding(
            "persistence", False, "no append-only file: set appendonly yes, else a crash loses events"
        )
    if info.get("aof_last_write_status") != "ok" or info.get("loading"):
        return Finding("persistence", False, "the append-only file cannot be written: free disk space")
    return Finding("persistence", True, "append-only file")


def _writes(info: dict[str, Any], found: dict[str, Any]) -> Finding:
    """Whether it takes any: workers wait, and answer to nothing, while it does not."""
    if info["role"] != "master":
        return Finding("writes", False, f"none are taken by a replica: {NAME_THE_MASTER}")
    most, used = int(info["maxmemory"]), int(info["used_memory"]) - int(info["mem_not_counted_for_evict"])
    if 0 < most <= used:
        return Finding(
            "writes", False, f"none are taken, the memory of {most >> 20} MB is full: raise maxmemory"
        )
    wanted, good = int(found.get("min-replicas-to-write", 0)), int(info.get("min_slaves_good_slaves", 0))
    if good < wanted:
        words = f"none are taken with {good} of {wanted} replicas: start them, or lower min-replicas-to-write"
        return Finding("writes", False, words)
    return Finding("writes", True, f"taken; {used >> 20} MB are used{f' of {most >> 20}' if most else ''}")


def _durability(info: dict[str, Any], found: dict[str, Any], settings: Settings) -> Finding:
    """What the end of the server, of its machine, and a fail-over may cost."""
    replicas = int(info["connected_slaves"])
    flushed = _FLUSHED.get(found.get("appendfsync") or "", "what it has not flushed")
    words = [f"a crash or a power cut loses {flushed}", f"{replicas} replica{'s' if replicas != 1 else ''}"]
    if settings.replicas and not replicas:
        words.append("UNIFIER_DURABILITY is replica, so workers wait: start a replica, or set none")
        return Finding("durability", False, "; ".join(words))
    if settings.replicas:
        words.append("a fail-over loses nothing")
    elif replicas:
        words.append("a fail-over loses what they do not have yet, unless UNIFIER_DURABILITY is replica")
        if found.get("min-replicas-to-write") == "0":
            words.append("a master that is cut off goes on alone, unless min-replicas-to-write is set")
    return Finding("durability", True, "; ".join(words))


def _buckets(config: dict[str, Any]) -> Finding:
    found = {name: int(config.get(name) or 0) for name in _BUCKETS}
    if not config:
        return Finding("buckets", True, "unknown: this Redis does not show its settings")
    wrong = [
        f"{name} is {found[name]}, set {least}" for name, least in _BUCKETS.items() if found[name] < least
    ]
    if wrong:
        return Finding("buckets", False, "; ".join(wrong) + ": else the index takes three times the memory")
    return Finding("buckets", True, ", ".join(f"{name} {value}" for name, value in found.items()))


def _clock(client: "redis.Redis", now: Callable[[], float] = time.time) -> Finding:
    before = now()
    seconds, micros = client.time()
    ahead = (before + now()) / 2 - (seconds + micros / 1e6)
    words = f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} Redis"
    if abs(ahead) > _CLOCK_S:
        return Finding("clock", False, f"{words}: keep both in time by NTP")
    return Finding("clock", True, words)
