"""The rules in force: those of the files, the model made fit for as many people as are known."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from unifier import metrics
from unifier.profiles.store import People
from unifier.reload import RulesFiles
from unifier.rules import Rules, RulesError

log = logging.getLogger(__name__)

LOOK_S = 2.0


class RulesInForce:
    """What a process that runs on works by; a service and its workers come to the same."""

    def __init__(self, files: RulesFiles, people: People) -> None:
        self._files = files
        self._people = people
        self._of: tuple[Rules, int] | None = None
        self._rules = files.rules

    async def look(self) -> Rules:
        """To be called every few seconds; the same object until there are others. Raises RedisError."""
        try:
            await asyncio.to_thread(self._files.look)
        except RulesError as error:
            metrics.rules_refused_total.inc()
            log.error("%s; the rules and model before stay in force", error)
        of = self._files.rules, await self._people.of_model()
        if of != self._of:
            rules = of[0].for_people(of[1])
            if self._of is not None and of[0] is self._of[0] and rules.form == self._rules.form:
                rules = self._rules  # more people are known, and the rules tell of more still
            if self._of is not None and rules is not self._rules:
                metrics.rules_taken_up_total.inc()
                log.info(
                    "rules %s and model %s come in force", rules.fingerprint, rules.matching.model.fingerprint
                )
            self._of, self._rules = of, rules
        return self._rules


async def keep_looking(look: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled, look every few seconds, whatever a look runs into."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            await look()
        except RedisError as error:
            log.warning("rules: Redis: %s; looking again", type(error).__name__)
        except Exception as error:  # the rules before stay in force, and those after these may be well
            log.error("rules: %s; looking again", type(error).__name__)
