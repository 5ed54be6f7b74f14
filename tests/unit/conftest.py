"""Properties are about results: how long an example takes depends on what else the machine does.

A run at a desk draws new examples each time and finds what was not thought of; an integration run draws the
same ones, so that it tells of the change that it looks at.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unit",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("unit")
