import ormsgpack
from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.identity import Identity, pack_identity, unpack_identity

PAIRS = st.lists(st.tuples(st.text(), st.text())).map(lambda pairs: tuple(sorted(pairs)))


@given(st.builds(Identity, first=st.text(), attributes=PAIRS, ids=PAIRS))
def test_a_stored_identity_comes_back(identity: Identity) -> None:
    assert unpack_identity(pack_identity(identity)) == identity


def test_an_identity_without_attributes_is_stored_as_before_there_were_any() -> None:
    packed = ormsgpack.packb(["anna", *[""] * 9, [["email", "a@x.de"]]])
    identity = Identity("anna", ids=(("email", "a@x.de"),))
    assert unpack_identity(packed) == identity
    assert pack_identity(identity) == packed


def test_an_attribute_is_no_identifier_of_the_same_name() -> None:
    pair = (("unit", "3"),)
    assert Identity(attributes=pair).texts() != Identity(ids=pair).texts()
