from tests.unit.profiles.people import RULES, apart, groups, member, parted, tie
from unifier.profiles.partition import Member

HOME = {"last_name": "Jagemann", "street": "Bergstr. 5", "postal_code": "83093"}


def test_one_member_is_one_person() -> None:
    assert groups([member("a", cookie_id="c")]) == ["a"]


def test_spellings_of_one_person_come_together() -> None:
    found = groups(
        [
            member("a", first_name="Günther", **HOME),
            member("b", first_name="Gunter", last_name="JAGEMANN", email="g.jagemann@gmx.de"),
            member("c", first_name="Günter", email="g.jagemann@gmx.de", **HOME),
            member(
                "d", first_name="Jagemann", last_name="Guenther", phone="08031 555123", postal_code="83093"
            ),
            member("e", first_name="G", phone="+49 8031 555123"),
        ]
    )
    assert found == ["a b c d e"]


def test_nicknames_come_together() -> None:
    assert groups([member("a", first_name="Uschi", **HOME), member("b", first_name="Ursula", **HOME)]) == [
        "a b"
    ]


def test_twins_stay_apart() -> None:
    born = {"birth_date": "1980-02-03", "email": "jagemann@gmx.de"}
    found = groups(
        [member("a", first_name="Anna", **HOME, **born), member("b", first_name="Lena", **HOME, **born)]
    )
    assert found == ["a", "b"]


def test_birth_dates_that_a_word_has_put_together_go_to_one_person_by_one_link_or_to_nobody() -> None:
    born = {"birth_date": "1980-02-03", "postal_code": "83093"}
    anna = member("a", first_name="Anna", street="Bergstr. 5", **born)
    together = [member("c", **born), member("d", **born)]
    found = parted([anna, *together], [tie("c", "d", "source")])
    assert len(found.groups) == 1
    assert len(found.links) == 2
    other = member("b", first_name="Lena", **{**born, "birth_date": "1991-05-06"})
    mine, hers = member("c", **born), member("d", birth_date="1991-05-06", postal_code="83093")
    assert groups([anna, other, mine, hers]) == ["a c", "b d"]
    assert groups([anna, other, mine, hers], [tie("c", "d")]) == ["a", "b", "c d"]
    [*asked] = parted([anna, other, mine, hers], [tie("c", "d")]).reviews
    assert [review[:2] for review in asked].count(((b"a",), (b"c", b"d"))) == 1


def test_who_tells_no_first_name_does_not_join_two_of_a_home() -> None:
    family = {"last_name": "Jagemann", "phone": "0171 5550123"}
    found = groups(
        [
            member("a", first_name="Christiane", postal_code="83093", **family),
            member("b", first_name="Cornelius", email="jagemann@gmx.de", **family),
            member("c", postal_code="83093", email="jagemann@gmx.de", **family),
        ]
    )
    assert found in (["a", "b c"], ["a c", "b"])


def test_father_and_son_of_one_name_stay_apart_by_their_birth_dates() -> None:
    father, son = {"birth_date": "1950-02-03"}, {"birth_date": "1980-11-17"}
    found = groups(
        [
            member("f1", first_name="Hans", email="hans@jagemann.de", **HOME, **father),
            member("f2", first_name="Hans", email="hans@jagemann.de", **father),
            member("s1", first_name="Hans", email="junior@jagemann.de", **HOME, **son),
            member("s2", first_name="Hans", email="junior@jagemann.de", **son),
        ]
    )
    assert found == ["f1 f2", "s1 s2"]


def test_twins_whose_names_look_alike_stay_apart_though_one_was_misspelt() -> None:
    born = {"birth_date": "1980-02-03", "phone": "0171 5550123"}
    found = groups(
        [
            member("a1", first_name="Lea", email="lea@jagemann.de", **HOME, **born),
            member("a2", first_name="Lea", email="lea@jagemann.de", **born),
            member("n1", first_name="Lena", email="lena.j@gmx.de", **HOME),
            member("n2", first_name="Leua", email="lena.j@gmx.de", **born),
            member("n3", first_name="Lena", email="lena.j@gmx.de", **born),
        ]
    )
    assert found == ["a1 a2", "n1 n2 n3"]


FATHER = {"first_name": "Hans", "email": "hans@jagemann.de", "phone": "0171 5550123"}
SON = {"first_name": "Hans", "email": "jagemann.h@gmx.de", "phone": "0160 9550456"}


def told(name: str, who: dict[str, str]) -> list[Member]:
    """Three touches, each of which leaves something out."""
    email, phone = ({kind: who[kind] for kind in who if kind != left} for left in ("phone", "email"))
    return [
        member(f"{name}1", **HOME, **email),
        member(f"{name}2", **HOME, **phone),
        member(f"{name}3", last_name="Jagemann", **who),
    ]


def test_father_and_son_of_one_name_stay_apart_by_mailbox_and_phone_and_are_asked_for() -> None:
    found = parted(told("f", FATHER) + told("s", SON))
    assert found.groups == [(b"f1", b"f2", b"f3"), (b"s1", b"s2", b"s3")]
    assert [review[:2] for review in found.reviews] == [tuple(found.groups)]


def test_namesakes_whose_mailboxes_differ_by_a_stroke_stay_apart() -> None:
    one = {
        "first_name": "Petra",
        "last_name": "Jagemann",
        "email": "petra.jagemann@gmx.de",
        "phone": "0171 5550123",
    }
    other = one | {"email": "petra_jagemann@gmx.de", "phone": "0160 9550456"}
    towns = {"street": "Bergstr. 5", "postal_code": "83093"}, {"street": "Talweg 9", "postal_code": "83093"}
    found = groups(
        [
            *[member(f"a{n}", **one, **home) for n, home in enumerate((towns[0], {}))],
            *[member(f"b{n}", **other, **home) for n, home in enumerate((towns[1], {}))],
        ]
    )
    assert found == ["a0 a1", "b0 b1"]


def test_a_new_mailbox_alone_makes_no_second_person() -> None:
    moved_on = SON | {"phone": FATHER["phone"]}
    assert groups(told("f", FATHER) + told("g", moved_on)) == ["f1 f2 f3 g1 g2 g3"]


def test_what_fits_father_and_son_equally_is_given_to_neither_and_asked_for() -> None:
    found = parted([*told("f", FATHER), *told("s", SON), member("x", first_name="Hans", **HOME)])
    assert found.groups == [(b"f1", b"f2", b"f3"), (b"s1", b"s2", b"s3"), (b"x",)]
    assert {review.b for review in found.reviews} == {found.groups[1], (b"x",)}


def test_without_the_son_the_same_is_the_fathers() -> None:
    assert groups([*told("f", FATHER), member("x", first_name="Hans", **HOME)]) == ["f1 f2 f3 x"]


def test_a_couple_on_one_mailbox_and_one_card_stays_apart() -> None:
    joint = {"email": "jagemann@gmx.de", "payment_account": "card"}
    found = parted(
        [
            member("a1", first_name="Anna", **HOME, **joint),
            member("a2", first_name="Anna", **HOME, loyalty_id="1"),
            member("o1", first_name="Otto", **HOME, **joint),
            member("o2", first_name="Otto", **HOME, loyalty_id="2"),
            member("x", payment_account="card"),
        ]
    )
    assert found.groups == [(b"a1", b"a2"), (b"o1", b"o2"), (b"x",)]
    assert {entry.reason for entry in found.refused} == {"household"}


def test_a_joint_card_alone_joins_no_two_persons() -> None:
    assert groups(
        [
            member("a", loyalty_id="1", payment_account="c"),
            member("b", phone="0171 5551234", payment_account="c"),
        ]
    ) == ["a", "b"]


def test_a_card_that_names_one_person_brings_its_nameless_purchases() -> None:
    found = parted([member("a", loyalty_id="1", payment_account="c"), member("x", payment_account="c")])
    assert found.groups == [(b"a", b"x")]
    assert [(link.rule, link.a, link.b) for link in found.links] == [("payment_account", b"a", b"x")]


def test_an_account_without_a_name_is_of_the_one_named_person_who_pays_with_its_card() -> None:
    anna = member("a", first_name="Anna", **HOME, payment_account="c")
    account, purchase = member("l", loyalty_id="1", payment_account="c"), member("x", payment_account="c")
    found = parted([anna, account, purchase])
    assert found.groups == [(b"a", b"l", b"x")]
    assert ("payment_account", b"a", b"l") in [(link.rule, link.a, link.b) for link in found.links]


def test_an_account_without_a_name_stays_apart_where_its_card_does_not_tell_whose_it_is() -> None:
    anna = member("a", first_name="Anna", **HOME, payment_account="c")
    account = member("l", loyalty_id="1", payment_account="c")
    partner = member("o", first_name="Otto", **HOME, payment_account="c")
    second = member("m", loyalty_id="2", payment_account="c")
    hers = member("b", first_name="Anna", **HOME, loyalty_id="3")
    assert groups([anna, account, partner]) == ["a", "l", "o"]
    assert groups([anna, account, second]) == ["a", "l", "m"]
    assert groups([anna, account, hers]) == ["a b", "l"]
    assert groups([anna, account], separations=[apart("a", "l")]) == ["a", "l"]


def test_of_two_accounts_on_two_cards_of_one_person_nobody_knows_which_is_hers() -> None:
    anna = {"first_name": "Anna", **HOME}
    found = groups(
        [
            member("a", **anna, payment_account="c"),
            member("b", **anna, payment_account="d"),
            member("l", loyalty_id="1", payment_account="c"),
            member("m", loyalty_id="2", payment_account="d"),
        ]
    )
    assert found == ["a b", "l", "m"]


def test_an_account_on_the_browser_of_a_named_person_is_another_persons() -> None:
    anna = member("a", first_name="Anna", **HOME, cookie_id="tablet")
    assert groups([anna, member("l", account_id="1", cookie_id="tablet")]) == ["a", "l"]


BORN = {"birth_date": "1980-02-03", "postal_code": "83093", "city": "Bad Endorf"}


def test_a_nameless_record_goes_to_the_one_person_of_its_birth_date_and_postcode() -> None:
    anna = member("a", first_name="Anna", last_name="Jagemann", **BORN)
    later = member("b", first_name="Bernd", last_name="Moser", **BORN | {"birth_date": "1961-12-24"})
    assert groups([anna, later, member("x", **BORN)]) == ["a x", "b"]
    assert groups([anna, member("x", **BORN)], separations=[apart("a", "x")]) == ["a", "x"]


def test_a_nameless_record_that_fits_twins_is_neithers_and_binds_them_not() -> None:
    anna = member("a", first_name="Anna", last_name="Jagemann", **BORN)
    lena = member("l", first_name="Lena", last_name="Jagemann", **BORN)
    assert groups([anna, lena, member("x", **BORN)]) == ["a", "l", "x"]


def test_a_staff_card_links_nobody() -> None:
    names = ["Anna", "Bernd", "Clara", "Dirk", "Elke", "Fritz", "Gerd", "Hanna"]
    staff = [member(f"m{n}", first_name=name, loyalty_id="999") for n, name in enumerate(names)]
    named = [
        member(f"n{n}", first_name=name, loyalty_id="999", email=f"{name}@gmx.de")
        for n, name in enumerate(names)
    ]
    assert len(groups(staff + named)) == 2 * len(names)


def test_a_card_known_to_be_shared_elsewhere_links_nobody_and_breaks_no_rule() -> None:
    members = [
        member("a", loyalty_id="1", email="anna@gmx.de"),
        member("b", loyalty_id="999", email="anna@gmx.de"),
        member("c", loyalty_id="999", email="otto@web.de"),
    ]
    assert groups(members, shared=["loyalty_id|999"]) == ["a b", "c"]


def test_a_no_reply_address_links_nobody() -> None:
    box = {"email": "noreply@shop.example"}
    assert groups(
        [member("a", loyalty_id="1", **box), member("b", loyalty_id="2", **box), member("c", **box)]
    ) == ["a", "b", "c"]


def test_an_anonymous_browser_joins_the_one_account_it_names_and_falls_away_with_a_second() -> None:
    tablet = {"cookie_id": "tablet"}
    anonymous, anna, otto = (
        member("x", **tablet),
        member("a", account_id="1", **tablet),
        member("b", account_id="2", **tablet),
    )
    assert groups([anonymous]) == ["x"]
    assert groups([anonymous, anna]) == ["a x"]
    assert groups([anonymous, anna, otto]) == ["a", "b", "x"]
    assert groups([anonymous, otto]) == ["b x"]


def test_a_browser_between_two_persons_goes_where_only_it_points() -> None:
    found = groups(
        [
            member("a", account_id="1", cookie_id="hers"),
            member("b", account_id="2", cookie_id="his"),
            member("x", cookie_id="hers", device_id="tv"),
            member("y", cookie_id="his", device_id="tv"),
            member("z", device_id="tv"),
        ]
    )
    assert found == ["a x", "b y", "z"]


def test_nameless_browsers_on_one_device_are_one_and_on_one_card_are_not() -> None:
    assert groups([member("x", cookie_id="1", device_id="d"), member("y", cookie_id="2", device_id="d")]) == [
        "x y"
    ]
    assert groups(
        [member("x", cookie_id="1", payment_account="c"), member("y", cookie_id="2", payment_account="c")]
    ) == ["x", "y"]


def test_a_receipt_told_twice_is_one_persons() -> None:
    assert groups(
        [member("a", "order-1", email="anna@gmx.de"), member("x", "order-1", payment_account="c")]
    ) == ["a x"]
    assert groups([member("a", "order-1", email="anna@gmx.de"), member("b", "order-1", loyalty_id="1")]) == [
        "a b"
    ]


def test_a_receipt_that_ever_more_people_tell_of_ties_nobody() -> None:
    few = [member(f"m{n}", "r", email=f"{n}@gmx.de") for n in range(6)]
    assert len(groups(few)) == 1
    assert len(groups([*few, member("m6", "r", email="6@gmx.de")])) == 7


def test_a_partner_who_returns_the_others_purchase_stays_another() -> None:
    found = groups(
        [member("a", "order-1", first_name="Anna", **HOME), member("b", "order-1", first_name="Otto", **HOME)]
    )
    assert found == ["a", "b"]


def test_without_consent_to_stitch_a_member_stays_alone_whoever_speaks() -> None:
    account = {"account_id": "1", "email": "anna@gmx.de"}
    members = [member("a", **account), member("b", alone="yes", **account), member("c", **account)]
    assert groups(members) == ["a c", "b"]
    assert groups(members, [tie("a", "b", "source")]) == ["a c", "b"]
    assert groups(members, [tie("a", "b")]) == ["a c", "b"]


def test_a_sources_own_merge_joins_two_of_its_accounts() -> None:
    members = [
        member("a", account_id="1"),
        member("b", account_id="2"),
        member("c", account_id="2", email="x@gmx.de"),
    ]
    assert groups(members) == ["a", "b c"]
    assert groups(members, [tie("a", "b", "source")]) == ["a b c"]
    assert groups(members, [tie("a", "b", "source")], [apart("a", "b c")]) == ["a", "b c"]


def test_a_steward_who_says_the_same_as_a_source_takes_nothing_back() -> None:
    members = [member("a", account_id="1"), member("b", account_id="2")]
    assert groups(members, [tie("a", "b", "source"), tie("a", "b")]) == ["a b"]


def test_accounts_that_a_source_merged_through_others_are_one() -> None:
    members = [
        member("a1", account_id="1", crm_id="r1"),
        member("a2", account_id="2", crm_id="r2"),
        member("b2", account_id="2", crm_id="r3"),
        member("b3", account_id="3", crm_id="r4"),
    ]
    merges = [tie("a1", "a2", "source"), tie("b2", "b3", "source")]
    assert groups(members, merges) == ["a1 a2 b2 b3"]


def test_a_steward_cannot_put_two_accounts_into_one_profile() -> None:
    found = parted([member("a", account_id="1"), member("b", account_id="2")], [tie("a", "b")])
    assert len(found.groups) == 2
    assert [(entry.rule, entry.reason) for entry in found.refused] == [("steward", "unique:account_id")]


def test_the_newer_of_a_stewards_words_counts() -> None:
    members = [
        member("a1", email="a@gmx.de"),
        member("a2", email="a@gmx.de"),
        member("b", phone="0171 5551234"),
    ]
    assert groups(members, [tie("a1", "b", at=1)], [apart("a1 a2", "b", at=2)]) == ["a1 a2", "b"]
    assert groups(members, [tie("a1", "b", at=3)], [apart("a1 a2", "b", at=2)]) == ["a1 a2 b"]
    assert groups(members, [tie("a1", "b", at=3)], [apart("a1 a2", "b", at=2), apart("a1", "b", at=4)]) == [
        "a1 a2",
        "b",
    ]


def test_a_nameless_browser_that_a_steward_links_brings_the_rest_of_its_device() -> None:
    members = [
        member("a", email="a@gmx.de"),
        member("x", cookie_id="1"),
        member("y", cookie_id="1", device_id="d"),
    ]
    assert groups(members) == ["a", "x y"]
    assert groups(members, [tie("a", "x")]) == ["a x y"]


def test_no_group_outgrows_the_cap() -> None:
    one = [member(f"a{n:03}", email="anna@gmx.de") for n in range(150)]
    other = [member(f"b{n:03}", phone="0171 5551234") for n in range(150)]
    found = parted(one + other, [tie("a000", "b000")])
    assert max(map(len, found.groups)) == RULES.matching.component_cap
    assert {entry.reason for entry in found.refused} == {"too_many"}


def test_a_loyalty_card_without_a_name_may_also_pay_with_a_card_that_nobody_else_has() -> None:
    found = groups(
        [
            member("card", loyalty_id="7", payment_account="1"),
            member("also", loyalty_id="7", payment_account="2"),
            member("owner", first_name="Anna", payment_account="2", **HOME),
        ]
    )
    assert found == ["also card owner"]
