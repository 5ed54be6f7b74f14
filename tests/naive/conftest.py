"""The client of the integration tests."""

from tests.integration.conftest import client

__all__ = ["client"]
