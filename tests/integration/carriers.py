"""Whoever carries out the actions that transitions tell, and what they are told twice."""

from collections import defaultdict
from typing import Any

from tests.integration.in_process import RULES
from tests.integration.in_redis import Told
from tests.integration.messages import ms

FIRST = "six-phase"  # the model whose transitions tell actions
ACTIONS = {action.name: action for action in (RULES.playbook.actions if RULES.playbook else ())}


class Carrier:
    """Somebody who carries out what the transitions of one profile say, each action at its time."""

    def __init__(self) -> None:
        self.going = dict[str, dict[str, Any]]()
        self.out = dict[str, float]()  # when each action went out last

    def stop(self, what: str, now: float) -> None:
        if what in self.going and (at := ms(self.going.pop(what)["when"])) <= now:
            self.out[what] = at

    def cools(self, what: str, since: str) -> bool:
        """Whether an action went out too lately to go out for a stay that began then."""
        rule = ACTIONS[what]
        last = self.out.get(what, 0) if rule.cooldown else 0
        return ms(since) + rule.delay < last + rule.cooldown

    def take(self, each: Told) -> bool:
        """What a transition says; whether it is an action that is under way, or that went out just now."""
        now, action = ms(each["detected_at"]), each.get("action")
        over = [what for what, going in self.going.items() if ms(going["until"]) <= now]
        for what in over + each.get("stops", []):
            self.stop(what, now)
        if action is None:
            return False
        what = action["what"]
        again = what in self.going or self.cools(what, each["at"])
        self.going[what] = action
        return again


def twice(told: list[Told]) -> list[Told]:
    """What tells an action to one profile again, though it was not stopped, or went out just now."""
    carriers = defaultdict[str, Carrier](Carrier)
    return [each for each in told if each["model"] == FIRST and carriers[each["profile_id"]].take(each)]
