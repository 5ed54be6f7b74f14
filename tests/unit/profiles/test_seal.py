"""What is sealed tells nothing without its key, and opens with it alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.profiles.store.seal import MARK, NO_KEY, Seal, SealError, name_of, seal_of
from unifier.settings import Settings, SettingsError, load_settings

ONE, TWO = bytes(range(32)), bytes(range(1, 33))
# What is sealed never begins with the mark, as no MessagePack value and no text does.
values = st.binary(max_size=300).filter(lambda value: MARK not in value)


@given(values, st.integers(0, 400))
def test_what_is_closed_opens_again_and_begins_in_the_clear(value: bytes, clear: int) -> None:
    seal = Seal([ONE])
    sealed = seal.close(value, min(clear, len(value)))
    assert sealed.startswith(value[:clear])
    assert seal.open(sealed, min(clear, len(value))) == value


@given(values)
def test_another_first_key_seals_and_the_former_still_opens(value: bytes) -> None:
    after = Seal([TWO, ONE])
    assert after.open(Seal([ONE]).close(value)) == value
    assert after.close(value)[1:5] == after.name == name_of(TWO)


@given(values)
def test_without_a_key_nothing_changes(value: bytes) -> None:
    seal = Seal()
    assert (seal.close(value), seal.open(value), seal.name) == (value, value, NO_KEY)
    assert Seal([ONE]).open(value) == value


def test_no_two_seals_of_one_value_are_equal() -> None:
    seal = Seal([ONE])
    assert len({seal.close(b"Anna") for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize("keys", [(), (TWO,)])
def test_a_key_that_is_not_there_is_named_and_not_shown(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(SealError) as caught:
        Seal(keys).open(Seal([ONE]).close(b"Anna"))
    words = str(caught.value)
    assert f"UNIFIER_DATA_KEY: what is stored is sealed with the key named {name_of(ONE).hex()}" in words
    assert "Anna" not in words
    assert ONE.hex() not in words


@given(st.binary(min_size=20, max_size=99).filter(lambda value: MARK not in value), st.data())
def test_what_was_altered_does_not_open(value: bytes, data: st.DataObject) -> None:
    seal = Seal([ONE])
    sealed = bytearray(seal.close(value, 10))
    at = data.draw(st.integers(0, len(sealed) - 1).filter(lambda place: place != 10))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        seal.open(bytes(sealed), 10)


def test_the_setting_names_several_keys() -> None:
    seal = seal_of(Settings(data_key=f"{TWO.hex()},{ONE.hex()}"))
    assert seal.name == name_of(TWO)
    assert seal.lacks([name_of(ONE), name_of(TWO), NO_KEY]) == []
    assert seal_of(Settings()).name == NO_KEY


@pytest.mark.parametrize("wrong", ["geheim", ONE.hex()[:-2], f"{ONE.hex()},", f"{ONE.hex()} {TWO.hex()}"])
def test_a_wrong_key_is_refused_without_being_shown(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"UNIFIER_DATA_KEY: .*openssl rand -hex 32") as caught:
        load_settings({"UNIFIER_DATA_KEY": wrong})
    assert wrong not in str(caught.value)
