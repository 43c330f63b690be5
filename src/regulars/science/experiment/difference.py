"""The difference between two arms at one look that was chosen before: means, ratios of means, and
the interval of a quotient of two estimates."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats, Interval
from regulars.science.errors import NoVariation, OutOfRange, TooFew
from regulars.science.experiment.contracts import Effect

QUANTILE_MOST = 1e6


def difference_in_means(outcome: ArrayLike, treated: ArrayLike, *, level: float = 0.95) -> Effect:
    """Treatment minus control of the mean outcome per unit.

    `outcome`: float64 (n,); 0 and 1 for a rate. `treated`: bool (n,). The interval is Welch's
    (1947, Biometrika 34): unequal variances, Student's t with Satterthwaite's degrees of freedom.
    `relative` is Fieller's interval of the quotient. At least two units per arm.

    Raises NoData, WrongShape, NotFinite, OutOfRange, TooFew, and NoVariation where all outcomes
    of both arms are the same.
    """
    values = checks.floats("outcome", outcome)
    arms = checked_arms(treated, values.size)
    checked_level(level)
    inside, outside = values[arms], values[~arms]
    if np.ptp(inside) == 0.0 and np.ptp(outside) == 0.0:
        raise NoVariation("outcome within its arm", float(inside[0]))
    parts = inside.var(ddof=1) / inside.size, outside.var(ddof=1) / outside.size
    together = parts[0] + parts[1]
    if together < np.finfo(np.float64).tiny:
        raise NoVariation("outcome within its arm", float(inside[0]))
    share = parts[0] / together
    freedom = 1.0 / (share**2 / (inside.size - 1) + (1.0 - share) ** 2 / (outside.size - 1))
    return effect_of(
        (float(inside.mean()), float(outside.mean())),
        (float(parts[0]), float(parts[1])),
        (inside.size, outside.size),
        level,
        freedom=float(freedom),
    )


def difference_in_ratios(
    numerator: ArrayLike, denominator: ArrayLike, treated: ArrayLike, *, level: float = 0.95
) -> Effect:
    """Treatment minus control of sum(numerator) / sum(denominator), such as spend per order where
    members were assigned and have several orders each.

    `numerator`, `denominator`: float64 (n,), one row per unit, the denominator at least 0 and not
    all 0 in an arm. The variance of a ratio of means is the delta method's (Deng, Knoblich and Lu
    2018, "Applying the delta method in metric analytics", KDD); the interval is
    normal, so that each arm needs some dozens of units.

    Raises as `difference_in_means`.
    """
    above = checks.floats("numerator", numerator)
    below = checks.floats("denominator", denominator, length=above.size, at_least=0.0)
    arms = checked_arms(treated, above.size)
    checked_level(level)
    found = [_ratio(above[chosen], below[chosen]) for chosen in (arms, ~arms)]
    if found[0][1] + found[1][1] < np.finfo(np.float64).tiny:
        raise NoVariation("numerator / denominator within its arm", found[0][0])
    return effect_of(
        (found[0][0], found[1][0]),
        (found[0][1], found[1][1]),
        (int(arms.sum()), int((~arms).sum())),
        level,
    )


def quotient_interval(
    above: float, below: float, covariance: ArrayLike, *, quantile: float, level: float
) -> Interval | None:
    """Fieller's interval of above / below (1954, Journal of the Royal Statistical Society B 16):
    the values t for which above - t below is within `quantile` standard errors of 0.

    `covariance`: float64 (2, 2), of the two estimates. None where `below` is within `quantile`
    standard errors of zero: the set of such t is then no bounded interval.

    Raises WrongShape, NotFinite, OutOfRange.
    """
    known = checks.matrix("covariance", covariance, rows=2, columns=2)
    checks.floats("the diagonal of covariance", np.diag(known), at_least=0.0)
    return fieller_interval(
        checks.number("above", above),
        checks.number("below", below),
        known,
        quantile=checks.number("quantile", quantile, at_least=0.0, at_most=QUANTILE_MOST),
        level=checked_level(level),
    )


def fieller_interval(
    above: float, below: float, covariance: Floats, *, quantile: float, level: float
) -> Interval | None:
    """`quotient_interval` of estimates that were computed here and need no check."""
    scale = quantile**2
    leading = below**2 - scale * covariance[1, 1]
    if below == 0.0 or leading <= 1e-12 * below**2:
        return None
    middle = above * below - scale * covariance[0, 1]
    last = above**2 - scale * covariance[0, 0]
    root = math.sqrt(max(middle**2 - leading * last, 0.0))
    return Interval(above / below, (middle - root) / leading, (middle + root) / leading, level)


def effect_of(
    means: tuple[float, float],
    variances: tuple[float, float],
    units: tuple[int, int],
    level: float,
    *,
    freedom: float = math.inf,
) -> Effect:
    """The effect of two independent estimates; treatment comes first in each pair. `variances` are
    those of the estimates. Infinite `freedom` is the normal distribution."""
    difference = means[0] - means[1]
    error = math.sqrt(sum(variances))
    reference = stats.norm if math.isinf(freedom) else stats.t(freedom)
    quantile = float(reference.ppf(0.5 + level / 2.0))
    quotient = fieller_interval(
        means[0], means[1], np.diag(variances), quantile=quantile, level=level
    )
    return Effect(
        means[1],
        means[0],
        units[1],
        units[0],
        Interval(difference, difference - quantile * error, difference + quantile * error, level),
        quotient and Interval(quotient.value - 1.0, quotient.low - 1.0, quotient.high - 1.0, level),
        error,
        float(2.0 * reference.sf(abs(difference) / error)),
    )


def checked_arms(treated: ArrayLike, length: int, *, needed: int = 2) -> Booleans:
    """Arms of at least `needed` units each."""
    arms = checks.flags("treated", treated, length=length)
    for chosen, what in ((arms, "treated units"), (~arms, "control units")):
        if chosen.sum() < needed:
            raise TooFew(what, int(chosen.sum()), needed)
    return arms


def checked_level(level: float) -> float:
    """A confidence level within (0, 1)."""
    return checks.confidence(level)


def _ratio(above: Floats, below: Floats) -> tuple[float, float]:
    """The ratio of the means and its variance."""
    if not below.any():
        raise OutOfRange("denominator", -1, 0.0, "above 0 for some unit of each arm")
    if np.abs(above).max() > checks.MAGNITUDE_MOST * below.mean():
        found = float(below.mean())
        raise OutOfRange("the mean of denominator", -1, found, "further from 0 beside numerator")
    ratio = float(above.mean() / below.mean())
    residual = (above - ratio * below) / below.mean()
    return ratio, float(residual.var(ddof=1) / residual.size)
