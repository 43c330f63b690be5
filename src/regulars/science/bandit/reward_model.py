"""A reward model for the direct and the doubly robust estimates: ridge regression per arm.

Each arm's coefficients are shrunk towards those of all arms together, so that an arm with few rows
is predicted like the rest. It is linear on purpose: fitted in closed form, it can be fitted anew
for every fold and every bootstrap resample.
"""

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.bandit.choose import LARGEST_FEATURE, refuse_huge
from regulars.science.bandit.contracts import Estimate, Log, Warned
from regulars.science.bandit.off_policy import checked_propensity
from regulars.science.bandit.posterior import with_constant
from regulars.science.contracts import Floats, Integers, Interval
from regulars.science.errors import TooFew

_ROUNDING = 1e-13


def expected_rewards(
    contexts: ArrayLike,
    log: Log,
    arms: int,
    *,
    folds: int = 5,
    penalty: float = 10.0,
    seed: int = 0,
) -> Floats:
    """Expected reward of every arm for every logged row, float64 (n, arms), cross-fitted: a row's
    model has not seen that row (Chernozhukov et al. 2018, definition 3.2).

    `contexts`: float64 (n, features), without the constant. `penalty`: ridge, in rows. Refuses
    fewer rows than folds (TooFew).
    """
    features, log = _checked(contexts, log, arms)
    checks.number("folds", folds, at_least=2)
    checks.number("penalty", penalty, above=0.0)
    count = features.shape[0]
    if count < folds:
        raise TooFew("logged rows", count, folds)
    fold = checks.generator(seed).permutation(count) % folds
    predicted = np.empty((count, arms))
    for part in range(folds):
        inside = fold == part
        outside = np.flatnonzero(~inside)
        coefficients = _fit(features, log, arms, penalty, outside)
        predicted[inside] = features[inside] @ coefficients.T
    return predicted


def direct_refitted(
    contexts: ArrayLike,
    log: Log,
    policy: ArrayLike,
    *,
    level: float = 0.95,
    penalty: float = 10.0,
    resamples: int = 200,
    seed: int = 0,
) -> Estimate:
    """The direct method by this model, fitted to the whole log, with a percentile bootstrap that
    fits it anew in every resample: the interval holds the model's variance. Its bias, where rewards
    are not linear in the context, no resample shows."""
    chances = checks.matrix("policy", policy)
    features, log = _checked(contexts, log, chances.shape[1])
    checks.matrix("policy", policy, rows=features.shape[0])
    checks.confidence(level)
    checks.number("resamples", resamples, at_least=20)
    checks.number("penalty", penalty, above=0.0)
    count, arms = chances.shape
    everything = np.arange(count, dtype=np.int64)

    def value(rows: Integers) -> float:
        coefficients = _fit(features, log, arms, penalty, rows)
        return float((chances[rows] * (features[rows] @ coefficients.T)).sum(axis=1).mean())

    rng = checks.generator(seed)
    point = value(everything)
    picked = rng.integers(0, count, size=(resamples, count), dtype=np.int64)
    values = np.array([value(rows) for rows in picked])
    tail = (1.0 - level) / 2.0
    low, high = (float(bound) for bound in np.quantile(values, [tail, 1.0 - tail]))
    return Estimate(
        "direct",
        Interval(point, min(low, point), max(high, point), level),
        float(values.std(ddof=1)),
        count,
        float(count),
        1.0,
        1.0,
        (Warned.MODEL_TAKEN_AS_TRUE,),
    )


def _fit(features: Floats, log: Log, arms: int, penalty: float, rows: Integers) -> Floats:
    """Coefficients (arms, features + 1) from those rows."""
    size = features.shape[1]
    x, r, arm = features[rows], log.reward[rows], log.arm[rows]
    # What rounding takes from sums of large features is given back, or there would be no solution.
    largest = float((x**2).sum(axis=0).max())
    ridge = (penalty + _ROUNDING * largest) * np.eye(size)
    shared = np.linalg.solve(x.T @ x + ridge, x.T @ r)
    residual = r - x @ shared
    coefficients = np.empty((arms, size))
    for code in range(arms):
        own = arm == code
        mine = x[own]
        coefficients[code] = shared + np.linalg.solve(mine.T @ mine + ridge, mine.T @ residual[own])
    return coefficients


def _checked(contexts: ArrayLike, log: Log, arms: int) -> tuple[Floats, Log]:
    rows = checks.matrix("contexts", contexts)
    refuse_huge("contexts", rows, LARGEST_FEATURE)
    count = rows.shape[0]
    if count < 2:
        raise TooFew("logged rows", count, 2)
    arm = checks.codes("log.arm", log.arm, arms, length=count)
    reward = checks.floats("log.reward", log.reward, length=count)
    propensity = checked_propensity(log, count)
    return with_constant(rows), Log(arm, reward, propensity)
