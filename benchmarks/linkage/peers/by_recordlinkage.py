"""recordlinkage with its ECM classifier: no labels, binary features."""

import warnings
from importlib.metadata import version
from time import perf_counter

import _peer
import pandas as pd
import recordlinkage

METHODS = {_peer.JARO: ("jarowinkler", 0.85), _peer.LEVENSHTEIN: ("damerau_levenshtein", 0.75)}


def main() -> None:
    warnings.filterwarnings("ignore")
    rows, columns = _peer.rows()
    began = perf_counter()
    frame = pd.DataFrame(rows).replace("", None)
    pairs = pd.MultiIndex.from_tuples(_peer.candidates(rows, columns))
    compare = recordlinkage.Compare()
    for name in columns:
        kind = _peer.COMPARED.get(name, _peer.EXACT)
        if kind == _peer.EXACT:
            compare.exact(name, name, label=name)
        else:
            method, threshold = METHODS[kind]
            compare.string(name, name, method=method, threshold=threshold, label=name)
    features = compare.compute(pairs, frame).fillna(0)
    compared_s = perf_counter() - began
    classifier = recordlinkage.ECMClassifier()
    began = perf_counter()
    classifier.fit(features)
    train_s = perf_counter() - began
    scores = classifier.prob(features)
    predict_s = compared_s + perf_counter() - began - train_s
    scored = [(a, b, score) for (a, b), score in zip(features.index, scores, strict=True)]
    _peer.done(f"recordlinkage {version('recordlinkage')} ECM", train_s, predict_s, scored, 0.95)


main()
