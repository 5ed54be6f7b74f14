"""Takes other rules, or another model, up while the service runs, as the workers do."""

from collections.abc import Callable

from unifier.in_force import RulesInForce, keep_looking
from unifier.matching.scale import forget_scale
from unifier.rules import Rules
from unifier.serving.calls import Services


class Renewal:
    """`services`: what the next call works with."""

    def __init__(self, in_force: RulesInForce, rules: Rules, build: Callable[[Rules], Services]) -> None:
        self._in_force = in_force
        self._rules = rules
        self._build = build
        self.services = build(rules)

    async def run(self) -> None:
        """Until cancelled."""
        await keep_looking(self._look)

    async def _look(self) -> None:
        rules, former = await self._in_force.look(), self._rules
        if rules is not former:
            self._rules, self.services = rules, self._build(rules)
            forget_scale(former)
