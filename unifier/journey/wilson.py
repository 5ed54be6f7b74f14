"""The score interval of a share (Wilson, Probable inference, JASA 22, 1927): honest for small numbers too."""

from math import sqrt


def interval(hits: float, of: float, quantile: float) -> tuple[float, float]:
    """Lower and upper bound of the share that `hits` of `of` (above 0) stand for, within 0 and 1.

    `quantile` of the standard normal distribution: 1.96 for 95 % between the two, 1.645 for 95 % above
    the lower.
    """
    share, square = min(max(hits / of, 0.0), 1.0), quantile * quantile
    middle, scale = share + square / (2 * of), 1 + square / of
    spread = quantile * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
