"""Why a record could not be read."""

REASONS = {
    "not_json": "the value is not UTF-8 JSON",
    "too_large": "the value is over 256 KiB",
    "too_deep": "the value is nested too deeply",
    "too_long": "a text or a list is longer than its contract allows",
    "missing_field": "a required field is missing or empty",
    "wrong_type": "a field has another type than its contract says",
    "bad_value": "a field has the right type and a value that its contract does not allow",
    "bad_time": "a time cannot be read, or lies before 1970",
    "future_time": "the event says that it happens more than 24 hours after it arrived",
    "bad_amount": "an amount is not a decimal number with at most 4 places, below a trillion",
    "unknown_type": "no such kind of message on this topic",
    "unknown_command": "no such command",
    "unknown_profile": "a command names a profile that is not known, or a fragment that was erased",
    "internal_error": "the record is right, but working it off failed; put it back after an update",
}
"""All reasons, each with its meaning. Words once given stay: replay filters and alerts are set on them."""


class Unreadable(ValueError):  # noqa: N818 - it is said of a record
    """A record that does not fit its contract. Never carries the value: it may be personal data.

    `reason` is one of REASONS, `field` the path of the field ("traits.birthday"; "" means the whole
    value), the message says what to mend.
    """

    def __init__(self, reason: str, field: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field
