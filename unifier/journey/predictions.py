"""What a profile may be expected to do: each number with its basis, and none where there is too little.

purchase    the chance of one within 7 days, from the first touches of a cookie on
buyer       orders to expect in the next 90 days; alive: the chance that the buyer still buys
best_hour   the hour of the day, UTC, at which the person is there most
"""

from typing import Any

from unifier.events.form import time_text
from unifier.journey.facts import ProfileFacts
from unifier.journey.forecast import CHANCE_DAYS, EXPECTED_DAYS
from unifier.journey.hours import best_hour
from unifier.profiles.marks import SIZE

HOUR_TOUCHES = 5  # marks below which the best hour would be everyone's


def predictions(facts: ProfileFacts, with_hour: bool = True) -> dict[str, Any] | None:
    """As outside readers get them; None: nothing can be said.

    Transitions go `with_hour` False: their action says itself when to come, and it is a third of the work.
    """
    told = {}
    if (purchase := _purchase(facts)) is not None:
        told["purchase"] = purchase
    if (buyer := _buyer(facts)) is not None:
        told["buyer"] = buyer
    if with_hour and (hour := _best_hour(facts)) is not None:
        told["best_hour"] = hour
    return told or None


def _purchase(facts: ProfileFacts) -> dict[str, Any] | None:
    chance = facts.purchase_chance
    if chance is None:
        return None
    return {
        "chance": round(chance, 4),
        "within_days": CHANCE_DAYS,
        "basis": {
            "phase": facts.phase,
            "marks": len(facts.packed) // SIZE,
            "last_touch_at": time_text(facts.seen[1]),
            "learned_from": facts.rules.forecast.learned_from,
        },
    }


def _buyer(facts: ProfileFacts) -> dict[str, Any] | None:
    outlook, buying, buyer = facts.outlook, facts.rules.forecast.buying, facts.buyer
    if outlook is None or buying is None or buyer is None:
        return None
    told: dict[str, Any] = {"expected_orders": round(outlook.expected, 3), "within_days": EXPECTED_DAYS}
    if buyer.repeats:
        told["alive"] = round(outlook.alive, 4)
    told["basis"] = {
        "days_with_orders": buyer.repeats + 1,
        "first_order_at": time_text(facts.sold[0]),
        "last_order_at": time_text(facts.sold[-1]),
        "learned_from": buying.learned_from,
    }
    return told


def _best_hour(facts: ProfileFacts) -> dict[str, Any] | None:
    playbook, touched = facts.rules.playbook, facts.touched
    if playbook is None or len(touched) < HOUR_TOUCHES:
        return None
    return {"hour": best_hour(touched, playbook.hours), "basis": {"marks": len(touched)}}
