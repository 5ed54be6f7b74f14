"""Takes other rules, or another model, up while the service runs, as the workers do."""

import asyncio
import logging
from collections.abc import Callable

from redis.exceptions import RedisError

from unifier.in_force import RulesInForce
from unifier.matching.scale import forget_scale
from unifier.rules import Rules
from unifier.serving.calls import Services

log = logging.getLogger(__name__)

LOOK_S = 2.0


class Renewal:
    """`services`: what the next call works with."""

    def __init__(self, in_force: RulesInForce, rules: Rules, build: Callable[[Rules], Services]) -> None:
        self._in_force = in_force
        self._rules = rules
        self._build = build
        self.services = build(rules)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._look()
            except RedisError as error:
                log.warning("rules: Redis: %s; looking again", type(error).__name__)
            except Exception as error:  # the rules before stay in force, and those after these may be well
                log.error("rules: %s; looking again", type(error).__name__)

    async def _look(self) -> None:
        rules, former = await self._in_force.look(), self._rules
        if rules is not former:
            self._rules, self.services = rules, self._build(rules)
            forget_scale(former)
