"""Stories in words: "2d3h purchase o1 store" is a mark, "3d after_sale forward fulfilled" a transition."""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple, cast

import ormsgpack

from unifier.events.canonical import CHANNELS, Signal
from unifier.journey.facts import ProfileFacts
from unifier.journey.follow import Transition, follow
from unifier.journey.models import NEVER, compile_models
from unifier.journey.told import Told, phase_view
from unifier.journey.walk import State
from unifier.matching.identity import identify
from unifier.profiles.fragment import Fragment
from unifier.profiles.marks import NO_DETAIL, Mark, add_marks, pack_marks, unpack_marks
from unifier.profiles.orders import Orders
from unifier.rules import Playbook, default_rules

START = 1_771_200_000_000  # a midnight, UTC
UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
RULES = default_rules()
MODELS = compile_models(RULES)
SIX, FOUR = MODELS.each
PLAYBOOK = cast(Playbook, RULES.playbook)


def when(text: str) -> int:
    """The moment so long after the start: "2d3h", in milliseconds UTC."""
    return START + sum(int(count) * UNITS[unit] for count, unit in re.findall(r"(\d+)(ms|[dhms])", text))


def due(state: State) -> int | None:
    """When the next timer fires, in milliseconds UTC."""
    soonest = min(state.due, state.loyal_until)
    return soonest if soonest < NEVER else None


def since_start(at: int) -> str:
    """Inverse of `when`."""
    rest, words = at - START, ""
    for unit, size in UNITS.items():
        count, rest = divmod(rest, size)
        words += f"{count}{unit}" if count else ""
    return words or "0s"


def hashed(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


def mark(words: str) -> Mark:
    """A mark of "when signal [product or order] [channel]"; its event is hashed from the same words."""
    time, signal, *more = words.split()
    channel = more.pop() if more and more[-1] in CHANNELS else "web"
    detail = hashed(more[0]) if more else NO_DETAIL
    return Mark(when(time), Signal[signal.upper()], CHANNELS.index(channel), 0, hashed(words), detail)


def orders(*names: str) -> frozenset[bytes]:
    return frozenset(hashed(name) for name in names)


def told(transitions: Iterable[Transition], model: str = "six-phase") -> list[str]:
    """The transitions of one model in words; a timer is named, an event not."""
    lines = []
    for each in transitions:
        if each.model == model:
            timer = f" {each.cause}" if isinstance(each.cause, str) else ""
            lines.append(f"{since_start(each.at)} {each.to} {each.direction}{timer}")
    return lines


class Case(NamedTuple):
    """Marks, the time until which they are followed, and what is told."""

    name: str
    marks: list[str]
    until: str
    expected: list[str]
    undone: frozenset[bytes] = frozenset()


def story(words: Iterable[str], until: str, undone: frozenset[bytes] = frozenset()) -> list[Transition]:
    """What is told of a profile that all of this happened to, as of `until`."""
    marks = [mark(each) for each in words]
    return follow(None, marks, marks, undone, MODELS, when(until), b"").transitions


class Profile:
    """A profile as its readers see it, followed as the stream does it: marks kept, what was told stored."""

    def __init__(self, *words: str, until: str = "0s") -> None:
        self.packed = b""
        self.told: Told | None = None
        self.undone: frozenset[bytes] = frozenset()
        self.due: int | None = None
        if words:
            self.hear(*words, until=until)

    def hear(self, *words: str, until: str = "0s") -> list[str]:
        """Take marks in, in one batch; what the six-phase model tells of it, in words."""
        return told(self.late(*words, until=until))

    def follow(self, fresh: list[Mark] | None, now: int, cause: bytes | str = b"late") -> list[Transition]:
        followed = follow(
            self.told, lambda: unpack_marks(self.packed), fresh, self.undone, MODELS, now, cause
        )
        stored = ormsgpack.unpackb(ormsgpack.packb(followed.told.pack()))
        self.told, self.due = Told.unpack(stored), followed.due
        return followed.transitions

    def late(self, *words: str, until: str = "0s") -> list[Transition]:
        """Take marks in as `hear`, for all that the six-phase model tells of it."""
        new = [mark(each) for each in words]
        self.gain(*words)
        return six(self.follow(new, max([when(until), *(each.at for each in new)])))

    def gain(self, *words: str) -> None:
        """Marks that come with another fragment."""
        self.packed = add_marks(self.packed, [mark(each) for each in words])

    @property
    def kept(self) -> Told:
        assert self.told is not None
        return self.told

    @property
    def phase(self) -> str:
        return str(phase_view(self.kept, "six-phase")["current"])


def six(transitions: Iterable[Transition]) -> list[Transition]:
    return [each for each in transitions if each.model == "six-phase"]


def facts(
    *story: str, now: str, consents: Iterable[str] = (), orders: Iterable[str] = (), named: bool = False
) -> ProfileFacts:
    """A profile of one fragment with these marks; `orders`: "when channel" of what stands."""
    fragment = Fragment(
        b"f" * 12,
        "online",
        "cookie_id",
        b"a" * 8,
        identify((), (("first_name", "Eva"),) if named else (), ""),
        "e",
    )
    marks = sorted(mark(words) for words in story)
    fragment.marks = pack_marks(marks)
    fragment.first_at = fragment.came_at = marks[0].at
    fragment.last_at = fragment.visit[1] = marks[-1].at
    fragment.touches = len(marks)
    fragment.places = [[CHANNELS[m.channel], "home", "Page", 1, m.at] for m in marks]
    fragment.consents = {purpose: [True, START, "online"] for purpose in consents}
    for number, order in enumerate(orders):
        at, channel = order.split()
        fragment.orders = fragment.orders or Orders()
        fragment.orders.tell(
            bytes([number] * 8), "sale", 10_000, "EUR", when(at), channel == "store", b"e" * 8
        )
    told = follow(None, marks, None, frozenset(), MODELS, when(now), b"").told
    return ProfileFacts([fragment], told, RULES, when(now))
