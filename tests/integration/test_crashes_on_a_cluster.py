"""The deaths, lost races and orders of the other files, on a Redis Cluster."""

import pytest

from tests.integration.test_erasure_crashes import *  # noqa: F403 - the tests, which take their Redis from here
from tests.integration.test_kill import *  # noqa: F403
from tests.integration.test_many_browsers import *  # noqa: F403
from tests.integration.test_old_browsers import *  # noqa: F403
from tests.integration.test_outbox_order import *  # noqa: F403
from tests.integration.test_pipeline_crashes import *  # noqa: F403
from tests.integration.test_pipeline_faults import *  # noqa: F403
from tests.integration.test_retention import *  # noqa: F403

pytestmark = pytest.mark.slow


@pytest.fixture
def redis_url(empty_cluster_url: str) -> str:
    """Instead of the one Redis."""
    return empty_cluster_url
