"""What the doctor says of what is stored in Redis."""

from collections.abc import Iterator
from typing import Any

import redis

from unifier.doctor.finding import Finding
from unifier.profiles.store import stamp
from unifier.profiles.store.forms import ALIVE_MS
from unifier.profiles.store.layout import BEHIND, CAPPED, FORMS, PEOPLE, SEALS, STAMP
from unifier.profiles.store.seal import NO_KEY, lacking, seal_of
from unifier.rules import Rules
from unifier.settings import Settings

_OUTGROWN = 4  # times as many people as the model is meant for: two bits


def look_at_stored(client: "redis.Redis", settings: Settings, rules: Rules | None) -> Iterator[Finding]:
    """By what it is filled, worked out and sealed, and what of it is full."""
    yield _stamp(client, settings)
    yield _sweep(client)
    yield _caps(client)
    yield _seal(client, settings)
    if rules is not None:
        yield _people(client, rules)


def _stamp(client: "redis.Redis", settings: Settings) -> Finding:
    """Whether what is stored was filled with these shards, topics, secret, and by code that stores alike."""
    found: Any = client.get(STAMP.decode())
    if found is None:
        return Finding("stamp", True, "nothing is stored yet: the first worker says with what")
    if words := stamp.otherwise(found, settings):
        return Finding("stamp", False, words)
    words = f"filled from these topics, with {settings.shards} shards and this secret, layout {stamp.LAYOUT}"
    return Finding("stamp", True, words)


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
