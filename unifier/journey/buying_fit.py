"""Fitting the BG/NBD model to buyers by maximum likelihood. Needs scipy, which readers of a model do not."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from unifier.journey.buying import Buyer, BuyingModel

LEAST = 200
"""Buyers that a fit needs to be worth anything."""
_START = np.log([1.0, 10.0, 1.0, 2.0])


class Fit(NamedTuple):
    """A model and how well it fits."""

    model: BuyingModel
    log_likelihood: float
    buyers: int


class FitError(ValueError):
    """There is no fit; the message says why."""


def fit(buyers: Iterable[Buyer]) -> Fit:
    """The model that makes these buyers most likely. Raises FitError. Deterministic."""
    counted = Counter(buyers)
    number = counted.total()
    if number < LEAST:
        raise FitError(f"{number} buyers; at least {LEAST} are needed")
    if not any(buyer.repeats for buyer in counted):
        raise FitError("nobody bought twice")
    told = np.array([[*buyer, count] for buyer, count in counted.items()], dtype=float).T
    repeats, last, age, weight = told

    def loss(logs: np.ndarray) -> float:
        return -_log_likelihood(np.exp(logs), repeats, last, age, weight) / number

    found = minimize(
        loss, _START, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10, "maxiter": 5_000}
    )
    if not found.success or not np.all(np.abs(found.x) < 12):
        raise FitError("the likelihood has no maximum: the purchases do not fit the model")
    return Fit(BuyingModel(*(float(each) for each in np.exp(found.x))), -found.fun * number, number)


def _log_likelihood(
    parameters: np.ndarray, repeats: np.ndarray, last: np.ndarray, age: np.ndarray, weight: np.ndarray
) -> float:
    """Equation 6 of the paper, in logarithms."""
    r, alpha, a, b = parameters
    common = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    common += gammaln(a + b) + gammaln(b + repeats) - gammaln(b) - gammaln(a + b + repeats)
    active = -(r + repeats) * np.log(alpha + age)
    again = np.maximum(repeats, 1)
    gone = np.log(a) - np.log(b + again - 1) - (r + repeats) * np.log(alpha + last)
    each = common + np.where(repeats > 0, np.logaddexp(active, gone), active)
    return float(np.dot(weight, each))
