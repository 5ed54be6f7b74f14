"""Components drawn at random: members, and what ties and separates them."""

from hypothesis import strategies as st

from tests.unit.profiles.people import member
from unifier.profiles.partition import Member, Separation, Tie

KINDS = ["account_id", "loyalty_id", "email", "phone", "payment_account", "cookie_id", "device_id"]
VALUES = {
    "phone": ["0171 5551234", "0171 5551235"],
    "email": ["anna@gmx.de", "otto@gmx.de", "noreply@shop.example"],
}
TOLD = st.dictionaries(st.sampled_from(KINDS), st.sampled_from([0, 1, 2]), max_size=3).map(
    lambda told: {kind: (VALUES.get(kind, ["1", "2", "3"]) * 2)[pick] for kind, pick in told.items()}
)
NAMED = st.fixed_dictionaries(
    {},
    optional={
        "first_name": st.sampled_from(["Anna", "Anne", "Otto", "A"]),
        "last_name": st.sampled_from(["Jagemann", "Jägemann", "Müller"]),
        "birth_date": st.sampled_from(["1980-02-03", "1955-12-12"]),
        "postal_code": st.just("83093"),
        "street": st.just("Bergstr. 5"),
    },
)
Component = tuple[list[Member], list[Tie], list[Separation]]


@st.composite
def components(draw: st.DrawFn) -> tuple[list[Member], list[Tie], list[Separation]]:
    count = draw(st.integers(2, 6))
    names = [f"m{number}" for number in range(count)]
    members = [
        member(
            name,
            *draw(st.lists(st.sampled_from(["order-1", "order-2"]), max_size=1)),
            alone="yes" if draw(st.integers(0, 9)) == 0 else "",
            **draw(TOLD),
            **draw(NAMED),
        )
        for name in names
    ]
    fids = [each.fid for each in members]
    some = st.sampled_from(fids)
    at = st.integers(1, 4)
    ties = draw(
        st.lists(
            st.builds(Tie, some, some, st.sampled_from(["source", "steward"]), st.uuids().map(str), at),
            max_size=2,
        )
    )
    separations = [
        Separation(frozenset([a]), frozenset(b) - {a}, event, "steward", moment)
        for a, b, event, moment in draw(
            st.lists(
                st.tuples(some, st.lists(some, min_size=1, max_size=2), st.uuids().map(str), at), max_size=2
            )
        )
    ]
    return members, ties, separations
