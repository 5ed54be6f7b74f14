"""Wishes: work that no event brings, for fragments that are known."""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import NamedTuple

from unifier.events.canonical import Command
from unifier.profiles.privacy import Intent, Restriction
from unifier.streams.intake import IndexKey, Named


class Anew(NamedTuple):
    """Other rules are in force: these fragments were looked up under them."""

    form: bytes  # of the rules
    looked_up: Set[bytes] = frozenset()


@dataclass(slots=True)
class Wish:
    """These fragments into one component, and what is to happen there."""

    fids: list[bytes]
    shared: set[str] = field(default_factory=set)
    commands: list[Command] = field(default_factory=list)
    timer: bool = False
    read_until: int = 0  # of a timer: what had been published by then is read, milliseconds UTC
    anew: Anew | None = None
    doubt: bool = False  # a key that may have tied them has died
    erase: Intent | None = None
    restrict: Restriction | None = None
    # Of an erasure: whom these fragments were to be joined with, for once.
    met: frozenset[bytes] = frozenset()
    # Keys that tie them; the index is asked again when the tie is written.
    keys: list[tuple[Named, IndexKey]] = field(default_factory=list)
