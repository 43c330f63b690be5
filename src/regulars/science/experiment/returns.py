"""What a treatment earned and what it cost, against what would have happened anyway."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from regulars.science import checks
from regulars.science.contracts import Floats, Interval
from regulars.science.errors import NoVariation
from regulars.science.experiment.contracts import Return
from regulars.science.experiment.difference import (
    checked_arms,
    checked_level,
    fieller_interval,
)


def incremental_return(
    margin: ArrayLike,
    cost: ArrayLike,
    treated: ArrayLike,
    *,
    fixed_cost: float = 0.0,
    level: float = 0.95,
) -> Return:
    """Incremental margin, cost and return on investment over all treated units.

    `margin`: float64 (n,), contribution per unit before the cost of the treatment. `cost`: float64
    (n,), what the program spent on the unit in the same period (points at their value, vouchers,
    sending), in **both** arms: what control members would have cost anyway is no cost of the
    treatment. `treated`: bool (n,). `fixed_cost`: of the whole campaign, at least 0, known exactly.
    Money in major units of one currency.

    The incremental totals are differences of means times the treated units. Margin and cost of one
    unit go together (who buys more earns more points), so the return is Fieller's interval of two
    dependent estimates (1954, Journal of the Royal Statistical Society B 16).

    Raises NoData, WrongShape, NotFinite, OutOfRange, TooFew, and NoVariation where all margins of
    each arm are the same.
    """
    gained = checks.floats("margin", margin)
    spent = checks.floats("cost", cost, length=gained.size)
    arms = checked_arms(treated, gained.size)
    checked_level(level)
    checks.number("fixed_cost", fixed_cost, at_least=0.0)
    if np.ptp(gained[arms]) == 0.0 and np.ptp(gained[~arms]) == 0.0:
        raise NoVariation("margin within its arm", float(gained[0]))
    both = np.column_stack([gained, spent])
    count = int(arms.sum())
    totals = count * (both[arms].mean(axis=0) - both[~arms].mean(axis=0))
    totals[1] += fixed_cost
    covariance: Floats = np.asarray(
        count**2
        * sum(np.cov(both[chosen], rowvar=False) / chosen.sum() for chosen in (arms, ~arms))
    )
    quantile = float(stats.norm.ppf(0.5 + level / 2.0))
    contrast = np.array([1.0, -1.0])
    quotient = fieller_interval(
        float(totals[0]), float(totals[1]), covariance, quantile=quantile, level=level
    )
    return Return(
        _normal(float(totals[0]), float(covariance[0, 0]), quantile, level),
        _normal(float(totals[1]), float(covariance[1, 1]), quantile, level),
        _normal(float(totals @ contrast), float(contrast @ covariance @ contrast), quantile, level),
        quotient and Interval(quotient.value - 1.0, quotient.low - 1.0, quotient.high - 1.0, level),
        count,
    )


def _normal(value: float, variance: float, quantile: float, level: float) -> Interval:
    half = quantile * float(np.sqrt(max(variance, 0.0)))
    return Interval(value, value - half, value + half, level)
