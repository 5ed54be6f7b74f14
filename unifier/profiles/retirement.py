"""Retirement: the browsers that somebody has not used for longest become one. Pure.

Each browser that signs in with an account is a fragment, and so is what the browser did before that. Who
clears his cookies every week has a hundred of them in a year, and a component, like the index entry of an
account, holds a bounded number. So one fragment of the account takes over what the older ones hold. They are
taken out of the index and of the component as those of an erasure are (`erasure.py`), but nothing is
forgotten: what is told of them late goes into the one that took over, and a browser that comes back begins
anew.

Many browsers within a few weeks are no person's: they stay apart, until there are so many that the account is
shared. A browser goes as a whole or not at all, and not if anybody else has used it: what is left of it would
be another's.
"""

from collections.abc import Iterable, Mapping, Sequence, Set

from unifier.events.canonical import Identifier
from unifier.matching.identity import Identity
from unifier.profiles.component import Component, Record
from unifier.profiles.fragment import Fragment
from unifier.profiles.marks import DAY_MS
from unifier.profiles.privacy import Intent, Privacy
from unifier.profiles.taking_over import began, take_over
from unifier.rules import Rules

SILENT_MS = 28 * DAY_MS
"""A browser that was used since is never retired."""
NOTHING_ERASED = 0
"""Instead of the time up to which an erasure keeps out what is told."""


def begin_retirement(component: Component, rules: Rules, now: int) -> None:
    """Store which fragments are to be taken over by which, where somebody has too many browsers."""
    most = rules.matching.browsers
    if len(component) <= most or (component.privacy is not None and component.privacy.said):
        return
    for record in component.records.values():
        if len(record.members) <= most:
            continue
        heirs: dict[bytes, bytes] = {}  # fragment → who is to take it over
        for one_person in _signed_in(component, record, rules):
            if len(one_person) > most:
                into, others = _old(one_person, rules)
                heirs |= dict.fromkeys(others, into)
        _keep_whole(component, record, heirs, rules)
        for into in sorted(set(heirs.values())):
            fids = frozenset(fid for fid, heir in heirs.items() if heir == into)
            component.privacy = component.privacy or Privacy()
            component.privacy.intents.append(Intent(fids, NOTHING_ERASED, now, "", whole=False, into=into))


def retire(component: Component, intent: Intent) -> int:
    """Let one fragment take over the others. Gives how many these were."""
    fids = sorted(fid for fid in intent.fids if fid in component)
    done = intent.into in component
    if done:
        into = component.fragment(intent.into)
        since = began(component, into)
        for fid in fids:
            take_over(into, component.fragment(fid), since)
            component.retire(fid, intent.into)
        _hand_over_words(component, dict.fromkeys(fids, intent.into))
        for record in component.records.values():
            record.members = tuple(fid for fid in record.members if fid in component)
        for dead in component.dead.values():
            dead.members = tuple(fid for fid in dead.members if fid in component)
    privacy = component.privacy
    assert privacy is not None, "a retirement begins with an intent"
    privacy.intents = [other for other in privacy.intents if other.into != intent.into]
    if privacy == Privacy():
        component.privacy = None
    return len(fids) if done else 0


def _hand_over_words(component: Component, heirs: Mapping[bytes, bytes]) -> None:
    """What stewards said of fragments while they were on their way out is said of who takes them over."""
    component.ties = [
        tie._replace(a=heirs.get(tie.a, tie.a), b=heirs.get(tie.b, tie.b)) for tie in component.ties
    ]
    component.separations = [
        one._replace(
            a=frozenset(heirs.get(fid, fid) for fid in one.a),
            b=frozenset(heirs.get(fid, fid) for fid in one.b),
        )
        for one in component.separations
    ]


def _signed_in(component: Component, record: Record, rules: Rules) -> Iterable[list[Fragment]]:
    """Fragments of a profile that differ by the browser alone, without those that a steward has named."""
    named = _named(component)
    same: dict[tuple[str, Identity], list[Fragment]] = {}
    for fragment in component.fragments(record.members):
        if _may_go(fragment, named) and any(kind in rules.naming for kind, _ in fragment.identity.ids):
            browsers = _browsers(fragment, rules)
            rest = tuple(one for one in fragment.identity.ids if one not in browsers)
            same.setdefault((fragment.source, fragment.identity._replace(ids=rest)), []).append(fragment)
    return same.values()


def _old(signed_in: Sequence[Fragment], rules: Rules) -> tuple[bytes, list[bytes]]:
    """Who takes over, and those that it is to take over: none if all were used lately."""
    into = min(signed_in, key=lambda f: (bool(_browsers(f, rules)), f.first_at, f.fid))
    others = sorted([f for f in signed_in if f is not into], key=lambda f: (f.last_at, f.fid))
    lately = others[-1].last_at - SILENT_MS
    old = others[: len(signed_in) - rules.matching.browsers // 2]
    return into.fid, [fragment.fid for fragment in old if fragment.last_at < lately]


def _keep_whole(component: Component, record: Record, heirs: dict[bytes, bytes], rules: Rules) -> None:
    """With those who go, let go what their browsers did by themselves; keep who would leave another behind
    that only such a browser ties to the person, or one of somebody else's.
    """
    named, own = _named(component), set(record.members)
    going = dict(heirs)
    while True:
        owners = {
            browser: heir
            for fid, heir in sorted(going.items())
            for browser in _browsers(component.fragment(fid), rules)
            if "|".join(browser) not in component.shared
        }
        person = {
            one
            for fid in {*going, *going.values()}
            for one in component.fragment(fid).identity.ids
            if one[0] in rules.naming and "|".join(one) not in component.shared
        }
        alone, kept = dict[bytes, bytes](), set[Identifier]()
        for fragment in component.fragments():
            fid, ids = fragment.fid, fragment.identity.ids
            if fid in going or owners.keys().isdisjoint(ids):
                continue
            if (
                fid in own
                and _may_go(fragment, named)
                and fragment.identity == Identity(ids=ids)
                and owners.keys() >= set(ids)
            ):
                alone[fid] = owners[ids[0]]
            elif fid not in own or person.isdisjoint(ids):
                kept |= owners.keys() & set(ids)
        if not kept:
            heirs.clear()
            heirs |= going | alone
            return
        going = {f: heir for f, heir in going.items() if kept.isdisjoint(component.fragment(f).identity.ids)}


def _may_go(fragment: Fragment, named: Set[bytes]) -> bool:
    """No steward has named it, and nothing that it says ties others."""
    return not (fragment.fid in named or fragment.claims or fragment.source == "pos")


def _browsers(fragment: Fragment, rules: Rules) -> Set[Identifier]:
    told = [(one, rules.identifiers.get(one[0])) for one in fragment.identity.ids]
    return {one for one, rule in told if rule is not None and rule.strength == "device"}


def _named(component: Component) -> Set[bytes]:
    """Fragments that a steward's word is about."""
    named = {fid for tie in component.ties for fid in (tie.a, tie.b)}
    return named.union(*[one.a | one.b for one in component.separations])
