"""The anchor of a household: what all of its people carry, worked out from one component alone.

People of a household mostly live in different components, and nothing may look for the others while events
are taken in. So a household is named by what everybody of it tells: the house and how the surname sounds;
where that is not known, the house of the only other profile in the component with which an identifier is in
common; else a payment account. Whoever has the same anchor has the same household, without knowing of the
others, whatever the order of events.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cached_property

from unifier.matching.addresses import BOXES
from unifier.matching.identity import Identity, exact_keys
from unifier.matching.names import COMPANY
from unifier.matching.phonetics import cologne
from unifier.profiles.component import Component, Record
from unifier.profiles.consent import unstitched
from unifier.profiles.fragment import Fragment
from unifier.rules import Rules


class Households:
    """The households of a component's people; what is known of one is worked out once, at first need."""

    def __init__(self, component: Component, rules: Rules) -> None:
        self._component = component
        self._rules = rules
        self._alone = unstitched(component.fragments(), component.shared)
        self._homes: dict[str, str] = {}
        self._keys: dict[str, set[str]] = {}

    def anchor(self, record: Record) -> str:
        """The anchor of a profile's household; "" where nothing is known, and of who may not be stitched."""
        if home := self.home(record):
            return home
        keys = self._identifying(record)
        if not keys:
            return ""
        homes = {
            home
            for other, home in self._at_home
            if other.pid != record.pid and not keys.isdisjoint(self._identifying(other))
        }
        if len(homes) == 1:
            return homes.pop()
        strengths = self._rules.identifiers
        return min((key for key in keys if strengths[_kind(key)].strength == "household"), default="")

    @cached_property
    def _at_home(self) -> list[tuple[Record, str]]:
        """Who may be somebody's landlord, and the home."""
        component = self._component
        return [
            (record, home)
            for record in component.records.values()
            if not component.is_restricted(record) and (home := self.home(record))
        ]

    def _speaking(self, record: Record) -> Iterator[Fragment]:
        return self._component.fragments(fid for fid in record.members if fid not in self._alone)

    def home(self, record: Record) -> str:
        """House and surname as told last, "" where they were not told.

        What was told at one time goes by the order of what was said.
        """
        if record.pid not in self._homes:
            newest = sorted(self._speaking(record), key=_newest, reverse=True)
            self._homes[record.pid] = doorbell([fragment.identity for fragment in newest])
        return self._homes[record.pid]

    def _identifying(self, record: Record) -> set[str]:
        """What identifies somebody, without what too many share."""
        if record.pid not in self._keys:
            told = (exact_keys(fragment.identity, self._rules) for fragment in self._speaking(record))
            self._keys[record.pid] = set[str]().union(*told) - self._component.shared
        return self._keys[record.pid]


def moved_with_others(
    component: Component, before: Iterable[Component], pids: Set[str], rules: Rules
) -> list[str]:
    """Those of these profiles that have the household of somebody else, and another than before.

    `before`: the components that became this one, as they were.
    """
    now_in = Households(component, rules)
    lodgers = {pid: record for pid in pids if not now_in.home(record := component.records[pid])}
    found = list[str]()
    for former in before if lodgers else ():
        was_in = Households(former, rules)
        for pid in lodgers.keys() & former.records.keys():
            if was_in.anchor(former.records[pid]) != now_in.anchor(lodgers[pid]):
                found.append(pid)
    return sorted(found)


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


def _kind(key: str) -> str:
    return key.partition("|")[0]
