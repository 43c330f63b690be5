"""Sample-ratio mismatch: arms whose sizes chance does not explain mean that units got lost or were
counted twice on the way, and that no result of the experiment is to be believed."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from regulars.science import checks
from regulars.science.contracts import Floats
from regulars.science.errors import NoData, OutOfRange, TooFew
from regulars.science.experiment.contracts import RatioMismatch

ALARM_P_VALUE = 0.001
COUNT_MOST = 1e15
"""Up to here float64 knows every whole number."""


def ratio_mismatch(counts: ArrayLike, shares: ArrayLike) -> RatioMismatch:
    """Compare the units of each arm with the shares that the design gave them.

    `counts`: whole numbers (k,), k at least 2; `shares`: float64 (k,), above 0, adding up to 1.
    `mismatch` is an alarm at p < 0.001 or e > 1000: the usual level of a check that is made on
    every experiment (Fabijan et al. 2019, "Diagnosing sample ratio mismatch in online controlled
    experiments", KDD).

    The p-value is Pearson's chi-square. The e-value is the ratio of a Dirichlet(1, ..., 1) mixture
    of multinomials to the planned one (Lindon and Malek 2022, "Anytime-valid inference for
    multinomial count data", NeurIPS, the Bayes factor of their multinomial test).

    Raises NoData, WrongShape, NotFinite, OutOfRange, TooFew.
    """
    observed = checks.floats("counts", counts, at_least=0.0, at_most=COUNT_MOST)
    if observed.size < 2:
        raise TooFew("arms", observed.size, 2)
    fractional = np.flatnonzero(observed != np.floor(observed))
    if fractional.size:
        row = int(fractional[0])
        raise OutOfRange("counts", row, float(observed[row]), "a whole number")
    planned = checks.floats("shares", shares, length=observed.size, above=0.0)
    if abs(float(planned.sum()) - 1.0) > 1e-9:
        raise OutOfRange("shares", -1, float(planned.sum()), "1 in sum")
    total = float(observed.sum())
    if total == 0.0:
        raise NoData("counts")
    expected = total * planned
    statistic = float(np.sum((observed - expected) ** 2 / expected))
    p_value = float(stats.chi2.sf(statistic, observed.size - 1))
    log_e = _log_mixture_ratio(observed, planned)
    return RatioMismatch(
        observed.astype(np.int64),
        expected,
        p_value,
        float(np.exp(min(log_e, 700.0))),
        bool(p_value < ALARM_P_VALUE or log_e > -np.log(ALARM_P_VALUE)),
    )


def _log_mixture_ratio(observed: Floats, planned: Floats) -> float:
    """The multinomial coefficients are the same above and below, and cancel."""
    arms, total = observed.size, observed.sum()
    mixture = special.gammaln(arms) - special.gammaln(arms + total)
    mixture += special.gammaln(1.0 + observed).sum()
    return float(mixture - np.sum(observed * np.log(planned)))
