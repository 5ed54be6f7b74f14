"""Identities drawn at random, of a few values that are alike."""

from hypothesis import strategies as st

from unifier.matching.identity import Identity
from unifier.matching.names import COMPANY

FIRST = st.sampled_from(["", COMPANY, "anna", "anne", "peter", "p", "hans peter", "lena", "muller"])
LAST = st.sampled_from(["", "muller", "schmidt", "anna", "ana", "a", "muller schmidt"])
IDENTITIES = st.builds(
    Identity,
    FIRST,
    st.sampled_from(["", "m", "maria", "jr", "m sr"]),
    LAST,
    st.sampled_from(["", "1980-02-03", "1980-03-02", "1980-02-04", "1955-12-12"]),
    st.sampled_from(["", "bergstr", "bergsr", "dorfpl"]),
    st.sampled_from(["", "5", "6"]),
    st.sampled_from(["", "10117", "83093"]),
    st.sampled_from(["", "berlin", "bonn"]),
    ids=st.lists(
        st.tuples(
            st.sampled_from(["account_id", "cookie_id", "email", "loyalty_id", "payment_account", "phone"]),
            st.sampled_from(
                ["a@x.de", "a@x.dr", "a@y.de", "1", "anna.muller@x.de", "muller.peter@y.de", "a.schmidt@x.de"]
            ),
        ),
        unique=True,
        max_size=4,
    ).map(lambda pairs: tuple(sorted(pairs))),
)
