"""dedupe, with 100 of its questions answered by the truth: labels that the others are not shown.

Slow and hungry: its block learner fills 16 GB on the 5,000 rows it samples by default, 5 GB on 1,500.
"""

import random
import sys
from importlib.metadata import version
from time import perf_counter

import _peer
import dedupe
import dedupe.labeler
import numpy as np

LABELS, SAMPLE = 100, 1_500


def main() -> None:
    random.seed(1)
    np.random.seed(1)
    sample = dedupe.labeler.sample_records
    dedupe.labeler.sample_records = lambda data, size: sample(
        data, min(size, SAMPLE) if size <= 5_000 else size
    )
    rows, columns = _peer.rows()
    known = _peer.truth()
    fields = []
    for name in columns:
        kind = dedupe.variables.String if name in _peer.COMPARED else dedupe.variables.Exact
        fields.append(kind(name, has_missing=any(not row[name] for row in rows)))
    data = {n: {name: row[name] or None for name in columns} | {"row": n} for n, row in enumerate(rows)}
    began = perf_counter()
    deduper = dedupe.Dedupe(fields, num_cores=1)
    deduper.prepare_training(data, sample_size=SAMPLE)
    for _ in range(LABELS):
        for a, b in deduper.uncertain_pairs():
            answer = "match" if known[a["row"]] == known[b["row"]] else "distinct"
            deduper.mark_pairs({"match": [], "distinct": []} | {answer: [(a, b)]})
    deduper.train(recall=1.0)
    train_s = perf_counter() - began
    deduper.cleanup_training()
    began = perf_counter()
    scores = deduper.score(deduper.pairs(data))
    scored = [(int(a), int(b), float(s)) for (a, b), s in zip(scores["pairs"], scores["score"], strict=True)]
    labels = list(range(len(rows)))
    for ids, _ in deduper.cluster(scores, 0.5):
        for row in ids:
            labels[int(row)] = int(min(ids))
    _peer.done(f"dedupe {version('dedupe')}", train_s, perf_counter() - began, scored, 0.95, labels)


if __name__ == "__main__":
    sys.exit(main())
