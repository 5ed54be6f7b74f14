"""Topics of a fragment: the same in any order, and never more than their room."""

import random

from hypothesis import given
from hypothesis import strategies as st

from unifier.events.canonical import Event, Signal
from unifier.profiles.marks import DAY_MS
from unifier.profiles.topics import BOUGHT, DAYS_MAX, ONLINE, STORE, TOPICS_MAX, Topics, meet, met

events = st.builds(
    lambda hour, signal, channel, campaign, category: Event(
        "e",
        "online",
        channel,
        "p",
        "n",
        hour * DAY_MS // 4,
        None,
        signal,
        category=category,
        campaign=campaign,
    ),
    st.integers(0, 60),
    st.sampled_from([Signal.INTEREST, Signal.PURCHASE]),
    st.sampled_from(["web", "store"]),
    st.sampled_from(["", "autumn"]),
    st.sampled_from(["shoes", "coats"]),
)


def told(events: list[Event]) -> Topics:
    topics: Topics = {}
    for event in events:
        meet(topics, event)
    return topics


@given(st.lists(events, max_size=40), st.integers())
def test_any_order_leaves_the_first_moments_of_the_newest_days(all_: list[Event], seed: int) -> None:
    topics = told(all_)
    assert topics == told(random.Random(seed).sample(all_, len(all_)))
    for topic, times in topics.items():
        side, campaign, category = topic.split("\x1f")
        days: dict[int, int] = {}
        for event in all_:
            own = BOUGHT if event.signal == Signal.PURCHASE else STORE if event.channel == "store" else ONLINE
            if own == side and category == event.category and (side == BOUGHT or campaign == event.campaign):
                day = event.at // DAY_MS
                days[day] = min(event.at, days.get(day, event.at))
        assert times == [days[day] for day in sorted(days)[-DAYS_MAX:]]


def test_the_topic_met_longest_ago_goes() -> None:
    topics: Topics = {}
    gone = [
        meet(topics, Event("e", "online", "web", "p", "n", at, None, campaign=f"c{at}"))
        for at in range(TOPICS_MAX + 2)
    ]
    assert gone == [False] * TOPICS_MAX + [True, True]
    assert {each.campaign for each in met([topics])} == {f"c{at}" for at in range(2, TOPICS_MAX + 2)}
