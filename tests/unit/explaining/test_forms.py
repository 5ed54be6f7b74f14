"""Text, picture and page: whole, self-contained, for every reader, and safe whatever a record is called."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.profiles.people import RULES, member, tie
from unifier.explaining.forms import formed
from unifier.explaining.report import Report, Section, of_profile, of_two
from unifier.matching.score import Contribution
from unifier.profiles.account import account
from unifier.profiles.between import apart
from unifier.profiles.decided import Decided
from unifier.profiles.evidence import Evidence
from unifier.profiles.waterfall import Waterfall

HOME = {"last_name": "Jagemann", "street": "Bergstr. 5", "postal_code": "83093"}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def evidence() -> Evidence:
    members = [
        member("a", first_name="Anna", email="j@gmx.de", cookie_id="c", **HOME),
        member("b", first_name="Anna", email="j@gmx.de", loyalty_id="1"),
        member("c", first_name="Xaver"),
        member("o", first_name="Otto", email="o@gmx.de", loyalty_id="2", **HOME),
        member("x", cookie_id="c"),
    ]
    return Evidence(members, [tie("b", "c")], [], frozenset(), RULES)


@pytest.fixture(params=["profile", "two"])
def report(request: pytest.FixtureRequest, evidence: Evidence) -> Report:
    decided = Decided(evidence)
    anna, otto = decided.partition.groups
    if request.param == "profile":
        return of_profile("p_anna", account(decided, anna), bytes.decode)
    return of_two("p_anna", "p_otto", apart(evidence, anna, otto, [], together=True), bytes.decode)


def words_of(report: Report) -> set[str]:
    """Everything that a form must say."""
    waterfalls = [each.waterfall for each in report.sections if each.waterfall is not None]
    said = {f"{line.bits:+.2f}" for waterfall in waterfalls for line in waterfall.lines}
    said |= {line.level for waterfall in waterfalls for line in waterfall.lines}
    said |= {f"{waterfall.bits:+.2f}" for waterfall in waterfalls} | {"threshold"}
    return {*said, report.title}


@pytest.mark.parametrize("form", ["text", "svg", "html"])
def test_every_form_says_all_lines_sums_and_thresholds(report: Report, form: str) -> None:
    shown = formed(form, report, {})
    assert not [words for words in words_of(report) if words not in shown]


@pytest.mark.parametrize("form", ["svg", "html"])
def test_a_picture_needs_nothing_from_outside(report: Report, form: str) -> None:
    shown = formed(form, report, {}).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.findall(r"https?:|//|\bhref=|\bsrc=|url\(|@import|<script|<link|<img|\bon\w+=", shown)


def test_the_svg_is_well_formed_and_described_for_those_who_do_not_see_it(report: Report) -> None:
    picture = ElementTree.fromstring(formed("svg", report, {}))
    assert picture.tag == f"{SVG}svg"
    assert picture.get("role") == "img"
    named = {each.get("id"): each for each in picture}
    title, description = (named[name] for name in str(picture.get("aria-labelledby")).split())
    assert (title.tag, title.text) == (f"{SVG}title", report.title)
    assert description.tag == f"{SVG}desc"
    assert description.text == formed("text", report, {}).rstrip("\n")


def test_what_is_drawn_lies_within_the_picture(report: Report) -> None:
    picture = ElementTree.fromstring(formed("svg", report, {}))
    _, _, width, height = map(float, str(picture.get("viewBox")).split())
    depth = 0.0
    for group in picture.iter(f"{SVG}g"):
        top = float(re.findall(r"[\d.]+", str(group.get("transform")))[1])
        for bar in group.iter(f"{SVG}rect"):
            x, y, wide, tall = (float(str(bar.get(name))) for name in ("x", "y", "width", "height"))
            assert x >= 0
            assert x + wide <= width
            depth = max(depth, top + y + tall)
    assert 0 < depth <= height


@pytest.mark.parametrize("form", ["svg", "html"])
def test_a_picture_follows_dark_and_light(report: Report, form: str) -> None:
    shown = formed(form, report, {})
    assert "color-scheme: light dark" in shown
    light, dark = (
        dict(re.findall(r"(--\w+): (#\w+)", part))
        for part in shown.split("@media (prefers-color-scheme: dark)")
    )
    assert light.keys() == dark.keys()
    for colours in (light, dark):
        for name in ("ink", "faint", "for", "against", "sum"):
            assert contrast(colours[f"--{name}"], colours["--paper"]) >= 4.5, name


def contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        digits = colour.lstrip("#")
        parts = (
            [digits[n] * 2 for n in range(3)] if len(digits) == 3 else [digits[n : n + 2] for n in (0, 2, 4)]
        )
        linear = [
            share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
            for share in (int(part, 16) / 255 for part in parts)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class Tags(HTMLParser):
    """Whether every element that is opened is closed again, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_has_a_table_beside_each_picture(report: Report) -> None:
    tags = Tags(formed("html", report, {}))
    assert tags.open == []
    waterfalls = [section for section in report.sections if section.waterfall]
    assert tags.seen.count("svg") == tags.seen.count("table") == len(waterfalls)
    assert tags.seen.count("section") == tags.seen.count("h2") == len(report.sections)


LINES = st.lists(
    st.builds(
        Contribution,
        st.sampled_from(["prior", "attribute:a_b", "household"]),
        st.text(max_size=90),
        st.floats(-2e3, 2e3),
    ),
    min_size=1,
    max_size=5,
).map(tuple)
SECTIONS = st.builds(
    Section,
    st.text(),
    st.text(),
    st.none() | st.builds(Waterfall, LINES, st.none() | st.floats(-9, 9), st.just((1, 2))),
)


@given(st.builds(Report, st.text(), st.text(), st.lists(SECTIONS, max_size=3)))
def test_no_name_of_a_record_breaks_out_of_its_place(report: Report) -> None:
    ElementTree.fromstring(formed("svg", report, {}))
    assert Tags(formed("html", report, {})).open == []


@given(st.text(min_size=1))
def test_markup_in_a_name_is_shown_as_text(name: str) -> None:
    report = Report(f"<script>{name}</script>", "", [])
    for form in ("svg", "html"):
        assert "<script" not in formed(form, report, {})


@given(st.text())
def test_no_name_of_a_record_commands_the_terminal(name: str) -> None:
    report = Report(f"{name}\x1b[2J", name, [Section(name, name)])
    assert formed("text", report, {}).replace("\n", "").isprintable()


def test_a_probability_is_never_certain(evidence: Evidence) -> None:
    sure = Waterfall((Contribution("steward", "says so", 1_000.0),), 1.0, (1, 1))
    never = Waterfall((Contribution("birth_date", "differ", -1_000.0),), 1.0, (1, 1))
    shown = formed("text", Report("t", "a", [Section("", "", sure), Section("", "", never)]), {})
    assert "99.99%" in shown
    assert "0.01%" in shown
