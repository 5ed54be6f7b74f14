"""How a component lies in Redis: its first bytes in the clear, the others compressed, and then sealed.

Zstandard (RFC 8878) with a dictionary, `components.zdict`, learnt from components of the simulated retailer
(`python -m benchmarks.dictionary`): the names of places, sources and events, and how a component is laid out,
need not be stored with each. With another dictionary nothing that is stored can be read.
"""

from importlib.resources import files
from threading import local

from zstandard import DICT_TYPE_FULLDICT, ZstdCompressionDict, ZstdCompressor, ZstdDecompressor, ZstdError

from unifier.profiles.store.layout import CLEAR_BYTES
from unifier.profiles.store.seal import Seal, SealError

LEVEL = -1
"""5 µs for 1.6 KB where level 3 takes 8, for 3 % more bytes."""

_DICTIONARY = ZstdCompressionDict(
    files("unifier.profiles.store").joinpath("components.zdict").read_bytes(), DICT_TYPE_FULLDICT
)
_DICTIONARY.precompute_compress(LEVEL)


UNSEALED = Seal()


class _Codec(local):
    """One for each thread: neither may be used by two at once."""

    def __init__(self) -> None:
        self.compress = ZstdCompressor(LEVEL, dict_data=_DICTIONARY).compress
        self.decompress = ZstdDecompressor(_DICTIONARY).decompress


_codec = _Codec()


def wrap(value: bytes, seal: Seal = UNSEALED) -> bytes:
    """A component's value as Redis gets it."""
    return seal.close(value[:CLEAR_BYTES] + _codec.compress(value[CLEAR_BYTES:]), CLEAR_BYTES)


def unwrap(value: bytes, seal: Seal = UNSEALED) -> bytes:
    """Inverse of `wrap`; a signpost, which is no component, is given back. Raises SealError."""
    if len(value) <= CLEAR_BYTES:
        return value
    opened = seal.open(value, CLEAR_BYTES)
    try:
        return opened[:CLEAR_BYTES] + _codec.decompress(opened[CLEAR_BYTES:])
    except ZstdError:
        pass
    raise SealError(
        "UNIFIER_REDIS: what is stored there is of another version of unifier:"
        " give an empty Redis, and load the history anew"
    )
