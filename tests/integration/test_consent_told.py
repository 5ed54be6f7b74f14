"""What is said about consent under one writing of an account, a card or a browser holds under every other."""

import pytest
import redis.asyncio

from tests.integration.in_process import feed, people
from tests.integration.messages import online, sale

NO = {"consent": {"categoryPreferences": {"stitching": False}}}
MAIL = {"email": "anna@example.org"}


@pytest.mark.parametrize("writing", ["c1", " c1", "c1\t"])
async def test_a_browser_that_said_no_stays_alone(
    client: redis.asyncio.Redis, redis_url: str, writing: str
) -> None:
    into = feed(client)
    told = [
        online("Product Viewed", anonymousId=writing, context=NO),
        online("Product Viewed", anonymousId="c1", context={"traits": MAIL}),
        sale({**MAIL, "loyalty_id": "L1"}),
    ]
    await into.give(told)
    assert [one["fragments"] for one in people(redis_url)] == [1, 1, 1]
