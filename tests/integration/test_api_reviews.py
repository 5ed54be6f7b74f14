"""What a steward is asked, over HTTP, and what becomes of the answers in the stream."""

import pytest
import redis

from tests.conftest import SettingsFactory
from tests.integration.service import drained_and_served, new_key
from tests.integration.spine import Publisher, ago, profiles, read
from tests.waiting import eventually
from unifier.client import NotFoundError
from unifier.serving.audit import AUDIT, AUDIT_OF_READING
from unifier.serving.models import ReviewTask

BORN = {"firstName": "Michael", "birthday": "1980-02-03"}


def record(number: int, last_name: str, **more: str) -> dict[str, object]:
    traits = {**BORN, "lastName": last_name, **more}
    return {"record_id": f"{number}", "source": "crm", "occurred_at": ago(100), "traits": traits}


def ids(task: ReviewTask) -> tuple[str, str]:
    return task.sides[0].profile_id, task.sides[1].profile_id


def test_a_pair_is_listed_until_it_is_decided_or_its_evidence_changes(settings: SettingsFactory) -> None:
    own = settings()
    key = new_key(own.redis, "profiles:read", "steward:write")
    publish = Publisher(own)
    publish.send("crm", record(1, "Jagemann"))
    publish.send("crm", record(2, "Eulenspiegel"))
    publish.flush()
    with drained_and_served(own, key) as client:

        def asked() -> list[ReviewTask]:
            return client.reviews().reviews

        (task,) = asked()
        assert not task.one_person
        assert task.waterfall.bits == task.bits
        names = [side.traits["last_name"] for side in task.sides]
        assert sorted(names) == ["Eulenspiegel", "Jagemann"]
        assert (
            client.reviews(limit=1).next is None
            or not client.reviews(after=client.reviews(limit=1).next).reviews
        )

        client.decide(task.review_id, "unsure", reason="nobody remembers")
        eventually(lambda: not asked())
        publish.send("crm", record(1, "Jagemann", phone="+49 171 5551234"))
        publish.flush()
        eventually(asked)
        (again,) = asked()
        assert again.review_id != task.review_id
        with pytest.raises(NotFoundError, match="evidence has changed"):
            client.decide(task.review_id, "same")

        client.decide(again.review_id, "same")
        eventually(lambda: len(profiles(own)) == 1)
        assert not asked()
        one, other = ids(again)
        client.separate(one, other, reason="they were two after all")
        eventually(lambda: len(profiles(own)) == 2)
        assert not asked()

    told = [
        message["data"]["review_id"]
        for _, message in read(own, "identity")
        if message and message["type"] == "unifier.identity.review.v1"
    ]
    assert set(told) == {task.review_id, again.review_id}
    with redis.Redis.from_url(own.redis) as stored:
        trail = [entry[b"what"] for _, entry in stored.xrange(AUDIT)]
        assert trail == [b"unsure", b"link", b"separate"]
        assert {entry[b"what"] for _, entry in stored.xrange(AUDIT_OF_READING)} == {b"read reviews"}
        assert not list(stored.scan_iter(match="*reviews"))


def test_whose_of_two_a_purchase_was_is_decided_one_by_one(settings: SettingsFactory) -> None:
    own = settings()
    key = new_key(own.redis, "steward:write")
    publish = Publisher(own)
    card = {"identifiers": {"payment_account": "card-1"}}
    for number, (given, family) in enumerate([("Anna", "Jagemann"), ("Otto", "Unterhuber")]):
        who = {"firstName": given, "lastName": family}
        publish.send("crm", record(number, family) | {"traits": who} | card)
    publish.sale(
        ago(50), "10.00", {}, tenders=[{"kind": "card", "amount": "10.00", "payment_account": "card-1"}]
    )
    publish.flush()
    with drained_and_served(own, key) as client:
        page = client.reviews()
        assert len(page.reviews) == 2  # whose of the two the purchase was
        first, second = page.reviews
        assert first.probability == 0.5
        client.decide(first.review_id, "different")
        eventually(lambda: [task.review_id for task in client.reviews().reviews] == [second.review_id])
        client.decide(second.review_id, "same")
        eventually(lambda: len(profiles(own)) == 2)
        assert not client.reviews().reviews
