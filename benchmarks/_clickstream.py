"""A shop's click-stream with planted faults: rows as a web log would have them."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

HEAD = ("event_id", "user_id", "session_id", "timestamp", "event", "platform", "region", "campaign")
START = datetime(2026, 3, 1, tzinfo=UTC)
FUNNEL = ("product_view", "add_to_cart", "cart", "shipping_details", "payment_details", "purchase")
GO_ON = (0.8, 0.35, 0.8, 0.75, 0.8, 0.85)  # to each step of the funnel from the one before it
PLATFORMS, REGIONS = ("ios", "android", "desktop"), ("north", "south", "east", "west")
CAMPAIGNS = ("", "", "newsletter", "search_ads")
ERROR = "error_page"
SPEC = """
id = "event_id"
user = "user_id"
session = "session_id"
event = "event"
time = "timestamp"
[events]
product_view = "Product Viewed"
add_to_cart = "Product Added"
purchase = "Order Completed"
error_page = "signal:trouble"
[attributes]
platform = "device"
region = "region"
campaign = "campaign"
"""


class Fault(NamedTuple):
    """From day `since` up to day `until`, `to` is reached by this part of those who used to."""

    to: str
    since: int
    until: int
    left: float
    platform: str = ""  # "": everybody's
    says_so: bool = False  # those who fail see an error page


class Crowd(NamedTuple):
    """From day `since` up to day `until`, so many more visits a day of people who look and leave."""

    campaign: str
    since: int
    until: int
    visits: int


def rows(
    seed: int, days: int, visits: int, faults: Sequence[Fault] = (), crowds: Sequence[Crowd] = ()
) -> Iterator[tuple[str, ...]]:
    """About `visits` visits a day, fewer at week-ends; four in ten by somebody who was there before."""
    rng = random.Random(seed)
    people: list[tuple[str, str, str]] = []
    number = 0
    for day in range(days):
        active = [fault for fault in faults if fault.since <= day < fault.until]
        for _ in range(int(visits * (0.7 if day % 7 > 4 else 1.0) * rng.uniform(0.85, 1.15))):
            number += 1
            if people and rng.random() < 0.4:
                user, platform, region = rng.choice(people)
            else:
                user, region = f"u{number}", rng.choice(REGIONS)
                platform = rng.choices(PLATFORMS, (0.4, 0.35, 0.25))[0]
                people.append((user, platform, region))
            at = START + timedelta(days=day, seconds=rng.randrange(86_000))
            here = [fault for fault in active if fault.platform in ("", platform)]
            campaign = rng.choice(CAMPAIGNS)
            for place, name in enumerate(_visit(rng, here)):
                at += timedelta(seconds=rng.randrange(5, 120))
                told = at.isoformat(), name, platform, region, campaign
                yield f"{number}.{place}", user, f"s{number}", *told
        for crowd in crowds:
            if crowd.since <= day < crowd.until:
                yield from _crowd(rng, crowd, day)


def _crowd(rng: random.Random, crowd: Crowd, day: int) -> Iterator[tuple[str, ...]]:
    for number in range(crowd.visits):
        who = f"{crowd.campaign}.{day}.{number}"
        at = (START + timedelta(days=day, seconds=rng.randrange(86_000))).isoformat()
        platform, region = rng.choice(PLATFORMS), rng.choice(REGIONS)
        for place, name in enumerate(("home", "product_view")):
            yield f"{who}.{place}", who, who, at, name, platform, region, crowd.campaign


def _visit(rng: random.Random, faults: Sequence[Fault]) -> list[str]:
    names = [name for name, often in (("email_click", 0.1), ("search", 0.4)) if rng.random() < often]
    names.insert(0, "home")
    for name, share in zip(FUNNEL, GO_ON, strict=True):
        if rng.random() > share:
            break
        failed = next((fault for fault in faults if fault.to == name and rng.random() > fault.left), None)
        if failed is not None:
            names += [ERROR] if failed.says_so else []
            break
        names.append(name)
    return names
