"""The best hour to reach somebody: their own touches by hour of the day, shrunk toward everyone's."""

from collections.abc import Sequence

HOUR_MS = 3_600_000
PRIOR = 24.0  # touches that everyone's curve is worth


def best_hour(touches: Sequence[int], everyone: Sequence[float]) -> int:
    """The hour of the day, UTC, in which the person is most likely to be there; of equal ones the earliest.

    `touches` in milliseconds UTC; `everyone`: 24 weights of any sum. Of a touch, the hours on both
    sides get half. Everyone's curve is a Dirichlet prior of weight PRIOR on the shares of the hours.
    """
    score = [PRIOR * weight / sum(everyone) for weight in everyone]
    for at in touches:
        hour = at // HOUR_MS % 24
        score[hour] += 1.0
        score[hour - 1] += 0.5
        score[hour - 23] += 0.5
    return score.index(max(score))
