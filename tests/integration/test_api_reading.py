"""What was published is read over HTTP, and what a steward says there comes true."""

import pytest

from tests.conftest import SettingsFactory
from tests.integration.service import drained_and_served, new_key, running_api
from tests.integration.spine import Publisher, ago, drained, profiles, working
from tests.waiting import eventually
from unifier.client import Client, NotFoundError
from unifier.serving.models import FoundProfile


def stated(profile: FoundProfile) -> FoundProfile:
    """Without predictions, which depend on the time."""
    return profile.model_copy(update={"predictions": None})


def test_a_person_is_read_by_id_and_by_every_identifier(settings: SettingsFactory) -> None:
    own = settings()
    key = new_key(own.redis, "profiles:read")
    publish = Publisher(own)
    publish.online("Product Viewed", ago(600), anonymousId="c1")
    publish.identify(ago(500), {"email": "anna.huber@example.org"}, anonymousId="c1")
    publish.sale(ago(60), "49.90", {"email": "Anna.Huber@example.org", "loyalty_id": "L1"})
    publish.identify(ago(400), {"email": "berta@example.org"}, anonymousId="c2")
    publish.flush()
    with working(own):
        drained(own)
    served = running_api(own.redis, UNIFIER_TOPIC_PREFIX=own.topic_prefix)
    with served as (url, _), Client(url, key) as client:
        anna = stated(client.lookup(email="anna.huber@EXAMPLE.org"))
        stored = profiles(own)
        assert anna == FoundProfile.model_validate(stored[anna.profile_id])
        assert anna.metrics.revenue == {"EUR": "49.90"}
        assert stated(client.profile(anna.profile_id)) == anna
        assert stated(client.lookup(loyalty_id="L1")) == anna
        assert stated(client.lookup(loyalty_id="L9", cookie_id="c1")) == anna
        (berta,) = stored.keys() - {anna.profile_id}
        entries = client.batch(ids=[berta, "nonsense", anna.profile_id])
        assert [entry.status for entry in entries] == [200, 404, 200]
        assert [entry.profile and entry.profile.profile_id for entry in entries] == [
            berta,
            None,
            anna.profile_id,
        ]
        entries = client.batch(identifiers=[{"email": "berta@example.org"}, {"loyalty_id": "L1"}])
        assert [entry.profile and entry.profile.profile_id for entry in entries] == [berta, anna.profile_id]
        times = [touch.at for touch in client.timeline(anna.profile_id)]
        assert len(times) == 2, "a page and a sale: an identify is no touch"
        assert times == sorted(times, reverse=True)
        evidence = client.evidence(anna.profile_id)
        tied = {fid for link in evidence.links for fid in (link.a, link.b)}
        assert len(tied) == anna.fragments
        assert all(link.bits > 0 for link in evidence.links)
        with pytest.raises(NotFoundError):
            client.lookup(email="nobody@example.org")


def test_a_stewards_link_and_separation_come_true_and_undo_each_other(settings: SettingsFactory) -> None:
    own = settings()
    key = new_key(own.redis, "profiles:read", "steward:write")
    publish = Publisher(own)
    for number, name in enumerate(("anna", "hannelore")):
        publish.identify(ago(500 - number), {"email": f"{name}@example.org"}, anonymousId=f"c-{name}")
    publish.flush()
    with drained_and_served(own, key) as client:
        first, second = client.lookup(email="anna@example.org"), client.lookup(email="hannelore@example.org")
        assert first.profile_id != second.profile_id
        link = client.link(first.profile_id, second.profile_id, reason="she told us both addresses")

        def joined() -> FoundProfile | None:
            found = client.profile(first.profile_id)
            return found if found.fragments == first.fragments + second.fragments else None

        merged = eventually(joined)
        assert merged is not None
        gone = ({first.profile_id, second.profile_id} - {merged.profile_id}).pop()
        answer = client.profile(gone)
        assert (answer.profile_id, answer.requested_id) == (merged.profile_id, gone)
        assert client.timeline(gone) == client.timeline(merged.profile_id)
        assert "steward" in {one.rule for one in client.evidence(merged.profile_id).links}
        client.separate(first.profile_id, second.profile_id, reason="they are two")
        eventually(lambda: client.profile(gone).requested_id is None)
        assert client.lookup(email="anna@example.org").profile_id == first.profile_id
        assert client.lookup(email="hannelore@example.org").profile_id == second.profile_id
        (separation,) = client.evidence(gone).separations
        assert separation.event_id != link
