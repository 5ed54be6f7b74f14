"""Names: what the first and last names of two say, whichever field they stand in.

Where a field tells none, a mailbox may: an order of anna.huber77@… without a name is Anna Huber's, and hardly
Peter's. And it may tell how a name is written that is misspelt beside it.
"""

from collections.abc import Iterator
from itertools import product

from unifier.matching.compare import ELSEWHERE, INITIAL, MISPRINT, emails
from unifier.matching.firstnames import borne, in_full, misspelt, one_name
from unifier.matching.mailboxes import SHORTEST, Told, named_only, told_by
from unifier.matching.values import NOTHING, Texts, Values, common
from unifier.matching.weights import Level, Weights, best

SWAPPED = "first and last name swapped"
WRONG_FIELD = "in the other name's field"
WRONG_FIELD_BITS = 5.0
"""What it takes from a name that it stands there, as if one row in thirty were filled in so; not learnt."""
IN_MAILBOX = "told by a mailbox"
IN_MAILBOX_BITS = 1.0
"""What it takes from a name that but a mailbox tells it; not learnt."""
ANOTHERS_MAILBOX = "a mailbox tells another"
ALIKE = (MISPRINT, ELSEWHERE)
OF_A_MAILBOX = frozenset((IN_MAILBOX, ANOTHERS_MAILBOX))


def names(a: Values, b: Values, weights: Weights) -> tuple[Level | None, Level | None]:
    """Levels of first and last name; also with first and last in the wrong fields."""
    first = _first_names(a.firsts, b.firsts, weights) if a.firsts and b.firsts else None
    last = best(weights.last_name, a.lasts, b.lasts) if a.lasts and b.lasts else None
    if first is None or last is None:
        return _by_mailbox(a, b, *_lone_name(a, b, first, last, weights), weights)
    if first.bits > 0.0:
        return first, last
    ways = []
    for left, right in ((a, b), (b, a)):
        crossed_first = best(weights.first_name, left.firsts, right.lasts)
        crossed_last = best(weights.last_name, left.lasts, right.firsts)
        if crossed_first is not None and crossed_last is not None and crossed_last.stance > 0:
            if _two_names(left.lasts, right.firsts, weights):  # Fischer Karin and Karl Fischer
                continue
            if crossed_first.stance > 0:
                ways.append((crossed_first.bits, crossed_last.bits))
            elif crossed_first.bits > 0.0:
                ways.append((crossed_first.bits - WRONG_FIELD_BITS, crossed_last.bits))
    if not ways:
        return first, last
    bits = min(ways)  # which is which is unknown: the weaker reading
    return Level(bits[0], SWAPPED, 1), Level(bits[1], SWAPPED, 1)


def _two_names(mine: Texts, theirs: Texts, weights: Weights) -> bool:
    """They tell first names, and people bear each of them."""
    told = best(weights.first_name, mine, theirs)
    return told is not None and told.stance < 0 and all(map(borne, mine + theirs))


def _lone_name(
    a: Values, b: Values, first: Level | None, last: Level | None, weights: Weights
) -> tuple[Level | None, Level | None]:
    """One tells but one name, and it is not the other's: is it the other's second name?"""
    for lone, other in ((a, b), (b, a)):
        if first is not None and first.stance < 0 and not lone.lasts:
            meant = best(weights.last_name, lone.firsts, other.lasts)
            if meant is not None and meant.stance > 0:
                return None, Level(meant.bits - WRONG_FIELD_BITS, WRONG_FIELD, 1)
        if last is not None and last.stance < 0 and not lone.firsts:
            meant = best(weights.first_name, lone.lasts, other.firsts)
            if meant is not None and meant.stance > 0:
                return Level(meant.bits - WRONG_FIELD_BITS, WRONG_FIELD, 1), None
    return first, last


def _first_names(mine: Texts, theirs: Texts, weights: Weights) -> Level | None:
    """The best level; the C. of who is also told to be Christiane does not stand for Cornelius."""
    found = best(weights.first_name, mine, theirs)
    if len(mine) + len(theirs) > 2 and found is not None and found.words == INITIAL:
        mine, theirs = in_full(mine), in_full(theirs)
        told = best(weights.first_name, mine, theirs)
        if told is not None and told.stance < 0 and not misspelt(mine, theirs):
            return told
    return found


def _by_mailbox(
    a: Values, b: Values, first: Level | None, last: Level | None, weights: Weights
) -> tuple[Level | None, Level | None]:
    """What one does not tell, a mailbox of his may, if it is not the other's too."""
    if not ("email" in a.ids or "email" in b.ids) or common(_mailboxes(a), _mailboxes(b)):
        return first, last
    for lone, other in ((a, b), (b, a)):
        if first is None and not lone.firsts:
            first = _first_by_mailbox(lone, other, weights)
    for lone, other in ((a, b), (b, a)):
        if last is None and not lone.lasts and (first is None or first.stance >= 0):
            last = _last_by_mailbox(lone, other, weights)
    return first, last


def _first_by_mailbox(lone: Values, other: Values, weights: Weights) -> Level | None:
    """The surname says whether it is meant so, and is his; without one, only what agrees counts."""
    found = []
    for told in _told(_mailboxes(lone)):
        level = best(weights.first_name, (told.first,), other.firsts)
        if level is None:
            continue
        fits = _of_family(told, lone.lasts or other.lasts, weights)
        if level.bits > 0.0 and (fits or not told.last):
            found.append(_taken_from(level))
        elif level.stance < 0 and fits and borne(told.first) and not misspelt((told.first,), other.firsts):
            found.append(Level(level.bits, ANOTHERS_MAILBOX, -1))
    return max(found, default=None)


def _of_family(told: Told, lasts: Texts, weights: Weights) -> bool:
    """The surname beside a first name is theirs, and that is no part of it: huber@ is nobody's H. Uber."""
    family = best(weights.last_name, (told.last,), lasts) if told.last else None
    if family is None or family.stance <= 0:
        return False
    whole = best(weights.last_name, (told.first + told.last, told.last + told.first), lasts)
    return whole is not None and whole.bits < family.bits


def _last_by_mailbox(lone: Values, other: Values, weights: Weights) -> Level | None:
    """People marry, so it says nothing against them; and the first name beside it has to agree."""
    found = []
    for told in _told(_mailboxes(lone)):
        level = best(weights.last_name, (told.last,), other.lasts) if told.last else None
        given = best(weights.first_name, (told.first,), lone.firsts or other.firsts)
        if level is not None and level.stance > 0 and given is not None and given.bits > 0.0:
            found.append(_taken_from(level))
    return max(found, default=None)


def _taken_from(level: Level) -> Level:
    return Level(max(0.0, level.bits - IN_MAILBOX_BITS), IN_MAILBOX, level.stance)


def meant_by_mailbox(a: Values, b: Values, born_alike: bool, weights: Weights) -> bool:
    """A mailbox of both tells one's first name, and nobody bears the other's: it is the same, misspelt.

    Where they are not known to be born alike, it has to be written as no name is: Alva, who orders with her
    mother Eva's mailbox, has a name that is on no list.
    """
    if any(map(borne, a.firsts)) and any(map(borne, b.firsts)):
        return False
    for told in _told(_of_both(_mailboxes(a), _mailboxes(b))):
        if len(told.first) < SHORTEST or not borne(told.first):
            continue
        for mine, theirs in ((a.firsts, b.firsts), (b.firsts, a.firsts)):
            known = best(weights.first_name, (told.first,), mine)
            if known is None or known.bits <= 0.0 or any(map(borne, theirs)):
                continue
            if born_alike or one_name(theirs, (told.first,)):
                return True
    return False


def but_the_name(a: Values, b: Values, last: Level | None) -> bool:
    """Wherever mailboxes of theirs are alike, these tell their name and nothing besides: whoever bears it has
    such a one. A number of two digits is somebody's, if both have it; others are two people's. So is a
    surname if but one of them bears it: the other was called so.
    """
    firsts = a.firsts + b.firsts
    lasts = a.lasts + b.lasts if last is None or last.bits > 0.0 else NOTHING
    for pair in product(_mailboxes(a), _mailboxes(b)):
        if emails(min(pair), max(pair)) not in ALIKE:
            continue
        number, another = map(_number, pair)
        if number == another and len(number) > 1:
            return False
        if not all(named_only(mailbox, firsts, lasts) for mailbox in pair):
            return False
    return True


def _number(mailbox: str) -> str:
    return "".join(filter(str.isdigit, mailbox.partition("@")[0]))


def borne_out(values: Values) -> bool:
    """A mailbox of theirs tells the first name that is on no list, too: Yuna of yuna.huber@ is so called."""
    rare = [name for name in values.firsts if len(name) >= SHORTEST and not borne(name)]
    return bool(rare) and any(told.first in rare for told in _told(_mailboxes(values)))


def _of_both(mine: Texts, theirs: Texts) -> Texts:
    """The mailboxes that both use; where there are none, those that are one, misspelt."""
    if same := common(mine, theirs):
        return same
    alike = [(x, y) for x in mine for y in theirs if emails(min(x, y), max(x, y)) == MISPRINT]
    return tuple(sorted({mailbox for pair in alike for mailbox in pair}))


def _mailboxes(values: Values) -> Texts:
    return values.ids.get("email", NOTHING)


def _told(mailboxes: Texts) -> Iterator[Told]:
    for mailbox in mailboxes:
        yield from told_by(mailbox)
