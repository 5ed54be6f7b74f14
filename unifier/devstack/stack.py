"""Embedded Kafka and Redis under one folder, gone when their parent goes."""

import asyncio
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from unifier.devstack.errors import StackError
from unifier.devstack.fetch import kafka_jars
from unifier.devstack.kafka import KafkaServer
from unifier.devstack.redis import RedisServer


class Stack:
    """A broker and a Redis for one machine; a context manager, `with` and `async with`.

    Without `data` everything lives in a temporary folder and is removed at the end, also when this process
    is killed. With `data` the folder, and the secret in it, are kept and used again.
    """

    def __init__(self, data: Path | None = None, fsync: str = "everysec") -> None:
        self._keep = data is not None
        self._data = data
        self._fsync = fsync
        self.started_in_s = 0.0

    def start(self) -> Self:
        """Start both and wait until they answer. Raises StackError."""
        kafka_jars()  # what is missing is fetched here, where Ctrl-C ends it, and not in a thread
        began = time.monotonic()
        try:
            self.folder = (self._data or Path(tempfile.mkdtemp(prefix="unifier-"))).absolute()
            self.folder.mkdir(parents=True, exist_ok=True)
            self.secret = self._secret()
        except OSError as error:
            raise StackError(
                f"cannot use {self._data or 'the temporary folder'}: {error.strerror}; name another with "
                f"{'--data' if self._data else 'TMPDIR'}"
            ) from None
        self.kafka_server = KafkaServer(self.folder / "kafka", self._keep)
        self.redis_server = RedisServer(self.folder / "redis", self._keep, self._fsync)
        try:
            with ThreadPoolExecutor(2) as pool:
                servers = (self.kafka_server, self.redis_server)
                starting = [pool.submit(one.start) for one in servers]
                try:
                    for one in starting:
                        one.result()
                except BaseException:
                    self.close()  # now: the pool waits for whoever waits for an answer
                    raise
        except BaseException:
            self.close()  # of what was begun meanwhile
            raise
        self.started_in_s = time.monotonic() - began
        return self

    def close(self) -> None:
        """Stop both and remove what is not to be kept."""
        for server in (self.kafka_server, self.redis_server):
            server.resume()
            if self._keep:
                server.stop()
            else:
                server.kill()
        if not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def kafka(self) -> str:
        """Bootstrap address, host:port."""
        return self.kafka_server.bootstrap

    @property
    def redis_url(self) -> str:
        """redis://host:port/0."""
        return self.redis_server.url

    def env(self) -> Mapping[str, str]:
        """The settings that point at this stack, as environment variables."""
        return {"UNIFIER_KAFKA": self.kafka, "UNIFIER_REDIS": self.redis_url, "UNIFIER_SECRET": self.secret}

    def _secret(self) -> str:
        """Kept with kept data, for what is stored is found again by the same key alone."""
        if not self._keep:
            return secrets.token_hex(32)
        file, half = self.folder / "secret", self.folder / ".secret"
        if not file.exists():
            half.touch(mode=0o600)
            half.write_text(secrets.token_hex(32))
            half.rename(file)  # on a full disk no empty file stays behind, to be taken for the secret
        return file.read_text()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)
