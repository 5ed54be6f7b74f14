"""Sealing of what is stored, with the installation's data key: AES-256-GCM (NIST SP 800-38D).

    sealed = what stays in the clear, 0xC1, 4 bytes that name the key, 12 bytes of nonce, ciphertext with tag

No MessagePack value and no UTF-8 text has the byte 0xC1: what is sealed and what is not are told apart by
themselves, so a key may be given, or changed, while the workers run.
"""

import os
from collections.abc import Awaitable, Collection
from hashlib import blake2b
from itertools import count
from typing import Any, cast

from redis.asyncio import Redis

from unifier.profiles.store.layout import SEALS
from unifier.settings import Settings, SettingsError

MARK = b"\xc1"
NAME_BYTES = 4
NONCE_BYTES = 12
NO_KEY = bytes(NAME_BYTES)
"""The name of the key of those who seal nothing."""


class SealError(SettingsError):
    """What is stored cannot be opened; the message is one line that names the mend."""


class Seal:
    """Seals with the first key and opens with all; without keys it seals nothing."""

    def __init__(self, keys: Collection[bytes] = ()) -> None:
        """Keys of 32 bytes."""
        self._ciphers: dict[bytes, Any] = {}
        self.name = NO_KEY
        if keys:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # takes a tenth of a second

            self._ciphers = {name_of(key): AESGCM(key) for key in keys}
            self.name = next(iter(self._ciphers))
            self._cipher = self._ciphers[self.name]
            # Counted from a random start: of random ones, two would be equal after some 2^32.
            self._nonces = count(int.from_bytes(os.urandom(NONCE_BYTES)))

    def lacks(self, names: Collection[bytes]) -> list[bytes]:
        """Those of these keys that it does not have."""
        return [name for name in names if name != NO_KEY and name not in self._ciphers]

    def close(self, value: bytes, clear: int = 0) -> bytes:
        """The value sealed; so many of its first bytes stay as they are, vouched for by the seal."""
        if not self._ciphers:
            return value
        nonce = (next(self._nonces) % (1 << 8 * NONCE_BYTES)).to_bytes(NONCE_BYTES)
        head = value[:clear]
        return b"".join((head, MARK, self.name, nonce, self._cipher.encrypt(nonce, value[clear:], head)))

    def open(self, value: bytes, clear: int = 0) -> bytes:
        """Inverse of `close`, for whatever key; what is not sealed is given back. Raises SealError."""
        if value[clear : clear + 1] != MARK:
            return value
        named, nonced = clear + 1, clear + 1 + NAME_BYTES
        cipher = self._ciphers.get(value[named:nonced])
        if cipher is None:
            raise SealError(lacking([value[named:nonced]], bool(self._ciphers)))
        from cryptography.exceptions import InvalidTag

        head, start = value[:clear], nonced + NONCE_BYTES
        try:
            return head + cast("bytes", cipher.decrypt(value[nonced:start], value[start:], head))
        except InvalidTag:
            pass
        raise SealError("UNIFIER_REDIS: something that is stored there was altered: put a backup back")


def name_of(key: bytes) -> bytes:
    """4 bytes that name a key and tell nothing of it."""
    return blake2b(key, digest_size=NAME_BYTES, person=b"data key").digest()


def seal_of(settings: Settings) -> Seal:
    """The seal that the settings ask for."""
    return Seal([bytes.fromhex(key) for key in settings.data_key.split(",") if key])


async def check(redis: Redis, seal: Seal) -> None:
    """Raises SealError when some of what is stored is sealed with a key that is not given."""
    used = await cast("Awaitable[list[bytes]]", redis.zrange(SEALS, 0, -1))
    if lacks := seal.lacks([bytes.fromhex(name.decode()) for name in used]):
        raise SealError(lacking(lacks, seal.name != NO_KEY))


def lacking(names: Collection[bytes], has_some: bool) -> str:
    """What to do when these keys are needed."""
    keys = ", ".join(sorted(name.hex() for name in names))
    mend = "add it behind the first, after a comma" if has_some else "give it"
    return f"UNIFIER_DATA_KEY: what is stored is sealed with the key named {keys}: {mend}"
