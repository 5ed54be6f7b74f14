"""What the scripts are told: the words of their arguments, as the head of each script lists them."""

from importlib.resources import files

from unifier.profiles.store.commit import Commit, IndexWrite
from unifier.profiles.store.layout import Layout
from unifier.profiles.store.seal import Seal
from unifier.profiles.store.wrapping import wrap

Words = list[bytes | int | str]

_PLACE_BYTES = 5  # a score is exact up to 53 bits


def script(*names: str) -> str:
    """The source of a script; those before the last are what it rests on."""
    folder = files("unifier.profiles.store")
    return "".join(folder.joinpath(f"{name}.lua").read_text(encoding="utf-8") for name in names)


def own_words(commit: Commit, head: bytes, layout: Layout, seal: Seal) -> Words:
    """What is written of the component itself."""
    shard = layout.shard(commit.cid)
    return [
        layout.home(commit.cid),
        commit.cid,
        head,
        wrap(commit.value, seal),
        layout.out(shard),
        b"" if commit.unseen else layout.dirty(shard),
        layout.timers(shard),
        commit.effects and seal.close(commit.effects),
        "" if commit.due is None else commit.due,
        layout.reviews(shard),
        _place(commit),
    ]


def index_words(write: IndexWrite, layout: Layout) -> Words:
    """A holder and the entry that it is for."""
    return [
        *layout.entry(write.place),
        write.holder,
        write.at,
        write.most_people,
        write.most_holders,
    ]


def _place(commit: Commit) -> int | str:
    """Among the components about which a steward is asked: by doubt, and no two in one place."""
    if not commit.doubt:
        return "" if commit.doubt is None else 0
    return commit.doubt << 8 * _PLACE_BYTES | int.from_bytes(commit.cid[:_PLACE_BYTES], "big")
