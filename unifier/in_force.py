"""The rules in force: those of the files, the model made fit for as many people as are known."""

import asyncio
import logging

from unifier import metrics
from unifier.profiles.store import People
from unifier.reload import RulesFiles
from unifier.rules import Rules, RulesError

log = logging.getLogger(__name__)


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
            if self._of is not None and rules is not self._rules:
                metrics.rules_taken_up_total.inc()
                log.info(
                    "rules %s and model %s come in force", rules.fingerprint, rules.matching.model.fingerprint
                )
            self._of, self._rules = of, rules
        return self._rules
