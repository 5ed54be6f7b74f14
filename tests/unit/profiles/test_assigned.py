"""Every id that is given is told: as created, or as a part of one that fell apart."""

from unifier.matching.identity import identify
from unifier.profiles.assign import assign
from unifier.profiles.component import Component, Record
from unifier.profiles.fragment import Fragment
from unifier.profiles.ids import profile_id

A, B, C, D = FIDS = tuple(bytes([n]) * 12 for n in range(4))
NOBODY = identify((), (), "")


def test_what_is_left_of_one_whose_larger_part_went_over_to_another_is_created() -> None:
    """As when stewards tie two and take a fragment out of the younger, in one batch."""
    older, younger = Record(profile_id(A), (A,), 1), Record(profile_id(B), (B, C, D), 2)
    component = Component(
        A,
        records={record.pid: record for record in (older, younger)},
        live={fid: Fragment(fid, "crm", "crm_id", fid[:8], NOBODY, "e") for fid in FIDS},
    )
    told = assign(component, [(A, B, C), (D,)], 3)
    assert told.merged == {older.pid: [younger.pid]}
    assert (told.created, told.split) == ([profile_id(D)], {})
