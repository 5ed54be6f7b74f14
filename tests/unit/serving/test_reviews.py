"""The calls about review tasks."""

import pytest

from tests.unit.serving.api import FIRST, REVIEW, SECOND, Api
from unifier.serving.models import ReviewPage
from unifier.serving.steward import Decided

PATH = f"/v1/steward/reviews/{REVIEW['review_id']}"


@pytest.fixture
def api() -> Api:
    return Api({})


async def test_a_page_is_told_and_the_next_begins_where_it_ended(api: Api) -> None:
    page = (await api.call("GET", "/v1/steward/reviews", "steward")).json()
    assert ReviewPage.model_validate(page).model_dump(mode="json") == page
    await api.call("GET", f"/v1/steward/reviews?limit=5&after={page['next']}", "steward")
    assert api.reviews.asked == [(20, None, "steward"), (5, 17, "steward")]


@pytest.mark.parametrize(
    ("decision", "word"), [("same", "link"), ("different", "separate"), ("unsure", "unsure")]
)
async def test_a_decision_becomes_a_word_about_the_two_sides(api: Api, decision: str, word: str) -> None:
    response = await api.call("POST", PATH, "steward", json={"decision": decision, "reason": "asked her"})
    assert (response.status_code, response.json()) == (202, {"command_id": "c" * 32})
    decided = Decided(review=REVIEW["review_id"], sides=((FIRST,), (SECOND,)), reason="asked her")
    assert api.said == [(word, decided, "steward")]


async def test_a_word_without_a_reason_says_what_it_was_about(api: Api) -> None:
    await api.call("POST", PATH, "steward", json={"decision": "same"})
    assert api.said[0][1].reason == "same, said of a review"


async def test_what_is_not_asked_any_more_is_unknown(api: Api) -> None:
    response = await api.call("POST", PATH[:-1] + "c", "steward", json={"decision": "same"})
    assert response.status_code == 404
    assert "evidence has changed" in response.json()["detail"]
    assert not api.said


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=anna@example.org", "after=٣"])
async def test_a_page_that_cannot_be_is_refused(api: Api, query: str) -> None:
    response = await api.call("GET", f"/v1/steward/reviews?{query}", "steward")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"
    assert b"anna" not in response.content


@pytest.mark.parametrize("body", [{"decision": "perhaps"}, {}, {"decision": "same", "by": "me"}])
async def test_a_decision_that_there_is_not_is_refused(api: Api, body: dict[str, str]) -> None:
    assert (await api.call("POST", PATH, "steward", json=body)).status_code == 422


async def test_reviews_are_for_stewards(api: Api) -> None:
    assert (await api.call("GET", "/v1/steward/reviews", "reader")).status_code == 403
    assert (await api.call("POST", PATH, "reader", json={"decision": "same"})).status_code == 403
