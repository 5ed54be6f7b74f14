"""What a steward is asked about a component.

A task's id is made of its two sides and of the evidence between them: with other evidence it is another one.
So a task that was put aside as undecidable comes back with new evidence, and an answer to a question that is
no longer asked meets nothing.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from unifier.profiles.component import Component
from unifier.profiles.ids import review_id
from unifier.profiles.partition import Review

DOUBT_MAX = 1_000


class Task(NamedTuple):
    """A review and its id."""

    review_id: str
    review: Review


def named(reviews: Iterable[Review]) -> list[Task]:
    """Reviews with their ids."""
    return [Task(_id(review), review) for review in reviews]


def put_aside(component: Component, reviews: Iterable[Review]) -> list[Task]:
    """The tasks but for those that nobody could decide, of which the component keeps what is still asked."""
    tasks = named(reviews)
    if not component.unsure:
        return tasks
    if not component.restricted:  # what was asked about them is in question again after the release
        component.unsure &= {task.review_id for task in tasks}
    return [task for task in tasks if task.review_id not in component.unsure]


def _id(review: Review) -> str:
    a, b, bits, _ = review
    told = b"\0".join([b"".join(a), b"".join(b), b"%.2f" % bits])
    return review_id(a[0], blake2b(told, digest_size=8).digest())


def doubt(review: Review) -> int:
    """How much a steward is needed, 1 to 1,000."""
    return max(1, round(DOUBT_MAX * review.doubt))
