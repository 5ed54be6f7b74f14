"""The whole way while its servers die and come back: nothing is lost, and readers end with what is stored."""

from collections import Counter

import pytest

from tests.integration.spine import Publisher, ago, drained, profiles, read, told, working
from tests.waiting import eventually
from unifier.devstack.stack import Stack
from unifier.settings import Settings

CUSTOMERS = 20


@pytest.mark.parametrize("dies", ["broker", "Redis"])
def test_an_outage_while_events_flow_loses_and_doubles_nothing(
    breakable_stack: Stack, breakable_settings: Settings, dies: str
) -> None:
    installation = breakable_settings.model_copy(update={"snapshot_s": 0.2})
    server = breakable_stack.kafka_server if dies == "broker" else breakable_stack.redis_server
    publish = Publisher(installation)
    bought = Counter[str]()

    def round_of_sales() -> None:
        for n in range(CUSTOMERS):
            publish.sale(ago(1_000), "1.00", {"loyalty_id": f"L{n}"})
            publish.sale(ago(1_000), "1.00", {"loyalty_id": f"L{n}", "email": f"a{n}@example.org"})
            bought[f"L{n}"] += 2

    with working(installation):
        for number in range(9):
            round_of_sales()
            publish.flush()
            if number in (3, 6):
                eventually(lambda: profiles(installation))
                server.kill()
                if dies == "Redis":
                    round_of_sales()
                    publish.flush()
                server.start()
        drained(installation, 120)
        eventually(lambda: told(installation) == profiles(installation), 120)
    found = {
        p["identifiers"]["loyalty_id"][0]: p["metrics"]["orders"] for p in profiles(installation).values()
    }
    assert found == bought
    phases = {
        key: message["data"]["to"]
        for key, message in read(installation, "journey")
        if message and message["data"]["model"] == "six-phase"
    }
    assert phases == {pid: p["phase"]["current"] for pid, p in profiles(installation).items()}
    created = [key for key, message in read(installation, "identity") if message]
    assert set(profiles(installation)) <= set(created)
