import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.phonetics import cologne
from unifier.matching.spelling import fold


@pytest.mark.parametrize(
    ("one", "other"), [("Müller", "Möller"), ("Schmidt", "Schmitt"), ("Meier", "Mayer"), ("Philipp", "Filip")]
)
def test_names_that_sound_alike_have_one_code(one: str, other: str) -> None:
    assert cologne(fold(one)) == cologne(fold(other)) != ""


def test_the_code_is_the_published_one() -> None:
    codes = [cologne(fold(name)) for name in ("Wikipedia", "Breschnew", "Lüdenscheidt")]
    assert codes == ["3412", "17863", "52682"]


@given(st.text(max_size=40))
def test_any_text_has_a_code_of_digits(raw: str) -> None:
    code = cologne(fold(raw))
    assert code == "" or code.isdigit()
