"""`unifier doctor`: looks at all that a worker needs and says of each that it is well, or how to mend it."""

import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

import redis
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import GroupIdNotFoundError, KafkaError, RetriableError

from unifier.matching.model import shipped_model
from unifier.outages import NAME_THE_MASTER, in_words, redis_place
from unifier.profiles.store.clients import connect_plainly, masters_of
from unifier.profiles.store.forms import ALIVE_MS
from unifier.profiles.store.layout import BEHIND, CAPPED, FORMS, PEOPLE, SEALS
from unifier.profiles.store.seal import NO_KEY, lacking, seal_of
from unifier.rules import Rules, RulesError, load_model, load_rules
from unifier.settings import Settings, SettingsError, load_settings
from unifier.streams.topics import INBOUND, admin_client, topic_faults

T = TypeVar("T")

_REDIS_TIMEOUT_S = 5
_PATIENCE_S = 10
_OLDEST_REDIS = 7
_CLOCK_S = 5
_SECRET_LENGTH = 16
_FLUSHED = {
    "always": "nothing",
    "everysec": "up to two seconds",
    "no": "up to half a minute",
}
_OUTGROWN = 4  # times as many people as the model is meant for: two bits
_BUCKETS = {"hash-max-listpack-entries": 512, "hash-max-listpack-value": 1024}


class Finding(NamedTuple):
    """What was found of one part; if it is not well, the words say how to mend it."""

    part: str
    well: bool
    words: str


def run(environ: Mapping[str, str]) -> int:
    """The command: a line each; exit code 1 if anything is wrong."""
    code = 0
    for part, well, words in examine(environ):
        sys.stdout.write(f"{'ok   ' if well else 'WRONG'}  {part:<12} {words}\n")
        sys.stdout.flush()
        code = code if well else 1
    return code


def examine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at settings, model, rules, secret, Kafka and Redis, in this order."""
    try:
        settings = load_settings(environ)
    except SettingsError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, "read")
    rules = yield from _rules(settings)
    yield _secret(settings)
    yield from _kafka(settings)
    yield from _redis(settings, rules)


def _rules(settings: Settings) -> Generator[Finding, None, Rules | None]:
    """The model, and the rules with whatever they say in its place; gives both, None if one is wrong."""
    model = None
    try:
        model = load_model(settings.model) if settings.model else shipped_model()
    except RulesError as error:
        yield Finding("model", False, str(error))
    else:
        trained = f"trained on {model.trained_on.rows} rows" if model.trained_on.rows else "set by hand"
        when = f", {model.trained_on.date}" if model.trained_on.date else ""
        yield Finding(
            "model", True, f"{settings.model or 'the shipped one'}: {model.fingerprint}, {trained}{when}"
        )
    try:
        rules = load_rules(settings.rules, forecast=settings.forecast)
    except RulesError as error:
        yield Finding("rules", False, str(error))
        return None
    words = f"{settings.rules or 'the shipped ones'}: {len(rules.identifiers)} identifier types"
    if own := rules.own_weights():
        words += f"; in place of the model's weights they say {', '.join(own)}"
    yield Finding("rules", True, words)
    return rules.with_model(model) if model else None


def _secret(settings: Settings) -> Finding:
    if len(settings.secret) < _SECRET_LENGTH:
        return Finding(
            "secret",
            False,
            f"UNIFIER_SECRET is {'too short' if settings.secret else 'not set'}: give all workers the same, "
            "such as `openssl rand -hex 32` prints, and never change it on stored data",
        )
    return Finding("secret", True, f"{len(settings.secret)} characters")


def _kafka(settings: Settings) -> Iterator[Finding]:
    try:
        with admin_client(settings) as admin:
            yield _broker(admin, settings)
            faults = topic_faults(admin, settings)
            missing = any(fault.endswith("missing") for fault in faults)
            mend = "run `unifier topics create`" if missing else "mend the topics or the settings"
            yield Finding(
                "topics", not faults, f"{'; '.join(faults)}: {mend}" if faults else "as they should be"
            )
            if not missing:
                yield from _lag(admin, settings)
    except (KafkaError, SettingsError) as error:
        yield Finding("broker", False, in_words(error, settings) or str(error))


def _broker(admin: KafkaAdminClient, settings: Settings) -> Finding:
    brokers = len(admin.describe_cluster()["brokers"])
    if brokers < settings.replication:
        return Finding(
            "broker",
            False,
            f"{brokers} brokers for {settings.replication} replicas: add some or lower UNIFIER_REPLICATION",
        )
    return Finding("broker", True, f"{settings.kafka}, {brokers} broker{'s' if brokers != 1 else ''}")


def _lag(admin: KafkaAdminClient, settings: Settings) -> Iterator[Finding]:
    """Records that wait, per input topic. That they wait is well while somebody reads them."""
    committed, readers = _patiently(partial(_group, admin, settings.group))
    for name in INBOUND:
        topic = settings.topic(name)
        lag = _patiently(partial(_waiting, admin, topic, committed))
        words = f"{topic}: {lag} wait for group {settings.group}, {readers} workers read"
        if lag and not readers:
            yield Finding("lag", False, f"{words}: start `unifier worker`")
        else:
            yield Finding("lag", True, words)


def _group(admin: KafkaAdminClient, group: str) -> tuple[dict[Any, Any], int]:
    """Committed offsets by partition, and the number of members."""
    if "__consumer_offsets" not in admin.list_topics():  # no group has ever been on this cluster
        return {}, 0
    return admin.list_group_offsets([group]).get(group, {}), _members(admin, group)


def _waiting(admin: KafkaAdminClient, topic: str, committed: dict[Any, Any]) -> int:
    """Records of a topic that its group has yet to read."""
    partitions = [
        TopicPartition(topic, one["partition_index"])
        for described in admin.describe_topics([topic])
        for one in described["partitions"]
    ]
    first = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
    ends = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    return sum(
        ends[one].offset - max(committed[one].offset if one in committed else 0, first[one].offset)
        for one in partitions
    )


def _patiently(ask: Callable[[], T]) -> T:
    """Ask again while leaders and coordinators change, as they do after a start, for some seconds."""
    pause = threading.Event()
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return ask()
        except RetriableError:
            if time.monotonic() > deadline:
                raise
            pause.wait(0.1)


def _members(admin: KafkaAdminClient, group: str) -> int:
    try:
        return len(admin.describe_groups([group])[group]["members"])
    except GroupIdNotFoundError:
        return 0


def _redis(settings: Settings, rules: Rules | None) -> Iterator[Finding]:
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
            yield _sweep(client)
            yield _caps(client)
            yield _seal(client, settings)
            if rules is not None:
                yield _people(client, rules)
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


def _sweep(client: "redis.Redis") -> Finding:
    """Whether all that is stored was worked out by one set of rules and one model."""
    now = client.time()[0] * 1000
    forms: Any = client.zrange(FORMS.decode(), 0, -1, withscores=True)
    used = sum(said > now - ALIVE_MS for _, said in forms)
    if used > 1:
        words = f"workers use {used} rules or models: give all the same UNIFIER_RULES and UNIFIER_MODEL"
        return Finding("sweep", False, f"{words}; until then nothing is worked out anew")
    if len(forms) < 2:
        return Finding("sweep", True, "what is stored is worked out by the rules and the model in force")
    behind: Any = client.get(BEHIND.decode())
    left = "components" if behind is None else f"{behind} components"
    words = f"{left} are yet to be worked out by the rules and the model in force"
    return Finding("sweep", True, words if used else f"{words}: a worker does it")


def _caps(client: "redis.Redis") -> Finding:
    """Which bounded structures were full; that is their purpose, and yet worth a look."""
    found: Any = client.hgetall(CAPPED.decode())
    if not found:
        return Finding("caps", True, "no bounded structure was ever full")
    times = ", ".join(f"{structure} {count}" for structure, count in sorted(found.items()))
    return Finding("caps", True, f"times that bounded structures were full: {times}")


def _people(client: "redis.Redis", rules: Rules) -> Finding:
    """How many people are known, and for how many the model was made fit: of more, more agree by chance."""
    told: Any = client.hgetall(PEOPLE.decode())
    if not told:
        return Finding("people", True, "not counted yet: a worker does it")
    known, meant, may_come = int(told["known"]), rules.matching.model.people, rules.matching.people
    fit = max(int(told["model"]), may_come)
    words = f"some {known:,} are known, the model is meant for {meant:,}"
    if max(known, may_come) > _OUTGROWN * meant and rules.matching.prior_bits is not None:
        return Finding("people", False, f"{words}: take prior_bits out of the rules file, else it stays so")
    return Finding("people", True, f"{words} and made fit for {fit:,}" if fit > meant else words)


def _seal(client: "redis.Redis", settings: Settings) -> Finding:
    """Whether all that is stored can be opened, and with which keys it is sealed."""
    seal = seal_of(settings)
    names: Any = client.zrange(SEALS.decode(), 0, -1)
    used = {bytes.fromhex(name) for name in names}
    if lacks := seal.lacks(used):
        return Finding("seal", False, lacking(lacks, seal.name != NO_KEY))
    if seal.name == NO_KEY:
        return Finding("seal", True, "none: what is stored is not sealed")
    others = ", ".join(sorted(name.hex() for name in used - {seal.name, NO_KEY}))
    if used <= {seal.name}:
        return Finding("seal", True, f"what is stored is sealed with the key named {seal.name.hex()}")
    words = f"what is stored is yet to be sealed with the key named {seal.name.hex()}"
    words += f"; until then {others} is needed too" if others else ""
    return Finding("seal", True, words)


def _clock(client: "redis.Redis", now: Callable[[], float] = time.time) -> Finding:
    before = now()
    seconds, micros = client.time()
    ahead = (before + now()) / 2 - (seconds + micros / 1e6)
    words = f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} Redis"
    if abs(ahead) > _CLOCK_S:
        return Finding("clock", False, f"{words}: keep both in time by NTP")
    return Finding("clock", True, words)
