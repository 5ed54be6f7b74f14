"""What the counts that the commits tell of add up to."""

import ormsgpack

from tests.naive.product import Core
from unifier.journey.counts import Counts, add
from unifier.streams.effects import COUNTS, counted


def told(core: Core) -> Counts:
    """The sum of what the commits said."""
    found: Counts = {}
    for packed in core.messages:
        for topic, _, value in ormsgpack.unpackb(packed) if packed else ():
            if topic == COUNTS:
                add(found, counted(value))
    return {key: number for key, number in found.items() if number}
