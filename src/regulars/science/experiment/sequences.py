"""Intervals that stay valid however often one looks: asymptotic confidence sequences.

The mixture is tuned to be narrowest where the experiment is planned to end. It stays valid before
and after; it is only wider there.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats, Integers
from regulars.science.errors import OutOfRange
from regulars.science.experiment.contracts import Monitoring
from regulars.science.experiment.difference import checked_arms, checked_level

# From here on the boundary's first looks, some nine standard errors wide, hold for t-like errors.
FEWEST_UNITS = 20
# Up to here float64 knows every whole number.
SEEN_MOST = 1e15


def monitor(
    outcome: ArrayLike,
    treated: ArrayLike,
    looks: ArrayLike,
    *,
    planned: int,
    level: float = 0.95,
) -> Monitoring:
    """The difference in means as it stood at each look.

    `outcome`: float64 (n,), `treated`: bool (n,), in the order in which units arrived. `looks`:
    rising whole numbers (k,), how many units had been seen, from 2 to n. `planned`: at how many
    units the experiment is to end, for the tuning; written down before the start.

    A look with fewer than 20 units in an arm has infinite ends: a variance from so few is too
    uncertain for the asymptotics. An arm that is still empty counts as 0.

    Raises NoData, WrongShape, NotFinite, OutOfRange; TooFew where an arm ends with fewer than two.
    """
    values = checks.floats("outcome", outcome)
    arms = checked_arms(treated, values.size)
    seen = checks.floats("looks", looks, at_least=2, at_most=values.size)
    if seen.size > 1 and np.diff(seen).min() <= 0:
        row = int(np.argmin(np.diff(seen) > 0)) + 1
        raise OutOfRange("looks", row, float(seen[row]), "above the one before")
    rows = seen.astype(np.int64) - 1
    inside, outside = (_running(values, chosen, rows) for chosen in (arms, ~arms))
    return confidence_sequence(
        inside[0] - outside[0],
        np.sqrt(inside[1] + outside[1]),
        seen,
        planned=planned,
        level=level,
    )


def confidence_sequence(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    seen: ArrayLike,
    *,
    planned: int,
    level: float = 0.95,
) -> Monitoring:
    """An always-valid interval round any estimate that is asymptotically a mean over units:
    a difference of means, of ratios, or one adjusted by covariates.

    `estimates`, `standard_errors`: float64 (k,), as computed at each look from all units so far;
    an error of 0 or infinity says that nothing varied yet. `seen`: (k,), rising. `planned` as in
    `monitor`.

    The half width is the standard error times the boundary of Waudby-Smith, Arbour, Sinha, Kennedy
    and Ramdas (2021, "Time-uniform central limit theory and asymptotic confidence sequences",
    theorem 2.2), which in the unit-free time u = t rho^2 is
    sqrt(2 (u + 1) / u log(sqrt(u + 1) / alpha)). The p-value is the inverse of the largest mixture
    so far, (u + 1)^-1/2 exp(z^2 u / (2 (u + 1))), which that boundary inverts.

    Raises NoData, WrongShape, NotFinite, OutOfRange.
    """
    counts = checks.floats("seen", seen, at_least=1, at_most=SEEN_MOST)
    centres = checks.floats("estimates", estimates, length=counts.size)
    errors = checks.numbers("standard_errors", standard_errors)
    errors = np.where(np.isposinf(errors), 0.0, errors)
    errors = checks.floats("standard_errors", errors, length=counts.size, at_least=0.0)
    checks.number("planned", planned, at_least=2)
    alpha = 1.0 - checked_level(level)
    known: Booleans = errors > 0.0
    time = tuned_time(alpha) * counts / planned
    half = _half_width(errors, known, boundary(time, alpha))
    fixed = _half_width(errors, known, float(stats.norm.ppf(1.0 - alpha / 2.0)))
    # So many standard errors are certainty, and their squares are finite.
    with np.errstate(over="ignore"):
        score = np.divide(centres, errors, out=np.zeros_like(centres), where=known)
    score = np.clip(score, -1e100, 1e100)
    log_mixture = score**2 * time / (2.0 * (time + 1.0)) - 0.5 * np.log1p(time)
    outside = np.flatnonzero(np.abs(centres) > half)
    return Monitoring(
        counts.astype(np.int64),
        centres,
        np.where(known, errors, np.inf),
        centres - half,
        centres + half,
        centres - fixed,
        centres + fixed,
        np.exp(-np.maximum.accumulate(np.maximum(log_mixture, 0.0))),
        level,
        int(outside[0]) if outside.size else None,
    )


def tuned_time(alpha: float) -> float:
    """The u = t rho^2 at which the boundary is narrowest: -W(-alpha^2 / e) - 1 with the lower
    branch of Lambert's W (Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of Statistics 49,
    proposition 3)."""
    return float(-special.lambertw(-(alpha**2) / math.e, -1).real - 1.0)


def boundary(time: Floats, alpha: float) -> Floats:
    """How many standard errors the always-valid interval reaches, at unit-free times above 0."""
    answered: Floats = np.sqrt((time + 1.0) / time * (np.log1p(time) - 2.0 * math.log(alpha)))
    return answered


def _half_width(errors: Floats, known: Booleans, factor: Floats | float) -> Floats:
    half: Floats = np.where(known, errors * factor, np.inf)
    return half


def _running(values: Floats, chosen: Booleans, rows: Integers) -> tuple[Floats, Floats]:
    """The running mean of one arm at the looks, and its variance: infinite while few are in."""
    # Centred first: sums of squares of large values that differ little would cancel.
    centre = values[chosen].mean()
    inside = np.where(chosen, values - centre, 0.0)
    count = np.cumsum(chosen)[rows].astype(np.float64)
    total, squares = np.cumsum(inside)[rows], np.cumsum(inside**2)[rows]
    mean = total / np.maximum(count, 1.0)
    spread = np.maximum(squares - count * mean**2, 0.0) / np.maximum(count - 1.0, 1.0)
    # What is left of rounding where nothing varied is no variance.
    spread[spread <= 1e-14 * np.maximum(squares / np.maximum(count, 1.0), mean**2)] = 0.0
    variance = np.where(count < FEWEST_UNITS, np.inf, spread / np.maximum(count, 1.0))
    return np.where(count > 0.0, mean + centre, 0.0), variance
