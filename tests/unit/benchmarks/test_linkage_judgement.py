"""What the benchmark says of errors: their classes, the review band, percentiles, pictures."""

from xml.etree import ElementTree

from benchmarks._svg import Panel, sheet
from benchmarks.linkage.failures import missed, reachable, wrong
from benchmarks.linkage.judge import percentiles
from benchmarks.linkage.ours import differing
from benchmarks.linkage.review import review_band
from unifier.matching.identity import Identity

ANNA = Identity(first="anna", last="berg", ids=(("email", "anna@example.org"),))
PAUL = Identity(first="paul", last="berg", ids=(("payment_account", "tok"),))
CARD = Identity(ids=(("payment_account", "tok"),))


def test_wrong_pairs_are_told_by_what_the_two_people_have_in_common() -> None:
    (only,) = wrong("aab", [0, 0, 0], [ANNA, ANNA, PAUL])
    assert (only.pairs, only.cases) == (2, 1)
    assert only.what == "same last_name; other first_name"


def test_missed_pairs_are_told_by_what_the_parts_have_in_common() -> None:
    (only,) = missed("aa", [0, 1], [PAUL, CARD])
    assert (only.pairs, only.cases) == (1, 1)
    assert only.what == "same payment_account; one side nameless"


def test_rows_of_one_person_are_reachable_only_by_common_values() -> None:
    assert reachable("aab", [PAUL, CARD, CARD]) == [0, 0, 2]
    assert reachable("aa", [ANNA, CARD]) == [0, 1]


def test_the_review_band_counts_errors_it_shows_and_profiles_it_asks_about() -> None:
    truth, labels = "aabbcc", [0, 0, 0, 1, 2, 3]  # one b with the a's; b and c in two parts each
    band = review_band(truth, labels, truth, range(6), [([0, 1], [2], 1.0), ([4], [5], -1.0)])
    assert (band.wrong, band.wrong_shown, band.missed, band.missed_shown) == (1, 1, 2, 1)
    assert (band.profiles, band.profiles_shown) == (4, 3)
    assert band.errors_shown == 2 / 3


def test_of_the_review_band_the_first_are_counted_as_far_as_the_budget_goes() -> None:
    truth, labels = "aabbcc", [0, 0, 0, 1, 2, 3]
    reviews = [([0, 1], [2], 1.0), ([4], [5], -1.0)]
    for most, errors, profiles in ((0.2, 0, 0), (0.5, 1, 1), (0.8, 2, 3)):
        band = review_band(truth, labels, truth, range(6), reviews, most)
        assert (band.wrong_shown + band.missed_shown, band.profiles_shown) == (errors, profiles)


def test_of_two_people_in_one_fragment_no_decision_could_have_made_two() -> None:
    truth, labels, fragments = "abbcc", [0, 0, 0, 1, 2], [0, 0, 1, 2, 3]  # a card that a and b both use
    band = review_band(truth, labels, truth, fragments, [([3], [4], -1.0)])
    assert (band.errors_shown, band.decisions_shown) == (1 / 2, 1.0)


def test_profiles_that_differ_are_counted_whatever_their_labels() -> None:
    assert differing([0, 0, 2], [7, 7, 5]) == 0
    assert differing([0, 0, 2, 3], [0, 1, 2, 3]) == 1


def test_percentiles_are_values_that_occurred() -> None:
    told = percentiles([float(number) for number in range(1, 1001)])
    assert told == {"mean": 500.5, "p50": 500.0, "p90": 900.0, "p99": 990.0, "p99.9": 999.0, "p100": 1000.0}
    assert percentiles([5.0])["p99"] == 5.0


def test_a_picture_is_well_formed_and_stays_within_its_panel() -> None:
    panel = Panel("<a & b>", lines=[("us", [(-1.0, 2.0), (0.5, 0.5)])], dots=[("us", [(0.5, 0.5)])])
    root = ElementTree.fromstring(sheet("title", [panel] * 5))
    assert len([one for one in root.iter() if one.tag.endswith("circle")]) == 5
    assert panel.at((-1.0, 2.0)) == (0.0, 0.0)
