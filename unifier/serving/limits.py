"""Token buckets: how often one caller may ask."""


class Buckets:
    """A bucket for each caller; it holds at most one second's worth, and refills steadily.

    There are as many as there are API keys, so nothing has to be forgotten.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._size = max(1.0, rate)
        self._levels: dict[str, tuple[float, float]] = {}  # caller: (tokens, when)

    def wait(self, caller: str, now: float) -> float:
        """Take a token: 0.0, or the seconds until there is one. `now` in seconds, never falling."""
        if not self._rate:
            return 0.0
        tokens, then = self._levels.get(caller, (self._size, now))
        tokens = min(self._size, tokens + (now - then) * self._rate)
        if tokens < 1.0:
            self._levels[caller] = tokens, now
            return (1.0 - tokens) / self._rate
        self._levels[caller] = tokens - 1.0, now
        return 0.0
