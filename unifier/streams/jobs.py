"""Jobs: the share of a batch that goes into one component."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field

from unifier.profiles.fold import Work
from unifier.streams.intake import Named
from unifier.streams.wishes import Wish


@dataclass(slots=True)
class Job:
    """One component's share of a batch."""

    roots: dict[bytes, bytes] = field(default_factory=dict)  # components that become one → raw value
    work: Work = field(default_factory=Work)
    named: dict[bytes, Named] = field(default_factory=dict)  # of the fragments that arrive
    fresh: set[bytes] = field(default_factory=set)  # those of them that were never seen
    # Whom a word names, and whose home leads here already: on a cluster whoever gave it to them died then.
    housed: set[bytes] = field(default_factory=set)
    wishes: list[Wish] = field(default_factory=list)
    # Key → holders looked at for links, each with those that were never seen or wished for.
    examined: Mapping[str, Collection[bytes]] = field(default_factory=dict)

    def take(self, wish: Wish, coming: Set[bytes], housed: Set[bytes]) -> None:
        """Take a wish up; `coming`: whom its words name here, `housed`: those of them who have a home."""
        self.wishes.append(wish)
        self.work.shared |= wish.shared
        self.work.commands += wish.commands
        self.work.coming |= coming
        self.housed |= housed
        if wish.erase is not None:
            self.work.erase.append(wish.erase)
        if wish.restrict is not None:
            self.work.restrict.append(wish.restrict)
