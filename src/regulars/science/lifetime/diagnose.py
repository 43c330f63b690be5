"""Whether to believe a fit: its own period by class of frequency, the time after by customer, both
over calendar time, and by when customers came.

The first three are the checks of Fader, Hardie and Lee 2005 (Marketing Science 24(2)), section 4.
"""

import numpy as np
from scipy import special

from regulars.science import checks
from regulars.science.contracts import Floats, Integers, Orders
from regulars.science.errors import OutOfRange, TooFew, TooLarge
from regulars.science.lifetime.contracts import (
    CohortDrift,
    FrequencyClasses,
    Histories,
    Holdout,
    HoldoutReport,
    PurchaseFit,
    Tracking,
)
from regulars.science.lifetime.rows import by_frequency_and_age, days, numbered
from regulars.science.lifetime.score import in_unit, score
from regulars.science.lifetime.summarise import order_days

COHORT_LENGTH_LEAST = 1e-6
DAYS_MOST, PERIODS_MOST = 1_000_000, 100_000
EXPECTED_LEAST = 1e-60
"""So few orders of a whole cohort are none, and ratios to them still finite."""
EXPECTED_MIN = 5.0
"""Classes with fewer expected customers are joined with their neighbour for the chi-square."""


def frequency_classes(fit: PurchaseFit, histories: Histories, classes: int) -> FrequencyClasses:
    """See the facade."""
    given = in_unit(fit, histories)
    last = int(checks.number("classes", classes, at_least=2)) - 1
    observed = np.bincount(np.minimum(given.frequency, last), minlength=last + 1)
    ages, weight = _distinct_times(given.age, given.unit_days)
    none = np.zeros(1, dtype=np.int64)
    expected = np.zeros(last + 1)
    for count in range(last):
        probability = fit.model.count_probability_if_alive(count, none, np.zeros(1), ages)
        expected[count] = float(weight @ probability)
    expected[last] = weight.sum() - expected[:last].sum()
    joined_observed, joined_expected = _joined(observed.astype(np.float64), expected)
    degrees = joined_expected.shape[0] - 1 - len(fit.model.names)
    chi_square = float(((joined_observed - joined_expected) ** 2 / joined_expected).sum())
    p_value = float(special.chdtrc(degrees, chi_square)) if degrees > 0 else None
    return FrequencyClasses(
        np.arange(last + 1), observed, expected, chi_square, max(degrees, 0), p_value
    )


def holdout_report(
    fit: PurchaseFit, histories: Histories, after: Holdout, classes: int
) -> HoldoutReport:
    """See the facade."""
    given = in_unit(fit, histories)
    size = given.age.shape[0]
    done = checks.floats("holdout.count", after.count, length=size, at_least=0.0)
    expected = score(fit, given, after.length).expected
    last = int(checks.number("classes", classes, at_least=2)) - 1
    group = np.minimum(given.frequency, last)
    customers = np.bincount(group, minlength=last + 1)
    with np.errstate(invalid="ignore"):
        observed_mean = np.bincount(group, done, last + 1) / np.maximum(customers, 1)
        expected_mean = np.bincount(group, expected, last + 1) / np.maximum(customers, 1)
    constant = size < 2 or np.ptp(done) == 0 or np.ptp(expected) == 0
    total = float(done.sum())
    return HoldoutReport(
        np.arange(last + 1),
        customers,
        observed_mean,
        expected_mean,
        None if constant else float(np.corrcoef(done, expected)[0, 1]),
        float(np.abs(done - expected).mean()),
        total,
        float(expected.sum()),
        float(expected.sum()) / total if total else None,
    )


def tracking(
    fit: PurchaseFit, orders: Orders, calibration_end: float, until: float, period: float
) -> Tracking:
    """See the facade."""
    unit = fit.unit_days
    end, stop = (int(np.floor(checks.day("end", each))) for each in (calibration_end, until))
    step = checks.number("period", period, above=0.0) * unit
    merged = order_days(orders, stop)
    begin = merged.day[merged.first]
    known = begin <= end
    if not known.any():
        raise TooFew("customers by the end of calibration", 0, 1)
    first = int(begin[known].min())
    if stop <= end:
        raise OutOfRange("until", -1, float(until), f"after calibration_end, {calibration_end}")
    if stop - first > DAYS_MOST:
        raise TooLarge("days from the first order", stop - first, DAYS_MOST)
    if (stop + 1 - first) / PERIODS_MOST > step:
        raise OutOfRange("period", -1, period, f"so long that {PERIODS_MOST} cover the time")
    periods = int(np.floor((stop + 1 - first) / step + 1e-9))
    ends = step * np.arange(1.0, periods + 1.0)
    if ends.size == 0:
        raise OutOfRange("period", -1, period, "no longer than the time from the first order")
    repeat = np.ones(merged.customer.shape, dtype=np.bool_)
    repeat[merged.first] = False
    repeat &= np.repeat(known, np.diff(merged.first, append=merged.customer.shape[0]))
    since = np.sort(merged.day[repeat] - first)
    # As in the ages, a day counts from its own beginning: a period's last day is what it reaches.
    last_day = np.ceil(ends - 1e-9) - 1.0
    observed = np.searchsorted(since, last_day, side="right").astype(np.float64)
    births = np.bincount(begin[known] - first)
    expected = _expected_by(fit, births, last_day)
    return Tracking(
        ends / unit,
        np.diff(observed, prepend=0.0),
        np.diff(expected, prepend=0.0),
        observed,
        expected,
        (end + 1 - first) / unit,
    )


def cohort_drift(
    fit: PurchaseFit,
    histories: Histories,
    after: Holdout | None,
    cohort_length: float,
    level: float,
) -> CohortDrift:
    """See the facade."""
    given = in_unit(fit, histories)
    length = checks.number("cohort_length", cohort_length, above=0.0)
    checks.number("cohort_length", cohort_length, at_least=COHORT_LENGTH_LEAST)
    z = float(special.ndtri((1.0 + checks.confidence(level)) / 2.0))
    if after is None:
        done = given.frequency.astype(np.float64)
        none = np.zeros(1, dtype=np.int64)
        expected = by_frequency_and_age(
            lambda x, age: fit.model.expected_if_alive(none, np.zeros(1), age), given
        )
    else:
        size = given.age.shape[0]
        done = checks.floats("holdout.count", after.count, length=size, at_least=0.0)
        expected = score(fit, given, after.length).expected
    since = given.age.max() - given.age
    cohort, row = np.unique(np.floor(since / length + 1e-9).astype(np.int64), return_inverse=True)
    customers = np.bincount(row)
    observed_total: Floats = np.bincount(row, done).astype(np.float64)
    expected_total: Floats = np.bincount(row, expected).astype(np.float64)
    safe = np.maximum(expected_total, EXPECTED_LEAST)
    ratio: Floats = observed_total / safe
    # A ratio of means over customers (Cochran 1977, section 2.11), one customer is one draw.
    residual = np.bincount(row, (done - ratio[row] * expected) ** 2)
    spread = customers / np.maximum(customers - 1, 1)
    error = np.sqrt(residual * spread) / safe
    alone = customers < 2
    return CohortDrift(
        cohort * length,
        customers,
        observed_total,
        expected_total,
        ratio,
        np.where(alone, 0.0, np.maximum(ratio - z * error, 0.0)),
        np.where(alone, np.inf, ratio + z * error),
        level,
    )


def _distinct_times(time: Floats, unit_days: float) -> tuple[Floats, Floats]:
    """Distinct times and how many customers have each."""
    whole = days(time, unit_days)
    if whole is None:
        return time, np.ones(time.shape)
    found, row = numbered(whole)
    return found / unit_days, np.bincount(row).astype(np.float64)


def _expected_by(fit: PurchaseFit, births: Integers, last_day: Floats) -> Floats:
    """Expected repeat orders of all customers until each `last_day`, from how many came on
    each day: FHL 2005, section 4, the sum over days of birth of E[X(t - birth)]."""
    birth = np.flatnonzero(births)
    elapsed = np.maximum(last_day[:, None] - birth[None, :], 0.0)
    times, row = np.unique(elapsed, return_inverse=True)
    none = np.zeros(1, dtype=np.int64)
    expected = fit.model.expected_if_alive(none, np.zeros(1), times / fit.unit_days)
    answer: Floats = expected[row].reshape(elapsed.shape) @ births[birth]
    return answer


def _joined(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Classes from the highest down, joined until each expects enough customers."""
    joined: list[tuple[float, float]] = []
    seen, wanted = 0.0, 0.0
    for one, other in zip(observed[::-1], expected[::-1], strict=True):
        seen, wanted = seen + float(one), wanted + float(other)
        if wanted >= EXPECTED_MIN:
            joined.append((seen, wanted))
            seen, wanted = 0.0, 0.0
    if joined and wanted > 0.0:
        joined[-1] = (joined[-1][0] + seen, joined[-1][1] + wanted)
    elif not joined:
        joined.append((seen, max(wanted, np.finfo(np.float64).tiny)))
    pairs = np.array(joined)
    return pairs[:, 0], pairs[:, 1]
