"""How many units an experiment needs, for how many days, and what looking early saves."""

import math

import numpy as np
from scipy import optimize, stats

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats
from regulars.science.errors import OutOfRange
from regulars.science.experiment.contracts import SamplePlan
from regulars.science.experiment.difference import checked_level
from regulars.science.experiment.sequences import boundary, tuned_time

DAYS_PER_WEEK = 7
ROOT_UNITS_MOST = math.sqrt(1e15)


def fixed_plan(
    minimum_effect: float,
    standard_deviation: float,
    *,
    power: float = 0.8,
    level: float = 0.95,
    treated_share: float = 0.5,
    variance_reduction: float = 0.0,
) -> SamplePlan:
    """Units of both arms together for one look at the end.

    `minimum_effect`: the smallest difference of means that matters, above 0. `standard_deviation`:
    of the outcome per unit (a rate p has sqrt(p (1 - p))), above 0. `variance_reduction`: what
    covariates will take away, from 0 to below 1. Normal approximation: (z[1 - alpha / 2] +
    z[power])^2 times the variance per unit over the effect squared (van Belle 2008, "Statistical
    rules of thumb", chapter 2, here for any share).

    Raises OutOfRange.
    """
    per_unit = _deviation_per_unit(standard_deviation, treated_share, variance_reduction)
    drift = _single_look_drift(power, level)
    units = _units(drift, per_unit, minimum_effect)
    return SamplePlan(units, float(units), minimum_effect, power, level, 1)


def sequential_plan(
    minimum_effect: float,
    standard_deviation: float,
    *,
    seed: int,
    power: float = 0.8,
    level: float = 0.95,
    treated_share: float = 0.5,
    variance_reduction: float = 0.0,
    looks: int = 30,
    paths: int = 4000,
) -> SamplePlan:
    """Units at which to end at the latest where the always-valid interval, tuned for that end, is
    looked at `looks` times in equal steps and the test stops when it leaves zero out.

    Arguments as in `fixed_plan`. The boundary is that of `confidence_sequence` (Waudby-Smith et al.
    2021, theorem 2.2). The crossing of it by a Brownian motion with drift is
    simulated on `paths` paths: the power is right to about 1 / sqrt(paths).

    Raises OutOfRange.
    """
    per_unit = _deviation_per_unit(standard_deviation, treated_share, variance_reduction)
    alpha = 1.0 - checked_level(level)
    checks.number("looks", looks, at_least=1)
    checks.number("paths", paths, at_least=100)
    fractions = np.arange(1, looks + 1) / looks
    limits = boundary(tuned_time(alpha) * fractions, alpha)
    steps = checks.generator(seed).standard_normal((paths, looks)) / math.sqrt(looks)
    scores = np.cumsum(steps, axis=1) / np.sqrt(fractions)
    lowest = _single_look_drift(power, level)

    def missing(drift: float) -> float:
        return power - float(_crossed(scores, fractions, limits, drift).any(axis=1).mean())

    # The drift of a single look bounds it from below, and one path in a million from above.
    highest = float(limits[-1]) + 6.0
    enough = missing(lowest) <= 0.0
    drift = lowest if enough else optimize.brentq(missing, lowest, highest, xtol=1e-3)
    crossed = _crossed(scores, fractions, limits, drift)
    stopped = np.where(crossed.any(axis=1), fractions[crossed.argmax(axis=1)], 1.0)
    units = _units(drift, per_unit, minimum_effect)
    return SamplePlan(units, units * float(stopped.mean()), minimum_effect, power, level, looks)


def fixed_power(
    effect: float,
    standard_deviation: float,
    units: int,
    *,
    level: float = 0.95,
    treated_share: float = 0.5,
) -> float:
    """The probability that one look at `units` units of both arms finds an effect of that size, on
    its own side of zero: the formula of `fixed_plan`, solved for the power.

    Raises OutOfRange.
    """
    per_unit = _deviation_per_unit(standard_deviation, treated_share, 0.0)
    checks.number("effect", effect)
    error = per_unit / math.sqrt(checks.number("units", units, at_least=2))
    return float(
        stats.norm.sf(stats.norm.ppf(0.5 + checked_level(level) / 2.0) - abs(effect) / error)
    )


def duration_days(units: int, units_per_day: float, *, traffic: float = 1.0) -> int:
    """Days until `units` units have arrived, in whole weeks, since people differ by weekday.

    `units_per_day`: new units a day, above 0: members who come for the first time, not visits.
    Raises OutOfRange.
    """
    checks.number("units", units, at_least=1)
    arriving = checks.number("units_per_day", units_per_day, above=0.0)
    arriving *= checks.number("traffic", traffic, above=0.0, at_most=1.0)
    return math.ceil(units / arriving / DAYS_PER_WEEK) * DAYS_PER_WEEK


def _crossed(scores: Floats, fractions: Floats, limits: Floats, drift: float) -> Booleans:
    found: Booleans = np.abs(scores + drift * np.sqrt(fractions)) > limits
    return found


def _deviation_per_unit(deviation: float, treated_share: float, reduction: float) -> float:
    """Root n times the standard deviation of the difference of means."""
    checks.number("standard_deviation", deviation, above=0.0)
    checks.number("treated_share", treated_share, above=0.0, below=1.0)
    checks.number("variance_reduction", reduction, at_least=0.0, below=1.0)
    return deviation * math.sqrt((1.0 - reduction) / (treated_share * (1.0 - treated_share)))


def _single_look_drift(power: float, level: float) -> float:
    """How many standard errors the effect has to be. Power is above 1 - level: so often an
    experiment without any effect finds one."""
    alpha = 1.0 - checked_level(level)
    checks.number("power", power, above=alpha, below=1.0)
    return float(stats.norm.ppf(1.0 - alpha / 2.0) + stats.norm.ppf(power))


def _units(drift: float, deviation_per_unit: float, minimum_effect: float) -> int:
    effect = checks.number("minimum_effect", minimum_effect, above=0.0)
    root = drift * deviation_per_unit / effect
    if root > ROOT_UNITS_MOST:
        raise OutOfRange("minimum_effect", -1, effect, "larger: it would need over 1e15 units")
    return math.ceil(root**2)
