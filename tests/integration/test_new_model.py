"""A worker takes another model up while it runs, and whoever comes after its death carries the sweep on."""

from collections import Counter
from pathlib import Path

import redis

from tests.conftest import SettingsFactory
from tests.integration.spine import Worker, drained, profiles, read, working
from tests.integration.strangers import STRANGERS, publish_in_two_halves
from tests.waiting import eventually
from unifier.matching.model import shipped_model
from unifier.profiles.store.layout import BEHIND, FORMS


def test_what_is_stored_follows_a_new_model_through_a_broken_file_and_a_kill(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    path = tmp_path / "model.json"
    path.write_text(shipped_model().model_copy(update={"prior_bits": -40.0}).to_json())
    installation = settings(model=str(path), sweep_rate=12.0, snapshot_s=0.2)
    with redis.Redis.from_url(installation.redis) as client, working(installation) as workers:
        publish_in_two_halves(installation)
        drained(installation)
        assert len(profiles(installation)) == 2 * STRANGERS

        path.write_text("{}")
        eventually(lambda: "stay in force" in workers[0].log())
        assert "model.json" in workers[0].log()
        path.write_text(shipped_model().to_json())
        eventually(lambda: 0 < int(client.get(BEHIND) or 0) < 2 * STRANGERS)
        workers[0].kill()
        assert STRANGERS < len(profiles(installation)) < 2 * STRANGERS
        workers[0] = Worker(installation)
        eventually(lambda: client.zcard(FORMS) == 1, 120)

        found = profiles(installation)
        assert len(found) == STRANGERS
        eventually(lambda: {k for k, m in dict(read(installation, "profiles")).items() if m} == set(found))
    told = {m["id"]: m for _, m in read(installation, "identity") if m}  # a relay that died may say it again
    merged = [m for m in told.values() if m["type"].endswith(".merged.v1")]
    assert Counter(m["subject"] for m in merged) == Counter(list(found))
    assert all(m["data"]["cause"] == {"model": shipped_model().fingerprint} for m in merged)
