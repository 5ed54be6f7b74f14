"""What is wrong in a rules file is told at start in one line: where, and what to write instead."""

from importlib.resources import files
from pathlib import Path

import pytest

from unifier.rules import RulesError, load_rules

SHIPPED = files("unifier").joinpath("rules.toml").read_text(encoding="utf-8")
DURATION = 'give a whole number and a unit: "90s", "15m", "24h" or "7d"'
MISSING = "missing; add it, as in the shipped rules.toml"
UNKNOWN = "there is nothing of this name; take it out, or write its name as in the shipped rules.toml"
TEXT, LIST, TABLE = 'give text in quotes: "…"', 'give a list: ["…", "…"]', "give a table, as in the shipped"
PHASES = "write one of awareness, consideration, preference, purchase, after_sale, loyalty"

WRONG = [
    # (what stands in the shipped file, what is there instead, the line's text that is named, place, mend)
    ("version = 1", "version = 2", "version = 2", "version", "write 1"),
    ("[steps]", "[stepz]", "[stepz]", "stepz", UNKNOWN),
    ("[segments]", "[predictions]\n[segments]", "[predictions]", "predictions", UNKNOWN),
    ("[models.six-phase]", "[model.six-phase]", "[model.six-phase]", "model", UNKNOWN),
    # signals
    ('"Like" = "interest"', '"Like" = "intrest"', '"Like"', "signals.online.Like", "one of touch, interest"),
    ('"Like" = "interest"', '"Like" = ["interest"]', '"Like"', "signals.online.Like", "one of touch"),
    ("[signals.pos]", "[signals.till]", "[signals.till]", "signals.till", UNKNOWN),
    ("layaway = ", "layway = ", "layway", "signals.pos.layway", "write 'sale', 'return', 'layaway'"),
    ("[signals.crm]\nloyalty", '[signals]\ncrm = "x"\n#', 'crm = "x"', "signals.crm", TABLE),
    # retention
    ("[retention]", '[retention]\nanonymous = "12h"', 'anonymous = "12h"', "retention.anonymous",
     'give "1d" or more'),
    ("[retention]", "[retention]\nknown = 396", "known = 396", "retention.known", DURATION),
    # phases and their timers
    ('stale_after = "24h"', "stale_after = 24", "stale_after", "journey.stale_after", DURATION),
    ('stale_after = "24h"', 'stale_after = "1 day"', "stale_after", "journey.stale_after", DURATION),
    ("third_view = 3", "third_view = 0", "third_view", "journey.third_view", "give 1 or more"),
    ("third_view = 3", "third_view = 17", "third_view", "journey.third_view", "give 16 or less"),
    ("third_view = 3", 'third_view = "3"', "third_view", "journey.third_view", "give a whole number"),
    ('loyal_for = "365d"', "", "[journey]", "journey.loyal_for", MISSING),
    ("loyal_for", 'loyal_fr = "1d"\nloyal_for', "loyal_fr", "journey.loyal_fr", UNKNOWN),
    ('["awareness", "consideration"', '["awareness", "awareness"', "phases = ", "models.six-phase.phases",
     'give each name once, and not "none"'),
    ('["awareness", "consideration"', '[1, "consideration"', "phases = ", "models.six-phase.phases.0", TEXT),
    ('on = { touch = "awareness"', 'on = { touch = "awarness"', "on = {", "models.six-phase.on.touch",
     f"no phase of this model; {PHASES}"),
    ('on = { touch = "awareness", ', "on = { ", "on = {", "models.six-phase.on.touch", MISSING),
    ('purchase = "purchase"', 'purchase = "after_sale"', "on = {", "models.six-phase.on", "put touch, "),
    ('after = "7d"', 'after = "7x"', 'after = "7x"', "models.six-phase.lapse.0.after", DURATION),
    ('after = "7d"', 'after = "7h"', 'after = "7h"', "models.six-phase.lapse.0.after", 'give "1d" or more'),
    ('from = "preference"', 'from = "prefer"', 'from = "prefer"', "models.six-phase.lapse.0.from",
     f"no phase of this model; {PHASES}"),
    ('from = "consideration"', 'from = "preference"', 'from = "preference", after = "30d"',
     "models.six-phase.lapse.1.from", "take one of the two out"),
    ('to = "awareness" }', 'to = "loyalty" }', 'to = "loyalty" }', "models.six-phase.lapse.1",
     "fall from a phase before that of purchase to an earlier one"),
    (', to = "consideration" }', " }", 'after = "7d"', "models.six-phase.lapse.0.to", MISSING),
    ('otherwise = "awareness"', 'otherwise = "loyalty"', "ends = ", "models.six-phase.ends",
     "otherwise before purchase"),
    ('ends = { phase = "after_sale"', 'ends = { phase = "loyalty"', "ends = ", "models.six-phase.ends",
     "give the phase of fulfilment"),
    ('after = "30d", loyal', "after = 30, loyal", "ends = ", "models.six-phase.ends.after", DURATION),
    ('loyal_for = "365d"', 'loyal_for = "1000000d"', "loyal_for", "journey.loyal_for",
     '1000000d is too long; give "999999d" or less'),
    ('stale_after = "24h"', 'stale_after = "%ss"' % ("9" * 5_000), "stale_after", "journey.stale_after",
     's is too long; give "86399913600s" or less'),
    ('["awareness", "consideration"', '["", "consideration"', "phases = ", "models.six-phase.phases.0",
     "give some text"),
    ("[models.six-phase]", '[models.""]', '[models.""]', "models.", "give some text"),
    # playbook
    ('quiet_after_trouble = "14d"', "", "[playbook]", "playbook.quiet_after_trouble", MISSING),
    ("hours = [1, 1,", "hours = [1,", "hours = ", "playbook.hours", "give at least 24"),
    ("hours = [1, 1,", "hours = [-1, 1,", "hours = ", "playbook.hours.0", "give 0 or more"),
    ("hours = [1, 1,", "hours = [inf, 1,", "hours = ", "playbook.hours.0", "give a finite number"),
    ('email = "marketing_email"', "email = true", "email = true", "playbook.channels.email", TEXT),
    ('email = "marketing_email"\n', "", 'channels = ["email", "app"]', "playbook.actions.2.channels",
     "[playbook.channels] has no 'email', by which win_back goes; add it"),
    ('name = "offer_sign_up"', 'name = "Offer it"', 'name = "Offer it"', "playbook.actions.0.name",
     "write small letters, digits and _, a letter first"),
    ('name = "build_trust"', 'name = "win_back"', 'name = "win_back"\nphase = "cons',
     "playbook.actions.3.name", "another action has this name; give it one of its own"),
    ('phase = "loyalty"\nwhen', 'phase = "loyal"\nwhen', 'phase = "loyal"', "playbook.actions.8.phase",
     f"six-phase has no phase 'loyal' for reward_referral; {PHASES}"),
    ('phase = "loyalty"\nwhen', "when", '[[playbook.actions]]\nname = "reward_referral"',
     "playbook.actions.8.phase", MISSING),
    ('when = ["orders before 30d"]', 'when = "orders before 30d"', 'when = "orders',
     "playbook.actions.2.when", LIST),
    ("orders before 30d", "order before 30d", "order before", "playbook.actions.2.when.0",
     "there is no fact 'order'; there are known, anonymous"),
    ('["orders before 30d"]', '[\n  "known",\n  "phase is preferring",\n]', '  "phase is preferring"',
     "playbook.actions.2.when.1", f"'phase is preferring': six-phase has no such phase; {PHASES}"),
    ("orders before 30d", "channel:shop >= 1", "channel:shop", "playbook.actions.2.when.0",
     "'channel:shop >= 1': no such channel; write one of web, app, store"),
    ('channels = ["parcel"]', 'channels = "parcel"', 'channels = "parcel"', "playbook.actions.5.channels",
     LIST),
    ('channels = ["parcel"]', "channels = []", "channels = []", "playbook.actions.5.channels",
     "give at least 1"),
    ('delay = "1h"', 'delay = "1 h"', 'delay = "1 h"', "playbook.actions.4.delay", DURATION),
    ('["parcel"]\nvalid = "2d"', '["parcel"]\nvalid = "0d"', 'valid = "0d"', "playbook.actions.5.valid",
     'give "1s" or more'),
    ('cooldown = "3d"', "cooldown = 3", "cooldown = 3\n", "playbook.actions.4.cooldown", DURATION),
    ("selling = true", 'selling = "yes"', 'selling = "yes"', "playbook.actions.2.selling",
     "write true or false"),
    ("selling = true", "seling = true", "seling", "playbook.actions.2.seling", UNKNOWN),
    ("first_seen within", "first seen within", "first seen", "segments.new.0", "is no condition; write"),
    ('say = "Remind of the cart', "say = 3 #", "say = 3", "playbook.actions.4.say", TEXT),
    # steps and segments
    ('"Product Added", "Checkout S', '"Product Viewed", "Checkout S', "order = ", "steps.order",
     "name each step once"),
    ('order = ["Product Viewed"', 'orders = ["Product Viewed"', "orders = ", "steps.orders", UNKNOWN),
    ('loyal = ["loyal"]', 'loyal = "loyal"', 'loyal = "loyal"', "segments.loyal", LIST),
    ('loyal = ["loyal"]', "loyal = []", "loyal = []", "segments.loyal", "give at least 1"),
    ('loyal = ["loyal"]', 'loyal = ["loyall"]', 'loyal = ["loyall"]', "segments.loyal.0",
     "there is no fact 'loyall'"),
    ('loyal = ["loyal"]', 'loyal = ["phase is loyal"]', 'loyal = ["phase', "segments.loyal.0",
     "'phase is loyal': six-phase has no such phase"),
    ('loyal = ["loyal"]', '"Very Loyal" = ["loyal"]', '"Very Loyal"', "segments.Very Loyal",
     "write small letters, digits and _, a letter first"),
    ('loyal = ["loyal"]', 'loyal = ["phase is loyalty within 7d"]', 'loyal = ["phase', "segments.loyal.0",
     "six-phase has no such phase"),
    ('loyal = ["loyal"]', 'loyal = ["orders within 1000000d"]', 'loyal = ["orders', "segments.loyal.0",
     '1000000d is too long; give "999999d" or less'),
    ('loyal = ["loyal"]', 'loyal = ["interests >= 0.5 within 7d"]', 'loyal = ["interests', "segments.loyal.0",
     'with "within" write a whole number, 1 or more'),
    ('loyal = ["loyal"]', 'loyal = ["orders >= %s within 7d"]' % ("9" * 400), 'loyal = ["orders',
     "segments.loyal.0", "is no condition; write"),
    # people
    ("# people = 1_000_000", f"people = {10**400}", "people = ", "matching.people", "give 1e+11 or less"),
    ("[identifiers.crm_id]", '[identifiers."crm:id"]', '[identifiers."crm:id"]', "identifiers.crm:id",
     "a name of up to 60 characters without : | ="),
    ('strength = "person"', 'strength = "human"', 'strength = "human"', "identifiers.account_id.strength",
     "write 'person', 'device' or 'household'"),
    ("unique = true", 'unique = "yes"', 'unique = "yes"', "identifiers.account_id.unique",
     "write true or false"),
    ("link_bits = -2.0", "link_bits = nan", "link_bits", "matching.link_bits", "give a finite number"),
    ("link_bits = -2.0", "link_bits = 0.5", "join_bits", "matching.join_bits",
     "below link_bits; give 0.5 or more, or lower link_bits"),
    ("merge_bits = 1.0", "merge_bits = -1.0", "merge_bits", "matching.merge_bits",
     "below join_bits; give 0 or more, or lower join_bits"),
    ("merge_groups_bits = 2.0", "merge_groups_bits = 0.9", "merge_groups", "matching.merge_groups_bits",
     "below merge_bits; give 1 or more, or lower merge_bits"),
    ('"email:noreply@*"', '"noreply@*"', '"noreply@*"', "matching.shared_values.0", 'write "TYPE:VALUE"'),
    ('"email:noreply@*"', '"email: "', '"email: "', "matching.shared_values.0", 'write "TYPE:VALUE"'),
    ('"email:noreply@*"', '"phone:0800 55501"', '"phone:0800', "matching.shared_values.0",
     'write a phone as it is dialled from abroad: "phone:+49 30 …"'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "named", "place", "mend"), WRONG, ids=[w[1][:60] for w in WRONG])
def test_a_wrong_line_is_named_with_the_mend(
    tmp_path: Path, old: str, new: str, named: str, place: str, mend: str
) -> None:
    text = SHIPPED.replace(old, new, 1)
    line = text[: text.index(named)].count("\n") + 1
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RulesError) as told:
        load_rules(path)
    assert str(told.value).startswith(f"{path}: line {line}: {place}: ")
    assert mend in str(told.value)
    assert "\n" not in str(told.value)


def test_what_is_missing_as_a_whole_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SHIPPED.replace("[journey]", "[steps]", 1).replace("[steps]\norder", "[other]\norder", 1))
    with pytest.raises(RulesError, match=f"mine.toml: journey: {MISSING}"):
        load_rules(path)


def test_a_file_that_is_not_utf_8_is_named_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"version = 1\n# f\xfcr uns\n")
    with pytest.raises(RulesError, match=r"mine\.toml: line 2: not UTF-8; save the file in that encoding"):
        load_rules(path)


def test_the_mark_with_which_windows_begins_a_file_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SHIPPED.replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    assert load_rules(path).form == load_rules().form


def test_phases_have_names_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = SHIPPED.replace('"after_sale"', '"nach dem Kauf"')
    text = text.replace('loyal = ["loyal"]', 'loyal = ["not phase is nach dem Kauf"]')
    path.write_text(text, encoding="utf-8")
    assert load_rules(path).segments["loyal"][0].word == "nach dem Kauf"
