"""The anchor of a household: what all of its people carry, worked out from one component alone.

People of a household mostly live in different components, and nothing may look for the others while events
are taken in. So a household is named by what everybody of it tells: the house and how the surname sounds;
where that is not known, the house of the only other profile in the component with which an identifier is in
common; else a payment account. Whoever has the same anchor has the same household, without knowing of the
others, whatever the order of events.
"""

from collections.abc import Iterable, Sequence

from unifier.matching.addresses import BOXES
from unifier.matching.identity import Identity, exact_keys
from unifier.matching.names import COMPANY
from unifier.matching.phonetics import cologne
from unifier.profiles.component import Component, Record
from unifier.profiles.consent import unstitched
from unifier.profiles.fragment import Fragment
from unifier.rules import Rules


def household_anchor(component: Component, record: Record, rules: Rules) -> str:
    """The anchor of a profile's household; "" where nothing is known. Who may not be stitched has none."""
    mine = _speaking(component, record)
    if home := _home(mine):
        return home
    keys = _keys(mine, component, rules)
    if not keys:
        return ""
    others = [_speaking(component, other) for other in component.records.values() if other is not record]
    homes = {home for other in others if (home := _home(other)) and keys & _keys(other, component, rules)}
    if len(homes) == 1:
        return homes.pop()
    return min((key for key in keys if rules.identifiers[_kind(key)].strength == "household"), default="")


def _speaking(component: Component, record: Record) -> list[Fragment]:
    alone = unstitched(component.fragments(), component.shared)
    return [fragment for fragment in component.fragments(record.members) if fragment.fid not in alone]


def _home(fragments: Iterable[Fragment]) -> str:
    """House and surname as told last; what was told at one time in the order of what was said."""
    return doorbell([f.identity for f in sorted(fragments, key=_newest, reverse=True)])


def _newest(fragment: Fragment) -> tuple[int, Identity]:
    return fragment.traits_at, fragment.identity


def doorbell(told: Sequence[Identity]) -> str:
    """House and surname, as they sound, of one who told these, the newest first; "" if he told too little.

    One record tells the surname, another the house, a third its postcode. Of a double name the last part
    counts, the common one most often.
    """
    house = next((one for one in told if one.street and one.house_no and one.street not in BOXES), None)
    last = next((one.last for one in told if one.last), "")
    if house is None or not last or any(one.first == COMPANY for one in told):
        return ""
    there = [one for one in told if one.street == house.street and one.house_no == house.house_no]
    where = (
        _first(there, "postcode") or _first(told, "postcode") or _first(there, "city") or _first(told, "city")
    )
    if not where:
        return ""
    digits = "".join(filter(str.isdigit, house.street))
    surname = last.split()[-1]
    return f"{where}|{digits}{cologne(house.street)} {house.house_no}|{cologne(surname) or surname}"


def _first(told: Iterable[Identity], name: str) -> str:
    return next((value for one in told if (value := getattr(one, name))), "")


def _keys(fragments: Iterable[Fragment], component: Component, rules: Rules) -> set[str]:
    """What identifies, without what too many share."""
    found = {key for fragment in fragments for key in exact_keys(fragment.identity, rules)}
    return found - component.shared


def _kind(key: str) -> str:
    return key.partition("|")[0]
