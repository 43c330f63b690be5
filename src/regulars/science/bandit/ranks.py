"""The exact probabilities of Bernoulli Thompson sampling that fills a list of several places.

Every arm's click rate has a beta posterior; one draw each, and the arms are shown in the order of
the draws. The probability that arm i takes place k is

    integral f_i(x) P(exactly k - 1 of the other draws exceed x) dx

where the number of others above x is Poisson-binomial. It is integrated numerically, without
simulation error; the Open Bandit Pipeline (Saito et al. 2021, section 4) counts the same
probabilities in simulated draws.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincinv

from regulars.science import checks
from regulars.science.contracts import Floats
from regulars.science.errors import OutOfRange

_TAIL = np.logspace(-10, -3, 40)
_LEVELS = np.concatenate([_TAIL, np.linspace(1e-3, 1.0 - 1e-3, 160)[1:-1], 1.0 - _TAIL[::-1]])

SHAPE_LEAST, SHAPE_MOST = 0.05, 1e9
"""Outside, the points of the integral fall together at 0, at 1 or in between."""


def beta_place_probabilities(alpha: ArrayLike, beta: ArrayLike, places: int) -> Floats:
    """The probability of each arm at each place, float64 (arms, places); columns sum to 1.

    `alpha`, `beta`: float64 (arms,), from 0.05 to 1e9, of the beta posteriors. `places`: length of
    the list, at most the number of arms. The error is below 1e-4 per probability.
    """
    a, b = checks.floats("alpha", alpha, above=0.0), checks.floats("beta", beta, above=0.0)
    for name, shapes in (("alpha", a), ("beta", b)):
        checks.floats(name, shapes, length=a.size, at_least=SHAPE_LEAST, at_most=SHAPE_MOST)
    arms = a.shape[0]
    if not 1 <= places <= arms:
        raise OutOfRange("places", -1, float(places), f"from 1 to {arms}, the number of arms")
    points = np.unique(betaincinv(a[:, None], b[:, None], _LEVELS))
    below = betainc(a[:, None], b[:, None], points)
    above = 1.0 - below
    prefix = _counts_before(above, below, places)
    suffix = _counts_before(above[::-1], below[::-1], places)
    chance = np.empty((arms, places))
    for arm in range(arms):
        first, second = prefix[arm], suffix[arms - 1 - arm]
        mass = np.diff(below[arm], prepend=0.0, append=1.0)
        for place in range(places):
            others = sum(first[k] * second[place - k] for k in range(place + 1))
            # Between two points the number of others above is taken as its mean at both.
            ends = np.concatenate([others[:1], others, others[-1:]])
            chance[arm, place] = ((ends[1:] + ends[:-1]) / 2.0 * mass).sum()
    normalised: Floats = chance / chance.sum(axis=0)
    return normalised


def _counts_before(above: Floats, below: Floats, places: int) -> list[Floats]:
    """For each arm in order, P(k of the arms before it are above x) for k < places, at every
    point: (places, points) each."""
    counts = np.zeros((places, above.shape[1]))
    counts[0] = 1.0
    answers = []
    for higher, lower in zip(above, below, strict=True):
        answers.append(counts)
        shifted = np.zeros_like(counts)
        shifted[1:] = counts[:-1] * higher
        counts = counts * lower + shifted
    return answers
