"""Records of all forms that a broker takes are read: none holds up those behind it."""

import asyncio
import json

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from tests.conftest import SettingsFactory
from tests.integration.spine import ago, drained, profiles, working
from unifier.settings import Settings
from unifier.streams.kafka_config import aiokafka_config


class NoText(str):
    """The name of a header that is sent as bytes that are no UTF-8."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return b"\xff\xc3" + super().encode(encoding, errors)


async def publish(settings: Settings, form: str | None, header: str) -> None:
    """One event of a cookie of its own, compressed, on partition 0."""
    name = f"{form}-{type(header).__name__}"
    event = {"messageId": name, "type": "page", "timestamp": ago(60), "anonymousId": name}
    async with AIOKafkaProducer(**aiokafka_config(settings), compression_type=form) as sender:
        await sender.send_and_wait(
            settings.topic("online"),
            json.dumps(event).encode() + b" " * 2_000,
            headers=[(header, b"v")],
            partition=0,
        )


def test_every_compression_and_headers_that_are_no_text(
    settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # aiokafka's other builder, in C, lets no such name pass.
    for module in (message_accumulator, producer):
        monkeypatch.setattr(module, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy)
    installation = settings()
    forms = (None, "gzip", "snappy", "lz4", "zstd")
    with working(installation):
        for form in forms:
            for header in ("h", NoText("h")):
                asyncio.run(publish(installation, form, header))
        drained(installation)
    assert len(profiles(installation)) == 2 * len(forms)
