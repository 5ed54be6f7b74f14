"""Who somebody may be, asked over HTTP of what a worker has stored."""

import pytest
import redis

from tests.conftest import SettingsFactory
from tests.integration.service import new_key, running_api
from tests.integration.spine import Publisher, ago, drained, working
from unifier.client import Client, InvalidError


def stored(url: str) -> dict[bytes, bytes | None]:
    """All that is in Redis."""
    with redis.Redis.from_url(url) as client:
        return {key: client.dump(key) for key in client.scan_iter(count=1_000) if key != b"u:keys"}


def test_somebody_with_a_misprint_is_found_and_nothing_is_written(settings: SettingsFactory) -> None:
    own = settings()
    key = new_key(own.redis, "profiles:read")
    home = {"street": "Ulmenstr. 4", "postalCode": "50667", "city": "Köln"}
    publish = Publisher(own)
    people = [("Greta", "1980-02-03"), ("Paul", "1978-05-06")]
    for number, (first, birthday) in enumerate(people):
        traits = {"firstName": first, "lastName": "Unterhuber", "birthday": birthday, "address": home}
        record = {"record_id": f"{number}", "source": "crm", "occurred_at": ago(100), "traits": traits}
        publish.send("crm", record)
    publish.flush()
    with working(own):
        drained(own)
    served = running_api(own.redis, UNIFIER_TOPIC_PREFIX=own.topic_prefix)
    with served as (url, _), Client(url, key, timeout_s=30) as client:
        before = stored(own.redis)
        asked = {"firstName": "Greta", "lastName": "Unterhubre", "birthday": "03.02.1980"}
        greta, *others = client.match({**asked, "address": home})
        assert greta.one_person
        assert greta.probability > 0.99
        assert greta.profile_id == client.match(asked, limit=1)[0].profile_id
        assert not any(other.one_person for other in others)
        assert client.match({"firstName": "Nobody", "lastName": "Known", "birthday": "1990-01-02"}) == []
        with pytest.raises(InvalidError, match="nobody can be looked up"):
            client.match({"firstName": "Greta"})
        assert stored(own.redis) == before
