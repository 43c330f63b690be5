"""CUPED: what was known of a unit before the experiment explains part of its outcome, whatever arm
it is in; taking that part away leaves the effect where it was and the noise smaller."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats
from regulars.science.errors import TooFew
from regulars.science.experiment.contracts import AdjustedEffect
from regulars.science.experiment.difference import checked_arms, difference_in_means


def adjusted_difference(
    outcome: ArrayLike, treated: ArrayLike, covariates: ArrayLike, *, level: float = 0.95
) -> AdjustedEffect:
    """Treatment minus control of the mean outcome, with the variance that covariates explain
    taken out (Deng, Xu, Kohavi and Walker 2013, "Improving the sensitivity of online controlled
    experiments by utilizing pre-experiment data", WSDM, section 3.2, for several covariates).

    `outcome`: float64 (n,). `treated`: bool (n,). `covariates`: float64 (n,) or (n, k), **measured
    before the start**: spend before, or what a model expected before. A covariate that treatment
    moved takes part of the effect away with it; `imbalance_p_value` near 0 is how that shows.

    The coefficients are those of the outcome on the covariates within the arms, so that an effect
    does not bend them. At least k + 2 units per arm.

    Raises as `difference_in_means`, and NoVariation for a covariate that is constant.
    """
    values = checks.floats("outcome", outcome)
    given = checks.numbers("covariates", covariates)
    known = checks.matrix(
        "covariates", given[:, None] if given.ndim == 1 else given, rows=values.size
    )
    for column in range(known.shape[1]):
        checks.varied(f"covariates[:, {column}]", known[:, column])
    arms = checked_arms(treated, values.size)
    needed = known.shape[1] + 2
    for size, what in ((arms.sum(), "treated units"), ((~arms).sum(), "control units")):
        if size < needed:
            raise TooFew(what, int(size), needed)
    unadjusted = difference_in_means(values, arms, level=level)
    coefficients = _within_arms(values, known, arms)
    effect = difference_in_means(
        values - (known - known.mean(axis=0)) @ coefficients, arms, level=level
    )
    return AdjustedEffect(
        effect,
        unadjusted,
        coefficients,
        1.0 - (effect.standard_error / unadjusted.standard_error) ** 2,
        _imbalance(known, arms),
    )


def _within_arms(values: Floats, known: Floats, arms: Booleans) -> Floats:
    left, right = values.copy(), known.copy()
    for chosen in (arms, ~arms):
        left[chosen] -= left[chosen].mean()
        right[chosen] -= right[chosen].mean(axis=0)
    # Scaled to unit length, so that the rank of covariates in different units is judged fairly.
    length = np.linalg.norm(right, axis=0)
    length[length == 0.0] = 1.0
    coefficients: Floats = np.linalg.lstsq(right / length, left)[0] / length
    return coefficients


def _imbalance(known: Floats, arms: Booleans) -> float:
    """Wald's test that the means of the covariates are the same in both arms."""
    gap = known[arms].mean(axis=0) - known[~arms].mean(axis=0)
    spread = sum(
        np.atleast_2d(np.cov(known[chosen], rowvar=False)) / chosen.sum()
        for chosen in (arms, ~arms)
    )
    scale = np.sqrt(np.diag(spread))
    moving = scale > 0.0
    if not moving.any():
        return 0.0
    gap, scale = gap[moving] / scale[moving], scale[moving]
    correlation = np.asarray(spread)[np.ix_(moving, moving)] / np.outer(scale, scale)
    statistic = gap @ np.linalg.pinv(correlation, hermitian=True) @ gap
    return float(stats.chi2.sf(statistic, np.linalg.matrix_rank(correlation, hermitian=True)))
