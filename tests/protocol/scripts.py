"""What the Lua scripts do, said again in Python over a dictionary: a checker can go back and forth in it.

`test_scripts.py` holds these twins to the real scripts on a real server. A memory is flat: the key of a
string stands for its value, (key, member) for a member of a set, a sorted set or a hash, and an outbox is
(number of its last entry, entries left).
"""

from collections.abc import Iterator
from typing import Any

from unifier.profiles.store.layout import ERASED, HEAD_BYTES, HOLDER_BYTES, SHARED, TOMB, UNTIL_DIGITS

Memory = dict[Any, Any]
Entries = tuple[tuple[bytes, bytes, bytes], ...]  # id, field, value
FID_BYTES = 12
OWN_WORDS = 11  # what component.lua takes
HALF_MOVE_MS = 2_000


class Words:
    """The arguments of a script, taken one after another."""

    def __init__(self, words: list[bytes]) -> None:
        self._words = words
        self._next = 0

    def __bool__(self) -> bool:
        return self._next < len(self._words)

    def take(self) -> bytes:
        self._next += 1
        return self._words[self._next - 1]

    def number(self) -> int:
        return int(self.take())

    def rows(self, width: int) -> list[list[bytes]]:
        return [[self.take() for _ in range(width)] for _ in range(self.number())]


def commit(memory: Memory, words: list[bytes]) -> list[Any]:
    """commit.lua"""
    said, replies = Words(words), list[Any]()
    while said:
        replies.append(_write(memory, said))
    return replies


def _write(memory: Memory, said: Words) -> Any:
    home, founder, head, value, out, *_ = own = [said.take() for _ in range(OWN_WORDS)]
    absorbed, founded, index = said.rows(8), said.rows(1), said.rows(6)
    same = unchanged(memory, home, head) and all(unchanged(memory, row[0], row[2]) for row in absorbed)
    if not same or not all(is_free(memory, new) for (new,) in founded):
        return 0
    memory[home] = value
    for (new,) in founded:
        memory[new] = b"P" + founder
    for left, cid, _, shard, other_out, other_dirty, other_timers, other_reviews in absorbed:
        memory[left] = b"P" + founder
        memory.pop((other_timers, cid), None)
        memory.pop((other_reviews, cid), None)
        if other_out != out:
            if (other_dirty, cid) in memory:
                add(memory, other_out, b"m", cid)
            if entries := outbox(memory, other_out):
                add(memory, out, b"b", shard + b" " + entries[-1][0])
    tell(memory, own)
    found: list[Any] = []
    for number, entry in enumerate(index, 1):
        if (others := enter_one(memory, *entry)) is not None:
            found += [number, others]
    return found


def tell(memory: Memory, own: list[bytes]) -> None:
    """`tell` of component.lua"""
    _, founder, _, _, out, dirty, timers, effects, due, reviews, doubt = own
    if effects:
        add(memory, out, b"e", effects)
    if dirty:
        memory[dirty, founder] = True
    if due:
        memory[timers, founder] = int(due)
    else:
        memory.pop((timers, founder), None)
    if doubt == b"0":
        memory.pop((reviews, founder), None)
    elif doubt:
        memory[reviews, founder] = int(doubt)


def claim(memory: Memory, words: list[bytes]) -> list[int]:
    """claim.lua"""
    said, replies = Words(words), list[int]()
    while said:
        home, head, value = (said.take() for _ in range(3))
        if value and is_free(memory, home):
            memory[home] = value
        replies.append(int(memory.get(home, b"")[: len(head)] == head))
    return replies


def freeze(memory: Memory, words: list[bytes]) -> list[Any]:
    """freeze.lua"""
    said, replies = Words(words), list[Any]()
    while said:
        home, founder, head, target, out, timers, reviews, todo, now = (said.take() for _ in range(9))
        value = memory.get(home, b"")
        replies.append(0)
        if head[:1] == b"F":
            was = value.find(b"L", HEAD_BYTES)
            if value[:1] == b"F" and value[was + 1 : was + HEAD_BYTES] == head[1:]:
                replies[-1] = value[HEAD_BYTES:was]
        elif value[: len(head)] == head:
            add(memory, out, b"m", founder)
            replies[-1] = outbox(memory, out)[-1][0]
            memory[home] = b"F" + target + replies[-1] + value
            memory.pop((timers, founder), None)
            memory.pop((reviews, founder), None)
            memory[todo, founder] = int(now)
    return replies


def take(memory: Memory, words: list[bytes]) -> list[int]:
    """take.lua"""
    said, replies = Words(words), list[int]()
    while said:
        own = [said.take() for _ in range(OWN_WORDS)]
        barriers = said.rows(1)
        replies.append(int(unchanged(memory, own[0], own[2])))
        if replies[-1]:
            memory[own[0]] = own[3]
            for (barrier,) in barriers:
                add(memory, own[4], b"b", barrier)
            tell(memory, own)
    return replies


def clear(memory: Memory, words: list[bytes]) -> list[int]:
    """clear.lua"""
    said, replies = Words(words), list[int]()
    while said:
        home, founder, todo = (said.take() for _ in range(3))
        value = memory.get(home, b"")
        replies.append(int(value[:1] == b"F"))
        if replies[-1]:
            memory[home] = b"P" + value[1:HEAD_BYTES]
            memory.pop((todo, founder), None)
    return replies


def unchanged(memory: Memory, home: bytes, head: bytes) -> bool:
    """Whether a component is as it was read."""
    return memory.get(home, b"")[: len(head)] == head if head else is_free(memory, home)


def is_free(memory: Memory, home: bytes) -> bool:
    """Whether a fragment has no home yet."""
    return home not in memory


def enter_one(
    memory: Memory,
    bucket: bytes,
    field: bytes,
    holder: bytes,
    at: bytes,
    most_people: bytes,
    most_holders: bytes,
) -> bytes | None:
    """`enter` of index.lua"""
    if (bucket, field) not in memory:
        memory[bucket, field] = b"\0" + holder
        return None
    entry: bytes = memory[bucket, field]
    flag, until, holders = index_entry(entry)
    if flag == SHARED:
        return entry
    known = holder[:FID_BYTES] in {one[:FID_BYTES] for one in holders}
    if not known and is_refused(at, until):
        return b"\3" + entry[1:]
    if not known:
        holders.append(holder)
    if too_many(holders, most_people, most_holders):
        holders = [one for one in holders if one[:FID_BYTES] != TOMB]
        memory[bucket, field] = entry = b"\1" + b"".join(holders)
        return entry
    memory[bucket, field] = entry = bytes([flag]) + until + b"".join(holders)
    return entry if len(holders) > 1 else None


def index_entry(entry: bytes) -> tuple[int, bytes, list[bytes]]:
    """(flag, time of an erasure if any, holders)"""
    first = 1 + UNTIL_DIGITS if entry[0] == ERASED else 1
    return (
        entry[0],
        entry[1:first],
        [entry[at : at + HOLDER_BYTES] for at in range(first, len(entry), HOLDER_BYTES)],
    )


def is_refused(at: bytes, until: bytes) -> bool:
    """Whether an event is of the time up to an erasure, if there was one."""
    return bool(until) and int(at) <= int(until)


def too_many(holders: list[bytes], most_people: bytes, most_holders: bytes) -> bool:
    """Whether an entry is shared."""
    marks = {one[FID_BYTES] for one in holders} - {0}
    people = max(sum(mark < 64 for mark in marks), sum(mark >= 64 for mark in marks))
    return people > int(most_people) or len(holders) > int(most_holders)


def enter(memory: Memory, words: list[bytes]) -> list[bytes | None]:
    """enter.lua"""
    said, found = Words(words), list[bytes | None]()
    while said:
        *entry, gone, newest = (said.take() for _ in range(8))
        was_erased = is_refused(newest, memory.get(gone, b""))
        found.append(b"\3" + memory[gone] if was_erased else enter_one(memory, *entry))
    return found


def mark(memory: Memory, words: list[bytes]) -> list[bytes | None]:
    """mark.lua"""
    said = Words(words)
    until, fids = said.take(), {said.take() for _ in range(said.number())}
    found: list[bytes | None] = []
    while said:
        bucket, field, exact, *most, gone = (said.take() for _ in range(6))
        for fid in fids:
            memory[gone + fid] = max(until, memory.get(gone + fid, b""))
        flag, before, holders = index_entry(memory.get((bucket, field), b"\0"))
        living = [one for one in holders if one[:FID_BYTES] not in {*fids, TOMB}]
        tombs = {TOMB + one[FID_BYTES:] for one in holders if one not in living}
        left = b"".join(living)
        found.append(None)
        if flag == SHARED or (exact == b"1" and too_many([*living, *tombs], *most)):
            memory[bucket, field] = b"\1" + left
        elif exact == b"1":
            memory[bucket, field] = b"\2" + max(until, before) + left + b"".join(sorted(tombs))
            found[-1] = b"\0" + left if living else None
        elif living:
            memory[bucket, field] = b"\0" + left
        else:
            memory.pop((bucket, field), None)
    return found


def lookup(memory: Memory, words: list[bytes]) -> list[bytes | None]:
    """lookup.lua"""
    return [memory.get((words[at], words[at + 1])) for at in range(0, len(words), 2)]


def relay(memory: Memory, words: list[bytes]) -> list[Any]:
    """relay.lua"""
    return list(_RELAY[words[0]](memory, Words(words[1:])))


def _own(memory: Memory, said: Words) -> Iterator[Any]:
    while said:
        key = said.take()
        memory[key] = memory.get(key, 0) + 1
        yield memory[key]


def _read(memory: Memory, said: Words) -> Iterator[Any]:
    most_entries, most_dirty, now, most_due = (said.number() for _ in range(4))
    while said:
        token_key, token, out, dirty, timers, home = (said.take() for _ in range(6))
        reviews, most_reviews, todo = said.take(), said.number(), said.take()
        if not is_held(memory, token_key, token):
            yield 0
            continue
        entries = [[entry_id, [name, value]] for entry_id, name, value in outbox(memory, out)[:most_entries]]
        marks = [part for cid in members(memory, dirty) for part in (cid, memory.get(home + cid, b""))]
        due = [cid for cid in members(memory, timers) if memory[timers, cid] <= now][:most_due]
        due += [cid for cid in members(memory, todo) if memory[todo, cid] <= now - HALF_MOVE_MS][:most_due]
        asked = sorted(members(memory, reviews), key=lambda cid: memory[reviews, cid])
        dropped = asked[:-most_reviews] if now else []
        for cid in dropped:
            del memory[reviews, cid]
        yield [entries, marks[: 2 * most_dirty], due if now else [], len(dropped)]


def _clear(memory: Memory, said: Words) -> Iterator[Any]:
    while said:
        token_key, token, out, dirty = (said.take() for _ in range(4))
        held = is_held(memory, token_key, token)
        gone = {said.take() for _ in range(said.number())}
        snapshots = said.rows(3)
        if held:
            if out in memory:
                last, entries = memory[out]
                memory[out] = last, tuple(entry for entry in entries if entry[0] not in gone)
            for cid, home, head in snapshots:
                now = memory.get(home, b"")[:13]
                if now == head or now[:1] != b"L":
                    memory.pop((dirty, cid), None)
        yield int(held)


def _passed(memory: Memory, said: Words) -> Iterator[Any]:
    while said:
        out, entry_id = said.take(), said.take()
        entries = outbox(memory, out)
        yield int(not entries or place(entries[0][0]) > place(entry_id))


def is_held(memory: Memory, token_key: bytes, token: bytes) -> bool:
    """Whether a relay still owns a shard."""
    return bool(memory.get(token_key) == int(token))


_RELAY = {b"own": _own, b"read": _read, b"clear": _clear, b"passed": _passed}


def outbox(memory: Memory, key: bytes) -> Entries:
    """The entries left in an outbox."""
    entries: Entries = memory.get(key, (0, ()))[1]
    return entries


def add(memory: Memory, key: bytes, name: bytes, value: bytes) -> None:
    """XADD"""
    last, entries = memory.get(key, (0, ()))
    memory[key] = last + 1, (*entries, (b"%d-0" % (last + 1), name, value))


def members(memory: Memory, key: bytes) -> list[bytes]:
    """The members of a set or a sorted set."""
    return sorted(pair[1] for pair in memory if isinstance(pair, tuple) and pair[0] == key)


def place(entry_id: bytes) -> tuple[int, ...]:
    """An entry's place among all of its outbox."""
    return tuple(map(int, entry_id.split(b"-")))
