"""Consent of a profile: what its fragments were told, never widened by putting them together.

Each fragment keeps its newest word per purpose. Words under one anchor (one account, one card) are one
person's own: the newest counts. Between anchors the strictest counts, until the person says otherwise
*later*: a "yes" overrules another anchor's "no" only when it was said after both fragments existed, so
that it was said by someone already known under both. A merge by itself therefore never turns a "no" into
a "yes", and taking the merge back gives back what was there. All of it is a function of the words and
their event times, not of the order of arrival.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from unifier.profiles.fragment import STITCHING, Fragment


@dataclass(slots=True, frozen=True)
class Word:
    """One anchor's newest word on one purpose."""

    granted: bool
    at: int
    source: str
    anchor: bytes
    since: int  # when the anchor's first fragment began
    said: int  # as `at`, but for a word of another anchor that was taken over: `at` is when it counts


def consents(fragments: Iterable[Fragment]) -> dict[str, Word]:
    """Purpose → the word that counts."""
    fragments = list(fragments)
    since: dict[bytes, int] = {}
    for fragment in fragments:
        anchor = fragment.anchor_key
        since[anchor] = min(since.get(anchor, fragment.first_at), fragment.first_at)
    newest: dict[str, dict[bytes, Word]] = {}
    for fragment in fragments:
        anchor = fragment.anchor_key
        for purpose, (granted, at, source, *said) in fragment.consents.items():
            word = Word(granted, at, source, anchor, since[anchor], *(said or [at]))
            words = newest.setdefault(purpose, {})
            words[anchor] = max(words.get(anchor, word), word, key=_newness)
    return {purpose: _decided(list(words.values())) for purpose, words in sorted(newest.items())}


def unstitched(fragments: Iterable[Fragment], shared: Set[str]) -> set[bytes]:
    """Those that stay alone: the newest word on stitching under their anchor is a no.

    Under an anchor that several people share (`shared` are such keys: a shop's tablet) each fragment speaks
    for itself alone.
    """
    told = [
        (fragment.fid, speaker(fragment, shared), fragment.consents.get(STITCHING)) for fragment in fragments
    ]
    newest: dict[bytes, tuple[int, bool]] = {}
    for _, who, word in told:
        if word is not None:
            newest[who] = max(newest.get(who, (0, False)), (word[1], not word[0]))
    refused = {who for who, (_, no) in newest.items() if no}
    return {fid for fid, who, _ in told if who in refused} if refused else set()


def speaker(fragment: Fragment, shared: Set[str]) -> bytes:
    """Whose words on stitching count for a fragment: those under its anchor, or its own."""
    anchors = (f"{kind}|{value}" for kind, value in fragment.identity.ids if kind == fragment.anchor)
    return fragment.anchor_key if any(key not in shared for key in anchors) else fragment.fid


def _newness(word: Word) -> tuple[int, bool, str]:
    """The newer word of one anchor counts; of two at one time the stricter."""
    return word.at, not word.granted, word.source


def _decided(words: list[Word]) -> Word:
    """The strictest word, unless a later "yes" was said by someone known under every "no"."""
    by_age = sorted(words, key=lambda word: (word.at, not word.granted, word.anchor))
    refused = [word for word in by_age if not word.granted]
    for word in reversed(by_age):  # a no is not later than itself
        if all(word.at > max(no.at, no.since, word.since) for no in refused):
            return word
    return refused[-1]
