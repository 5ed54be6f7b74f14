"""Real data through the whole stream: what the profiles say equals what the source says, to the cent."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.real_input import Input, cdnow, differing, receipts
from tests.integration.spine import working
from tests.waiting import eventually
from unifier.devstack.simulate.publish import publish
from unifier.settings import Settings

CDNOW = Path(__file__).parents[1] / "data" / "cdnow_300.txt"


@pytest.fixture(params=["receipts", "cdnow"])
def source(request: pytest.FixtureRequest) -> Input:
    return receipts(households=20) if request.param == "receipts" else cdnow(CDNOW)


def test_orders_and_revenue_of_every_customer_equal_the_source(
    source: Input, settings: Callable[..., Settings]
) -> None:
    one = settings()
    assert len(source.expected) >= 20
    with working(one):
        asyncio.run(publish(source.messages, one))
        eventually(lambda: not asyncio.run(differing(one, source)), 120)


def test_the_slice_of_cdnow_is_whole() -> None:
    source = cdnow(CDNOW)
    assert len(source.expected) == 300
    assert sum(1 for _ in source.messages) == sum(told.orders for told in source.expected.values()) > 800
    assert source.expected["cdnow-00002"].revenue == Decimal("89.00")
