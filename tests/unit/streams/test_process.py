"""What the event loop finds lying about is told in one line, without what it holds."""

import asyncio
import gc
import logging

import pytest

from unifier.streams.process import tell_in_a_line


async def test_an_error_that_nobody_waits_for_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell_in_a_line)
    with caplog.at_level(logging.WARNING):
        loop.create_future().set_exception(ValueError("anna@example.org"))
        gc.collect()
        await asyncio.sleep(0)
    (record,) = caplog.records
    assert record.getMessage() == "Future exception was never retrieved: ValueError"
    assert record.exc_info is None
