"""What the doctor says."""

from typing import NamedTuple


class Finding(NamedTuple):
    """What was found of one part; if it is not well, the words say how to mend it."""

    part: str
    well: bool
    words: str
