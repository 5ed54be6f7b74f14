import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.spelling import fold, plain

WILD = st.text(max_size=40) | st.text("aeouäöüßsz -'.,0123456789+@()ÃÂ¼&;?", max_size=25)


@pytest.mark.parametrize(
    "spellings",
    [
        "Müller MUELLER Muller müller Mu\u0308ller MÃ¼ller M&uuml;ller",
        "Weiß weiss WEISZ Weiss",
        "José Jose JOSÉ Jose\u0301",
        "Łukasz Lukasz",
        "Çelik celik",
        "Işık IŞIK Isik",
        "İbrahim Ibrahim ibrahim",
        "O’Neil O'Neil ONeil O´Neil",
        "Мария Mariya",
        "Παπαδόπουλος Papadopoulos",
        "Søren Soeren Soren",
        "\u1d2cnna Anna",
        "Schmi\u00addt Schmi\u200bdt Schmidt",
    ],
)
def test_spellings_of_one_name_are_one(spellings: str) -> None:
    assert len({fold(spelling) for spelling in spellings.split(" ")}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Bauer", "Baur"), ("Neuer", "Neur"), ("Quelle", "Qulle"), ("Maier", "Meier"), ("Kohl", "Kühl")],
)
def test_other_names_stay_others(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize("raw", ["JOÃO", "São Paulo", "Ångström", "Â", "R&D; x"])
def test_letters_that_only_look_misread_stay(raw: str) -> None:
    assert len(fold(raw)) >= len(raw) - 4
    assert fold(raw)[0] == plain(raw)[0]


@given(WILD)
def test_folding_never_raises_and_twice_is_once(raw: str) -> None:
    once = fold(raw)
    assert fold(once) == once == once.strip()
    assert once.isascii()
    assert plain(raw).isascii()
    assert plain(raw) == plain(raw).lower()
