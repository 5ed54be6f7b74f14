"""Headers of records as broken publishers name them."""


class Unreadable(str):
    """A name that is sent as bytes that are no UTF-8."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return b"\xff" + super().encode(encoding, errors)
