"""What crosses this room's door: histories of customers, fits, scores, diagnostics.

Arrays are aligned: row i of every result is row i of the histories it was made of. Time is counted
in units of `unit_days` days (7.0: weeks), and a fit knows the unit it was made in.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from scipy import special

from regulars.science.contracts import Floats, Integers, Interval
from regulars.science.lifetime.errors import NotIdentified
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.pareto import Pareto

Model = TypeVar("Model", BetaGeometric, Pareto, GammaGamma)


@dataclass(frozen=True, slots=True)
class Histories:
    """What the models need to know of n customers at the end of a calibration period.

    `customer`: int64 (n,), the codes of the orders. `frequency`: int64 (n,), days with an order
    after the first such day. `recency`: float64 (n,), time from the first to the last of them, 0
    without a repeat. `age`: float64 (n,), time from the first to the end of calibration.
    `value`: float64 (n,), mean value per repeat day, 0 without a repeat.
    """

    customer: Integers
    frequency: Integers
    recency: Floats
    age: Floats
    value: Floats
    unit_days: float


@dataclass(frozen=True, slots=True)
class Holdout:
    """What the same n customers did afterwards: `count` int64 (n,) days with an order and `value`
    float64 (n,) their total value, within `length` time units after the calibration."""

    count: Integers
    value: Floats
    length: float


@dataclass(frozen=True, slots=True)
class Fit(Generic[Model]):
    """A model with the evidence for it.

    `log_likelihood` is a total over `customers`, in natural logarithm. `covariance` (k, k) is that
    of the natural logarithms of the parameters, the inverse of the negative Hessian at the peak;
    None where there is no peak. `converged` and, if not, `reason` tell how the ascent ended,
    `iterations` its steps from the best start. `starts` are the log-likelihoods reached from each
    start (on a systematic sample of the rows where there are very many, scaled up to all).
    `rows` is the number of distinct histories.
    """

    model: Model
    log_likelihood: float
    covariance: Floats | None
    converged: bool
    reason: str
    iterations: int
    starts: tuple[float, ...]
    customers: int
    rows: int
    unit_days: float

    def standard_errors(self) -> Floats:
        """(k,), of the parameters themselves by the delta method. Refuses without a peak."""
        return self.model.parameters * np.sqrt(np.diag(self.identified()))

    def intervals(self, level: float = 0.95) -> tuple[Interval, ...]:
        """One for each parameter: Wald's, symmetric in the logarithm, so that no end is below 0."""
        z = float(special.ndtri((1.0 + level) / 2.0))
        errors = np.sqrt(np.diag(self.identified()))
        values = self.model.parameters
        low, high = values * np.exp(-z * errors), values * np.exp(z * errors)
        return tuple(
            Interval(float(value), float(start), float(end), level)
            for value, start, end in zip(values, low, high, strict=True)
        )

    def identified(self) -> Floats:
        """The covariance, where there is one; else `NotIdentified`."""
        if self.covariance is None:
            raise NotIdentified("The uncertainty of the parameters", self.reason)
        return self.covariance


PurchaseFit = Fit[BetaGeometric] | Fit[Pareto]


@dataclass(frozen=True, slots=True)
class SpendFit:
    """A Gamma-Gamma fit and how far its assumption holds: `correlation` of frequency and mean
    value over the customers used (the model takes it for 0; None where all have the same
    frequency), `left_out` customers whose mean repeat value was 0 or less (returns, gifts), which
    no gamma distribution knows."""

    fit: Fit[GammaGamma]
    correlation: float | None
    left_out: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Of n customers: `alive` float64 (n,), the probability of being active still; `expected`
    float64 (n,), orders expected within `horizon` time units from now on."""

    alive: Floats
    expected: Floats
    horizon: float


@dataclass(frozen=True, slots=True)
class Band:
    """A quantity of n customers with intervals: `low` <= `value` <= `high`, float64 (n,) each.

    `covers` says what the interval is of: "parameters" (what more data would settle) or
    "individual" (what this customer will do, chance included, at the fitted parameters).
    """

    value: Floats
    low: Floats
    high: Floats
    level: float
    covers: str


@dataclass(frozen=True, slots=True)
class ResidualValue:
    """What is still to come from n customers, each float64 (n,).

    `orders`: expected future orders, each discounted to now (DERT for an infinite horizon).
    `value_per_order`: expected value of one. `value`: margin x both, in money of now.
    """

    orders: Floats
    value_per_order: Floats
    value: Floats
    rate: float
    horizon: float


@dataclass(frozen=True, slots=True)
class FrequencyClasses:
    """How many customers made 0, 1, ... repeat orders in the calibration period, and how many the
    model expects: int64 and float64 (k,); the last class stands for `frequency[-1]` or more.
    `chi_square` and `p_value` compare them, with parameters + 1 degrees of freedom taken off; the
    p-value is None where that leaves none."""

    frequency: Integers
    observed: Integers
    expected: Floats
    chi_square: float
    degrees: int
    p_value: float | None


@dataclass(frozen=True, slots=True)
class HoldoutReport:
    """How forecasts met the holdout. By class of calibration frequency (k,): customers, mean of
    what was done and of what was expected. Over all: Pearson's `correlation` (None where either
    is constant), mean absolute error, and `total_ratio`, expected over done (None where nothing
    was done)."""

    frequency: Integers
    customers: Integers
    observed_mean: Floats
    expected_mean: Floats
    correlation: float | None
    mean_absolute_error: float
    observed_total: float
    expected_total: float
    total_ratio: float | None


@dataclass(frozen=True, slots=True)
class Tracking:
    """Repeat orders of all customers over calendar time. `time`: float64 (k,), ends of the
    periods, in time units from the first order of all. `observed`, `expected`: float64 (k,),
    within each period; their running sums are `observed_cumulative` and `expected_cumulative`.
    `calibration_end` is on the axis of `time`."""

    time: Floats
    observed: Floats
    expected: Floats
    observed_cumulative: Floats
    expected_cumulative: Floats
    calibration_end: float


@dataclass(frozen=True, slots=True)
class CohortDrift:
    """Orders done over orders expected, by when customers came. `start`: float64 (k,), beginning
    of each cohort in time units from the first order of all; `customers` int64 (k,); `observed`
    and `expected` float64 (k,) totals; `ratio`, `low`, `high` float64 (k,), with intervals over
    customers at `level`. Cohorts whose interval leaves out 1 have `drifted`."""

    start: Floats
    customers: Integers
    observed: Floats
    expected: Floats
    ratio: Floats
    low: Floats
    high: Floats
    level: float

    @property
    def drifted(self) -> Integers:
        """Numbers of the cohorts where 1 is outside of the interval."""
        return np.flatnonzero((self.low > 1.0) | (self.high < 1.0)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class SegmentFits:
    """One fit for each segment; None where it had too few customers, for the reason given.

    `log_likelihood_gain` is that of the separate fits over one for all customers of the fitted
    segments, and `p_value` that of the likelihood-ratio test (Wilks): below 0.05 the segments
    differ. Both are None where fewer than two segments were fitted.
    """

    fits: tuple[PurchaseFit | None, ...]
    reasons: tuple[str, ...]
    pooled: PurchaseFit
    log_likelihood_gain: float | None
    degrees: int
    p_value: float | None
