import pytest

from benchmarks.linkage.memory import remembered_mb


@pytest.mark.slow
def test_tables_and_memories_of_a_worker_stay_below_100_mb_when_all_are_full() -> None:
    assert remembered_mb() <= 100
