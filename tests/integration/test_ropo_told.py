"""A sale at the till carries what its buyer looked at online, if the buyer lets both be put together."""

from typing import Any

import pytest
import redis.asyncio

from tests.integration.shop import MAIL, Shop, known, track
from tests.integration.spine import profiles_at


@pytest.fixture
def shop(client: redis.asyncio.Redis) -> Shop:
    return Shop(client)


def stitching(word: bool) -> dict[str, Any]:
    return {"context": {"consent": {"categoryPreferences": {"stitching": word}}}}


@pytest.mark.parametrize("word", [None, True, False], ids=["no word", "yes", "no"])
async def test_only_what_may_be_put_together_is_research_before_a_sale(
    shop: Shop, redis_url: str, word: bool | None
) -> None:
    said = {} if word is None else stitching(word)
    campaign = {"campaign": {"source": "news", "medium": "email", "name": "autumn"}}
    await shop.hear(0, known("c1", **said))
    await shop.hear(1, track("Product Viewed", "c1", context={**campaign, **said.get("context", {})}))
    [sale, *_] = [each for each in await shop.till(30, MAIL) if each["to"] == "purchase"]
    ropo_buyers = [pid for pid, one in profiles_at(redis_url).items() if "ropo_buyer" in one["segments"]]
    if word is False:
        assert "ropo" not in sale
        assert ropo_buyers == []
    else:
        assert (sale["ropo"]["kind"], sale["ropo"]["touches"]) == ("ropo", 1)
        assert list(sale["ropo"]["by_campaign"]) == ["autumn"]
        assert ropo_buyers == [sale["profile_id"]]


async def test_a_no_that_comes_after_the_sale_takes_the_research_from_it(shop: Shop, redis_url: str) -> None:
    await shop.hear(0, known("c1"), track("Product Viewed", "c1"))
    await shop.till(30, MAIL)
    await shop.hear(40, known("c1", **stitching(False)))
    people = profiles_at(redis_url)
    assert len(people) > 1
    assert not any("ropo_buyer" in one["segments"] for one in people.values())
