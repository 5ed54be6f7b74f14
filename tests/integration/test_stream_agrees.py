"""The stream gives the very profiles of `unifier link`, in whatever order and batches the rows come."""

import random
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from redis.asyncio import Redis

from benchmarks.linkage.ours import Run, differing
from benchmarks.linkage.rows import Row
from benchmarks.linkage.stream import Stream
from unifier.matching.spec import parse_spec
from unifier.profiles.store import Commit
from unifier.rules import Rules, default_rules
from unifier.streams import resolve

SPEC = parse_spec(
    """
    id = "id"
    country = "DE"
    [columns]
    first = "first_name"
    last = "last_name"
    mail = "email"
    born = "birth_date"
    post = "postcode"
    city = "city"
    card = "identifier:payment_account"
    loyal = "identifier:loyalty_id"
    """,
    "spec",
)


def rules(**caps: int) -> Rules:
    """The shipped rules, with caps that a small crowd reaches; none is near the cap of a component."""
    shipped = default_rules()
    matching = shipped.matching.model_copy(update={"component_cap": 100_000, **caps})
    kinds = {kind: rule.model_copy(update={"shared_above": 2}) for kind, rule in shipped.identifiers.items()}
    return shipped.model_copy(update={"matching": matching, "identifiers": kinds})


TIGHT = rules(block_cap=3, shared_holders=6)
EVERY = {"one by one": (1, 1), "in batches": (40, 1), "two workers": (12, 2)}


def crowd(seed: int, size: int = 160) -> list[Row]:
    """Few names, birth dates and places, so that every kind of key is worn out by some."""
    rng = random.Random(seed)
    homes = list(product(["83093", "10117", "20095"], ["Bad Endorf", "Berlin"]))
    rows = []
    for number in range(size):
        first = rng.choice(["Anna", "Änne", "Otto", "Peter", "Petra", ""])
        last = rng.choice(["Müller", "Mueller", "Jagemann", "Unterhuber", "Maier", ""])
        post, city = rng.choice([*homes, ("", ""), ("", "Berlin")])
        rows.append(
            {
                "id": str(number),
                "first": first,
                "last": last,
                "mail": rng.choice(
                    ["", "", f"{first}.{last}{rng.randrange(4)}@x.de", f"office{rng.randrange(9)}@x.de"]
                ),
                "born": rng.choice(["", f"19{rng.randrange(60, 64)}-0{rng.randrange(1, 4)}-15"]),
                "post": post,
                "city": city,
                "card": rng.choice(["", "", "", str(rng.randrange(30))]),
                "loyal": rng.choice(["", "", "", str(rng.randrange(40))]),
            }
        )
    return rows


@pytest.mark.parametrize("every", list(EVERY))
@pytest.mark.parametrize("seed", [0, 1, 2])
async def test_any_order_and_any_batches_give_the_profiles_of_link(
    client: Redis, seed: int, every: str
) -> None:
    rows, (most, workers) = crowd(seed), EVERY[every]
    labels = Run(rows, SPEC, TIGHT).labels()
    rng = random.Random(seed)
    coming = list(rows)
    rng.shuffle(coming)
    stream = Stream(client, SPEC, TIGHT, workers)
    await stream.run(coming, rng, most)
    assert differing(labels, await stream.labels(rows)) == 0


@pytest.mark.parametrize("seed", [0, 1, 2])
async def test_candidates_compared_a_few_at_a_time_give_them_too(
    client: Redis, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "CANDIDATES_TOGETHER", 2)
    rows = crowd(seed)
    stream = Stream(client, SPEC, TIGHT)
    await stream.run(rows, random.Random(seed), 80)
    assert differing(Run(rows, SPEC, TIGHT).labels(), await stream.labels(rows)) == 0


class Death(BaseException):
    """The end of a process, which no handler of errors sees."""


async def test_what_a_worker_left_undone_when_it_died_is_done_when_the_rows_come_again(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, size = crowd(5), 40
    for start in range(0, len(rows), size):
        dying, next_one = Stream(client, SPEC, TIGHT), Stream(client, SPEC, TIGHT)
        dying.offsets, next_one.offsets = [start], [start]
        commit = dying.store.commit

        async def die(commits: Sequence[Commit], commit: Any = commit) -> None:
            await commit(commits)
            raise Death

        monkeypatch.setattr(dying.store, "commit", die)
        with pytest.raises(Death):
            await dying.give([rows[start : start + size]])
        await next_one.give([rows[start : start + size]])
    assert differing(Run(rows, SPEC, TIGHT).labels(), await next_one.labels(rows)) == 0
