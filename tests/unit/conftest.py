"""Properties are about results: how long an example takes depends on what else the machine does."""

from hypothesis import settings

settings.register_profile("unit", deadline=None)
settings.load_profile("unit")
