"""Takes other rules, or another model, up while the worker runs, and says in Redis what `doctor` tells."""

from collections.abc import Callable

from unifier import metrics
from unifier.in_force import RulesInForce, keep_looking
from unifier.matching.scale import forget_scale
from unifier.profiles.store import Caps, Forms
from unifier.rules import Rules
from unifier.streams.intake import Intake
from unifier.streams.memory import keep_what_is_there
from unifier.streams.pipeline import Pipeline
from unifier.streams.unify import Unifier

Build = Callable[[Rules], tuple[Intake, Unifier]]


class Renewal:
    """Looks at the files every few seconds, and says by which rules and with which key this worker works."""

    def __init__(
        self, in_force: RulesInForce, pipeline: Pipeline, forms: Forms, seals: Forms, caps: Caps, build: Build
    ) -> None:
        self._in_force = in_force
        self._pipeline = pipeline
        self._forms = forms
        self._seals = seals
        self._caps = caps
        self._build = build

    async def run(self) -> None:
        """Until cancelled."""
        await keep_looking(self.look)

    async def look(self) -> None:
        """Take up what is new. Raises RedisError."""
        rules = await self._in_force.look()
        if rules is not self._pipeline.unifier.rules:
            await self._take_up(rules)
        await self._forms.say(self._pipeline.unifier.form)
        await self._seals.say(self._pipeline.store.seal.name)
        await self._caps.tell(metrics.capped())

    async def _take_up(self, rules: Rules) -> None:
        former = self._pipeline.unifier.rules
        intake, unifier = self._build(rules)
        await self._forms.say(unifier.form)  # before anything is written by them
        await self._pipeline.take_up(intake, unifier)
        forget_scale(former)
        keep_what_is_there()
