"""Token buckets: how often one caller may ask."""


class Buckets:
    """A bucket for each caller; it holds at most one second's worth, and refills steadily.

    One that is full again is forgotten: tokens of an issuer come with ever new subjects.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._size = max(1.0, rate)
        self._levels: dict[str, tuple[float, float]] = {}  # caller: (tokens, when)
        self._older: dict[str, tuple[float, float]] = {}  # of those who have not asked since
        self._since = 0.0

    def __len__(self) -> int:
        return len(self._levels) + len(self._older)

    def wait(self, caller: str, now: float) -> float:
        """Take a token: 0.0, or the seconds until there is one. `now` in seconds, never falling."""
        if not self._rate:
            return 0.0
        if now - self._since >= 2 * self._size / self._rate:  # by the time they go, they are long full
            self._older, self._levels, self._since = self._levels, {}, now
        tokens, then = self._levels.get(caller) or self._older.get(caller, (self._size, now))
        tokens = min(self._size, tokens + (now - then) * self._rate)
        if tokens < 1.0:
            self._levels[caller] = tokens, now
            return (1.0 - tokens) / self._rate
        self._levels[caller] = tokens - 1.0, now
        return 0.0
