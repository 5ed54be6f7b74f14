"""rapidfuzz with a threshold: the mean similarity over the fields that both rows have; half if only one."""

from importlib.metadata import version
from time import perf_counter

import _peer
from rapidfuzz.distance import JaroWinkler, Levenshtein

LIKE = {
    _peer.JARO: JaroWinkler.similarity,
    _peer.LEVENSHTEIN: Levenshtein.normalized_similarity,
    _peer.EXACT: lambda a, b: float(a == b),
}


def main() -> None:
    rows, columns = _peer.rows()
    began = perf_counter()
    fields = [(name, LIKE[_peer.COMPARED.get(name, _peer.EXACT)]) for name in columns]
    scored = []
    for a, b in _peer.candidates(rows, columns):
        one, other = rows[a], rows[b]
        likes = [like(one[name], other[name]) for name, like in fields if one[name] and other[name]]
        if likes:
            scored.append((a, b, sum(likes) / len(likes) * min(1.0, len(likes) / 2)))
    _peer.done(f"rapidfuzz {version('rapidfuzz')}", 0.0, perf_counter() - began, scored, 0.85)


main()
