"""UNIFIER_REDIS in all its forms."""

import pytest

from unifier.redis_address import Address, read_address
from unifier.settings import SettingsError, load_settings


@pytest.mark.parametrize(
    ("text", "address", "place"),
    [
        ("redis://h", Address("redis://h"), "h:6379"),
        ("redis://", Address("redis://"), "localhost:6379"),
        ("redis://u:p@ss:w@[::1]:7/", Address("redis://u:p@ss:w@[::1]:7/"), "::1:7/"),
        ("rediss://u:p@h:7/3?ssl_ca_certs=f", Address("rediss://u:p@h:7/3?ssl_ca_certs=f"), "h:7/3"),
        (
            "redis+sentinel://a:1,b:2/main",
            Address("redis://main", (("a", 1), ("b", 2)), "main"),
            "main of a:1,b:2",
        ),
        (
            "rediss+sentinel://u:p%40@a:1,b:2/main/4?ssl_ca_certs=f",
            Address("rediss://u:p%40@main/4?ssl_ca_certs=f", (("a", 1), ("b", 2)), "main"),
            "main of a:1,b:2/4",
        ),
        (
            "redis+cluster://a:1,b:2",
            Address("redis://a:1", nodes=(("a", 1), ("b", 2))),
            "the cluster of a:1,b:2",
        ),
        (
            "rediss+cluster://u:p%40@a:1,b:2/?ssl_ca_certs=f",
            Address("rediss://u:p%40@a:1?ssl_ca_certs=f", nodes=(("a", 1), ("b", 2))),
            "the cluster of a:1,b:2",
        ),
    ],
)
def test_an_address_is_taken_apart_and_named_without_its_password(
    text: str, address: Address, place: str
) -> None:
    assert load_settings({"UNIFIER_REDIS": text}).redis == text
    assert read_address(text) == address
    assert address.place == place


@pytest.mark.parametrize(
    "text",
    [
        *("h:6379", "http://h", "redis+sentinel://a/main", "redis+sentinel://a:1"),
        *("redis+sentinel://a:1,/main", "redis+cluster://a", "redis+cluster://a:1/4"),
        *("redis://h:port", "redis://h:1/main", "redis://h:1:2", "redis://a:1,b:2", "redis://h:65536"),
        *("redis+sentinel://a:65536/main", "redis+cluster://a:1,b:65536"),
    ],
)
def test_what_is_no_address_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^UNIFIER_REDIS: .*redis\+sentinel://host:port"):
        load_settings({"UNIFIER_REDIS": text})
