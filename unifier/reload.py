"""Notices that the rules, the model or the forecast file has changed, for processes that run on."""

from hashlib import blake2b
from pathlib import Path

from unifier.rules import load_rules


class RulesFiles:
    """Rules, model and forecast that three paths name; "" stands for the shipped one, which never changes.

    A file that is just being written is not read half: what is new counts when two looks find the same.
    """

    def __init__(self, rules: str, model: str, forecast: str = "") -> None:
        """Raises RulesError when they cannot be used."""
        self._paths = (rules, model, forecast)
        self._known = self._seen = self._digest()
        self.rules = load_rules(*self._paths)

    def look(self) -> None:
        """Put others in `rules` if there are; to be called every few seconds.

        Raises RulesError, once for each content, when they cannot be used; `rules` stays what it was.
        """
        before, self._seen = self._seen, self._digest()
        if self._seen != self._known and self._seen == before:
            self._known = self._seen
            self.rules = load_rules(*self._paths)

    def _digest(self) -> bytes:
        """Of what the files hold; a file that cannot be read is told when it is loaded."""
        digest = blake2b(digest_size=16)
        for path in filter(None, self._paths):
            try:
                content = Path(path).read_bytes()
            except OSError:
                content = b""
            digest.update(blake2b(content).digest())
        return digest.digest()
