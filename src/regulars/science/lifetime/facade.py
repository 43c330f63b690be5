"""Customer lifetime: who is still active, what they will order, what that is worth.

Order matters: `summarise` orders up to a chosen day, `fit_beta_geometric` or `fit_pareto` (and
`fit_spend` for money), look at the diagnostics, then score. Nothing here reads a clock or a file:
the end of calibration is an argument, and what lies after it serves as holdout only.

Refused with a typed error (`science.errors`, `lifetime.errors`): empty or inconsistent columns, NaN
and infinity, too few customers with a repeat order, histories that are all alike. A fit whose
likelihood has no peak is returned with `converged` False and the reason; asking it for intervals
is refused.
"""

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.contracts import Floats, Integers, Orders
from regulars.science.lifetime import (
    by_segment,
    diagnose,
    fit,
    predictive,
    simulate,
)
from regulars.science.lifetime import score as scoring
from regulars.science.lifetime import summarise as summary
from regulars.science.lifetime.contracts import (
    Band,
    CohortDrift,
    Fit,
    FrequencyClasses,
    Histories,
    Holdout,
    HoldoutReport,
    PurchaseFit,
    ResidualValue,
    Scores,
    SegmentFits,
    SpendFit,
    Tracking,
)
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.pareto import Pareto

__all__ = [
    "BetaGeometric",
    "GammaGamma",
    "Pareto",
    "alive_band",
    "cohort_drift",
    "count_band",
    "count_probabilities",
    "expected_band",
    "expected_repeat_orders",
    "fit_beta_geometric",
    "fit_by_segment",
    "fit_pareto",
    "fit_spend",
    "frequency_classes",
    "histories",
    "holdout",
    "holdout_report",
    "residual_band",
    "residual_value",
    "score",
    "simulate_histories",
    "simulate_orders",
    "spend_band",
    "summarise",
    "tracking",
]

WEEK = 7.0


def histories(
    frequency: ArrayLike,
    recency: ArrayLike,
    age: ArrayLike,
    value: ArrayLike | None = None,
    *,
    unit_days: float = WEEK,
) -> Histories:
    """Histories of n customers who have been summarised elsewhere, checked.

    `frequency` (n,) whole numbers from 0 to a million; `recency` (n,) and `age` (n,) in units of
    `unit_days` days, recency at most age, and above 0 exactly where frequency is; `value` (n,) mean
    value of the repeat orders, left out where money plays no part.
    """
    times = checks.floats("histories.age", age, at_least=0.0)
    amounts = np.zeros(times.shape) if value is None else checks.numbers("value", value)
    given = Histories(
        np.arange(times.shape[0]),
        checks.read("frequency", frequency),
        checks.numbers("recency", recency),
        times,
        amounts,
        unit_days,
    )
    return summary.checked(given)


def summarise(orders: Orders, calibration_end: float, *, unit_days: float = WEEK) -> Histories:
    """Histories of all customers with an order by `calibration_end`, in code order.

    `calibration_end`: the last day of the period, on the axis of `orders.day`; orders on it count,
    and an age is the difference between it and the day of the first order (Fader, Hardie and Lee
    2005, section 4). Days are whole: `orders.day` is rounded down, and a customer's orders of one
    day are one order of their total value. Later orders are not looked at.
    Refuses orders of which none lies in the period.
    """
    return summary.summarise(orders, calibration_end, unit_days)


def holdout(orders: Orders, histories: Histories, calibration_end: float, until: float) -> Holdout:
    """What the customers of `histories` did after `calibration_end`, up to and including the day
    `until`, orders of one day merged: counts, total values, and the length in time units."""
    return summary.holdout(orders, histories, calibration_end, until)


def fit_beta_geometric(
    histories: Histories, *, start: BetaGeometric | None = None
) -> Fit[BetaGeometric]:
    """The BG/NBD model by maximum likelihood (Fader, Hardie and Lee 2005, Marketing Science 24(2),
    275-284, equation 6), over distinct histories, with exact derivatives; from three starts, or
    from `start` alone, such as yesterday's parameters.

    Needs at least 2 customers with a repeat order and 5 distinct histories (`TooFew`). The
    log-likelihood leaves out the factor x! as the paper does, so that values compare with it.
    """
    return fit.fit_beta_geometric(histories, start)


def fit_pareto(histories: Histories, *, start: Pareto | None = None) -> Fit[Pareto]:
    """The Pareto/NBD model by maximum likelihood (Schmittlein, Morrison and Colombo 1987; Fader and
    Hardie 2005, "A Note on Deriving the Pareto/NBD Model"), likewise. Some ten times slower."""
    return fit.fit_pareto(histories, start)


def fit_spend(histories: Histories, *, start: GammaGamma | None = None) -> SpendFit:
    """The Gamma-Gamma model of value per order by maximum likelihood (Fader and Hardie 2013,
    equation 1a), over customers with a repeat order and a mean value above 0; the others are
    counted in `left_out`. Refuses fewer than 5 customers, and values that are all the same."""
    return fit.fit_spend(histories, start)


def fit_by_segment(
    kind: type[BetaGeometric] | type[Pareto],
    histories: Histories,
    segment: Integers,
    segments: int,
    *,
    customers_min: int = 200,
) -> SegmentFits:
    """One fit of `kind` for each of the `segments`; `segment`: int64 (n,), codes from 0. A segment
    below `customers_min`, or one that the fit refuses, gets None with the reason. Whether segments
    differ is the likelihood-ratio test (Wilks 1938, Annals of Mathematical Statistics 9)."""
    return by_segment.fit_by_segment(kind, histories, segment, segments, customers_min)


def score(fit: PurchaseFit, histories: Histories, horizon: float) -> Scores:
    """P(alive) and orders expected within `horizon` time units after each customer's age (Fader,
    Hardie and Lee 2005, equation 10; Pareto/NBD: Fader and Hardie 2005, equation 41)."""
    return scoring.score(fit, histories, horizon)


def alive_band(fit: PurchaseFit, histories: Histories, *, level: float = 0.95) -> Band:
    """P(alive) with an interval for the uncertainty of the parameters, by the delta method on the
    log-odds (Casella and Berger 2002, "Statistical Inference", section 5.5.4). BG/NBD takes
    customers without a repeat order as alive for certain."""
    return scoring.alive_band(fit, histories, level)


def expected_band(
    fit: PurchaseFit, histories: Histories, horizon: float, *, level: float = 0.95
) -> Band:
    """Expected orders with an interval for the uncertainty of the parameters, by the delta method
    on the logarithm (see `alive_band`): how well the expectation is known, not what the customer
    will do."""
    return scoring.expected_band(fit, histories, horizon, level)


def count_band(
    fit: PurchaseFit, histories: Histories, horizon: float, *, level: float = 0.95
) -> Band:
    """Orders within `horizon` that this customer may make: expectation, and an equal-tailed
    interval of whole numbers from the posterior predictive distribution, which holds at least
    `level` (counts are discrete). Parameters as fitted."""
    return predictive.count_band(fit, histories, horizon, level)


def count_probabilities(
    fit: PurchaseFit, histories: Histories, horizon: float, count_max: int
) -> Floats:
    """P(exactly 0, 1, ... `count_max` orders within `horizon`), float64 (n, count_max + 1): Fader,
    Hardie and Lee 2005, equation 8, with the posterior shapes of each history (Pareto/NBD: Fader
    and Hardie 2014, "Deriving the Conditional PMF of the Pareto/NBD Model", equation 16)."""
    return predictive.count_probabilities(fit, histories, horizon, count_max)


def spend_band(
    fit: PurchaseFit,
    spend: Fit[GammaGamma],
    histories: Histories,
    horizon: float,
    *,
    level: float = 0.95,
    draws: int = 1_000,
    seed: int,
) -> Band:
    """What this customer may spend within `horizon` (finite, not discounted): expectation, and an
    equal-tailed interval from `draws` of the posterior predictive distribution: active or not,
    orders, the customer's own mean, each order's value. Parameters as fitted. Takes about a
    third of a microsecond per draw: for customers who are looked at, not for all of a million."""
    return predictive.spend_band(
        fit, spend, histories, horizon, level=level, draws=draws, seed=seed
    )


def residual_value(
    fit: PurchaseFit,
    spend: Fit[GammaGamma] | None,
    histories: Histories,
    *,
    rate_per_year: float,
    horizon: float = float("inf"),
    margin: float = 1.0,
) -> ResidualValue:
    """What is to come from each customer, in money of now: margin x value per order x expected
    orders, each discounted continuously at log(1 + `rate_per_year`) per 365.25 days.

    Pareto/NBD with an infinite horizon: DERT (Fader, Hardie and Lee 2005, Journal of Marketing
    Research 42, 415-430, equation 2). BG/NBD: the increments of the conditional expectation,
    discounted and summed in the limit of short periods. `margin` is the share of value that is
    earned. Without `spend` an order counts 1. An infinite horizon needs a rate above 0.
    """
    return scoring.residual_value(
        fit, spend, histories, rate_per_year=rate_per_year, horizon=horizon, margin=margin
    )


def residual_band(
    fit: PurchaseFit,
    spend: Fit[GammaGamma] | None,
    histories: Histories,
    *,
    rate_per_year: float,
    horizon: float = float("inf"),
    margin: float = 1.0,
    level: float = 0.95,
) -> Band:
    """`residual_value(...).value` with an interval for the uncertainty of both fits' parameters, by
    the delta method on the logarithm."""
    return scoring.residual_band(
        fit,
        spend,
        histories,
        rate_per_year=rate_per_year,
        horizon=horizon,
        margin=margin,
        level=level,
    )


def expected_repeat_orders(fit: PurchaseFit, time: ArrayLike) -> Floats:
    """E[X(t)], repeat orders that a customer about whom nothing is known makes within `time` units
    after the first order, (k,) (Fader, Hardie and Lee 2005, equation 9; Pareto/NBD: Fader and
    Hardie 2005, equation 27)."""
    times = checks.floats("time", time, at_least=0.0, at_most=checks.DAY_MOST)
    none = np.zeros(1, dtype=np.int64)
    return fit.model.expected_if_alive(none, np.zeros(1), times)


def frequency_classes(
    fit: PurchaseFit, histories: Histories, *, classes: int = 8
) -> FrequencyClasses:
    """Customers with 0, 1, ... repeat orders in the calibration period against the model's (Fader,
    Hardie and Lee 2005, equation 8, for each age); the last class is open upwards."""
    return diagnose.frequency_classes(fit, histories, classes)


def holdout_report(
    fit: PurchaseFit, histories: Histories, after: Holdout, *, classes: int = 8
) -> HoldoutReport:
    """Expected against done in the holdout: by class of calibration frequency, correlation over
    customers, totals."""
    return diagnose.holdout_report(fit, histories, after, classes)


def tracking(
    fit: PurchaseFit,
    orders: Orders,
    calibration_end: float,
    until: float,
    *,
    period: float = 1.0,
) -> Tracking:
    """Repeat orders by period of `period` time units, done and expected, of the customers who came
    by `calibration_end`, up to and including the day `until`. Expected is what E[X(t)] says of a
    customer's first order alone, so that it is a forecast of the whole curve, not of single
    customers."""
    return diagnose.tracking(fit, orders, calibration_end, until, period)


def cohort_drift(
    fit: PurchaseFit,
    histories: Histories,
    after: Holdout | None = None,
    *,
    cohort_length: float = 4.0,
    level: float = 0.95,
) -> CohortDrift:
    """Done over expected for cohorts of `cohort_length` time units of first orders: in the
    calibration period (against E[X(age)]) or, given the holdout, after it (against the conditional
    expectations). A cohort whose interval leaves out 1 differs from the customers of the fit. The
    interval is that of a ratio of means (Cochran 1977, "Sampling Techniques", section 2.11)."""
    return diagnose.cohort_drift(fit, histories, after, cohort_length, level)


def simulate_histories(
    model: BetaGeometric | Pareto,
    age: ArrayLike,
    *,
    seed: int,
    spend: GammaGamma | None = None,
    unit_days: float = WEEK,
) -> Histories:
    """Histories in continuous time of one customer for each `age` (n,) in time units."""
    return simulate.simulate_histories(
        model, checks.floats("age", age, at_least=0.0), seed=seed, spend=spend, unit_days=unit_days
    )


def simulate_orders(
    model: BetaGeometric | Pareto,
    spend: GammaGamma,
    first_day: ArrayLike,
    until: float,
    *,
    seed: int,
    unit_days: float = WEEK,
) -> Orders:
    """Orders up to the instant `until` of one customer for each `first_day` (n,): the first orders,
    then the repeats, each with a value. Days are continuous."""
    return simulate.simulate_orders(
        model,
        spend,
        checks.numbers("first_day", first_day),
        until,
        seed=seed,
        unit_days=unit_days,
    )
