"""The largest record that a topic takes."""

from kafka.admin import ConfigResource, ConfigResourceType

from tests.waiting import eventually
from unifier.settings import Settings
from unifier.streams.topics import admin_client

SETTING = "max.message.bytes"


def take_up_to(settings: Settings, name: str, most: int) -> None:
    """Have a topic refuse larger ones; returns when the broker does so."""
    topic = settings.topic(name)
    asked = ConfigResource(ConfigResourceType.TOPIC, topic, {SETTING: None})
    with admin_client(settings) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {SETTING: str(most)})])

        def heard() -> bool:
            told = admin.describe_configs([asked], config_filter="all")
            return any(of_kind[topic][SETTING]["value"] == str(most) for of_kind in told.values())

        eventually(heard)
