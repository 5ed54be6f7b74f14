"""The best hour to reach somebody: their own touches by hour of the day, shrunk toward everyone's."""

from collections import Counter
from collections.abc import Sequence

HOUR_MS = 3_600_000
PRIOR = 24.0  # touches that everyone's curve is worth


def best_hour(touches: Sequence[int], everyone: Sequence[float]) -> int:
    """The hour of the day, UTC, in which the person is most likely to be there; of equal ones the earliest.

    `touches` in milliseconds UTC; `everyone`: 24 weights of any sum. Of a touch, the hours on both
    sides get half. Everyone's curve is a Dirichlet prior of weight PRIOR on the shares of the hours.
    """
    scale = PRIOR / sum(everyone)
    score = [scale * weight for weight in everyone]
    for hour, count in Counter([at // HOUR_MS % 24 for at in touches]).items():
        score[hour] += count
        score[hour - 1] += 0.5 * count
        score[hour - 23] += 0.5 * count
    return score.index(max(score))
