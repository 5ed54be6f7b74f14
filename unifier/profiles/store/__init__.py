"""Redis, and the only door to it for profile state."""

from unifier.profiles.store.caps import Caps
from unifier.profiles.store.clients import connect, sent
from unifier.profiles.store.commit import Commit, IndexEntry, IndexWrite, Mark, Result
from unifier.profiles.store.counts import JourneyCounts
from unifier.profiles.store.forms import Forms, Standing
from unifier.profiles.store.layout import Layout
from unifier.profiles.store.people import People
from unifier.profiles.store.seal import Seal, SealError, seal_of
from unifier.profiles.store.store import Store

__all__ = [
    "Caps",
    "Commit",
    "Forms",
    "IndexEntry",
    "IndexWrite",
    "JourneyCounts",
    "Layout",
    "Mark",
    "People",
    "Result",
    "Seal",
    "SealError",
    "Standing",
    "Store",
    "connect",
    "seal_of",
    "sent",
]
