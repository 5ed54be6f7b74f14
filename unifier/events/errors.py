"""Why a record could not be read."""


class Unreadable(ValueError):
    """A record that does not fit its contract. Never carries the value: it may be personal data.

    `reason` is a short stable word for metrics and replay filters, `field` the path of the field
    ("traits.birthday"), the message says what to mend.
    """

    def __init__(self, reason: str, field: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field
