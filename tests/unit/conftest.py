"""Properties are about results: how long an example takes depends on what else the machine does.

A run at a desk draws new examples each time and finds what was not thought of; an integration run draws the
same ones, so that it tells of the change that it looks at.
"""

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "unit",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _no_log_is_left() -> Iterator[None]:
    """A command sends its log to a stderr that is closed after the test: no other test is to write there."""
    yield
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if type(handler) is logging.StreamHandler]:
        root.removeHandler(handler)
