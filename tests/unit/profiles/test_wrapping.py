"""How a component lies in Redis: what comes back, what stays in the clear, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.profiles.making import event, folded
from unifier.profiles.store.layout import CLEAR_BYTES, HEAD_BYTES, LIVE, SIGNPOST
from unifier.profiles.store.seal import MARK, Seal, SealError
from unifier.profiles.store.wrapping import unwrap, wrap

OPEN, SEALED = Seal(), Seal([bytes(range(32))])


@pytest.mark.parametrize("seal", [OPEN, SEALED])
@given(value=st.binary(min_size=CLEAR_BYTES, max_size=3_000))
def test_what_is_wrapped_comes_back_and_its_head_stays_in_the_clear(seal: Seal, value: bytes) -> None:
    wrapped = wrap(value, seal)
    assert wrapped[:CLEAR_BYTES] == value[:CLEAR_BYTES]
    assert (wrapped[CLEAR_BYTES : CLEAR_BYTES + 1] == MARK) == (seal is SEALED)
    assert unwrap(wrapped, seal) == value


def test_a_component_takes_little_room() -> None:
    who = ("account_id", "a"), ("email", "anna@example.org")
    visits = [event(f"e{n}", who[n % 2], *who, at=n * 1_000) for n in range(1, 16)]
    component, _ = folded(visits)
    value = LIVE + bytes(HEAD_BYTES - 1) + component.pack(component.live)
    assert len(wrap(value, OPEN)) < 0.7 * len(value)


def test_a_signpost_is_given_back() -> None:
    assert unwrap(SIGNPOST + bytes(12), SEALED) == SIGNPOST + bytes(12)


def test_what_another_version_stored_is_refused_in_one_line_that_names_the_mend() -> None:
    with pytest.raises(SealError, match=r"^UNIFIER_REDIS: .* another version .*: give an empty Redis"):
        unwrap(LIVE + bytes(HEAD_BYTES - 1) + b"\x9b\xc4\x08" + bytes(8) + b"\xc0\x80", OPEN)
