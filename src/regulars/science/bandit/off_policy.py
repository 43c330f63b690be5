"""What a policy would have earned, from a log of another one.

A log has an arm a, a reward r and the propensity p of that arm per row; the policy to evaluate has
probabilities pi over the arms, a reward model q expected rewards. With w = pi(a) / p:

    inverse propensity   mean of w r                              (Horvitz & Thompson 1952)
    self-normalised      sum of w r / sum of w                    (Swaminathan & Joachims 2015)
    direct               mean over rows of sum over arms pi q
    doubly robust        direct + w (r - q(a))                    (Dudik, Langford & Li 2011, eq. 1)

Intervals are "normal" (estimate +- z s / sqrt(n), s the deviation of the terms; for the ratio its
delta method), "bootstrap" (percentiles over resampled rows, Efron 1979) or "studentised" (the
bootstrap of (resampled - estimate) / its own error; Hall 1988, Annals of Statistics 16). Rare
rewards with large weights skew the terms: the normal interval is then a little short, on the side
of the tail above all, and the studentised one is the safest; it costs as much as the bootstrap. All
take rows for exchangeable; where one person makes many rows, give one row per person.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from regulars.science import checks
from regulars.science.bandit.contracts import NOTHING, Decisions, Estimate, Log, Warned
from regulars.science.contracts import Floats, Integers, Interval
from regulars.science.errors import NoData, OutOfRange, TooFew, WrongShape

Kind = Literal["normal", "bootstrap", "studentised"]
_CELLS = 1 << 15
_ROW_SUM_TOLERANCE = 1e-6
_EFFECTIVE_ROWS_LEAST = 100.0
_REWARDED_ROWS_LEAST = 20
_WEIGHT_SHARE_MOST = 0.1
PROPENSITY_LEAST = 1e-12


def inverse_propensity(
    log: Log,
    policy: ArrayLike,
    *,
    level: float = 0.95,
    interval: Kind = "normal",
    resamples: int = 2_000,
    seed: int = 0,
) -> Estimate:
    """The mean of the rewards weighted by policy over log: without bias where the propensities are
    right, with a wide spread where the policies differ.

    `policy`: float64 (n, arms), the evaluated policy's probabilities for each logged row, rows
    summing to 1. `resamples` and `seed` belong to the bootstrap. Refuses fewer than 2 rows
    (TooFew), a propensity outside of (0, 1], rows that do not sum to 1 (OutOfRange).
    """
    log, chances = _checked(log, policy)
    weights = _weights(log, chances)
    return _answer(
        "inverse_propensity",
        weights * log.reward,
        None,
        _Options(level, interval, resamples, seed),
        weights,
        _warnings(weights, log.reward),
    )


def self_normalised(
    log: Log,
    policy: ArrayLike,
    *,
    level: float = 0.95,
    interval: Kind = "normal",
    resamples: int = 2_000,
    seed: int = 0,
) -> Estimate:
    """Inverse propensity divided by the sum of the weights: a little bias, less spread, always
    within the range of the rewards. Arguments and refusals as `inverse_propensity`; refuses weights
    that are all zero too (the policy never does what was logged)."""
    log, chances = _checked(log, policy)
    weights = _weights(log, chances)
    if not weights.any():
        raise OutOfRange("policy", -1, 0.0, "above 0 for the logged arm in at least one row")
    return _answer(
        "self_normalised",
        weights * log.reward,
        weights,
        _Options(level, interval, resamples, seed),
        weights,
        _warnings(weights, log.reward),
    )


def direct(
    policy: ArrayLike,
    expected: ArrayLike,
    *,
    level: float = 0.95,
    interval: Kind = "normal",
    resamples: int = 2_000,
    seed: int = 0,
) -> Estimate:
    """The reward model's mean under the policy.

    `expected`: float64 (n, arms), the model's rewards. The interval holds the spread of the rows
    only: the error of the model, which is the larger part, is not in it, and the warning says so;
    `direct_refitted` fits the model anew in every resample.
    """
    chances = _policy(policy, None)
    rewards = checks.matrix("expected", expected, rows=chances.shape[0], columns=chances.shape[1])
    terms = (chances * rewards).sum(axis=1)
    return _answer(
        "direct",
        terms,
        None,
        _Options(level, interval, resamples, seed),
        np.ones(terms.shape[0]),
        (Warned.MODEL_TAKEN_AS_TRUE,),
    )


def doubly_robust(
    log: Log,
    policy: ArrayLike,
    expected: ArrayLike,
    *,
    level: float = 0.95,
    interval: Kind = "normal",
    resamples: int = 2_000,
    seed: int = 0,
) -> Estimate:
    """The direct method, corrected by the weighted residuals: right where the propensities or the
    model are. `expected` has to be cross-fitted (`expected_rewards`), each row by a model that did
    not see it, else the interval is too narrow. Other arguments as `inverse_propensity`."""
    log, chances = _checked(log, policy)
    rewards = checks.matrix("expected", expected, rows=chances.shape[0], columns=chances.shape[1])
    weights = _weights(log, chances)
    predicted = rewards[np.arange(log.arm.shape[0]), log.arm]
    terms = (chances * rewards).sum(axis=1) + weights * (log.reward - predicted)
    return _answer(
        "doubly_robust",
        terms,
        None,
        _Options(level, interval, resamples, seed),
        weights,
        _warnings(weights, log.reward),
    )


def offered_log(decisions: Decisions, reward: ArrayLike) -> tuple[Log, Integers]:
    """The rows in which an arm was offered, as a log, and which rows these are, int64.

    Given that one was offered, its propensity is what was logged over the chance of an offer.
    `reward`: float64 (n,), of every decision. Refuses decisions that offered nothing at all.
    """
    rewards = checks.floats("reward", reward, length=decisions.arm.shape[0])
    rows = np.flatnonzero(decisions.arm != NOTHING)
    if rows.size == 0:
        raise NoData("decisions with an offer")
    chance = decisions.propensity[rows] / (1.0 - decisions.probabilities[rows, -1])
    return Log(decisions.arm[rows], rewards[rows], np.minimum(chance, 1.0)), rows


class _Options:
    """How an interval is made."""

    __slots__ = ("interval", "level", "resamples", "seed")

    def __init__(self, level: float, interval: Kind, resamples: int, seed: int) -> None:
        self.level = checks.confidence(level)
        checks.number("resamples", resamples, at_least=20)
        self.interval, self.resamples, self.seed = interval, resamples, seed


def _answer(
    method: str,
    terms: Floats,
    divisors: Floats | None,
    options: _Options,
    weights: Floats,
    warnings: tuple[Warned, ...],
) -> Estimate:
    """The estimate mean(terms), or sum(terms) / sum(divisors), with its interval."""
    rows = terms.shape[0]
    value = float(terms.mean() if divisors is None else terms.sum() / divisors.sum())
    # The influence of a row on a ratio, by the delta method.
    influence = terms - value if divisors is None else (terms - value * divisors) / divisors.mean()
    error = float(np.sqrt((influence**2).sum() / (rows - 1) / rows))
    low, high = _ends(terms, divisors, value, error, options)
    return Estimate(
        method,
        Interval(value, min(low, value), max(high, value), options.level),
        error,
        rows,
        float(weights.sum() ** 2 / max(float((weights**2).sum()), 1e-300)),
        float(weights.mean()),
        float(weights.max()),
        warnings,
    )


def _ends(
    terms: Floats, divisors: Floats | None, value: float, error: float, options: _Options
) -> tuple[float, float]:
    """The ends of the interval."""
    if options.interval == "normal" or error == 0.0:
        reach = float(ndtri(0.5 + options.level / 2.0)) * error
        return value - reach, value + reach
    values, errors = _resampled(terms, divisors, options)
    tail = (1.0 - options.level) / 2.0
    if options.interval == "bootstrap":
        low, high = np.quantile(values, [tail, 1.0 - tail])
        return float(low), float(high)
    # A resample without any spread says nothing of its distance in errors.
    spread = errors > 0.0
    if not spread.any():
        reach = float(ndtri(0.5 + options.level / 2.0)) * error
        return value - reach, value + reach
    distance = (values[spread] - value) / errors[spread]
    low, high = np.quantile(distance, [tail, 1.0 - tail])
    return value - float(high) * error, value - float(low) * error


def _resampled(terms: Floats, divisors: Floats | None, options: _Options) -> tuple[Floats, Floats]:
    """The estimate and its standard error in every resample of the rows."""
    rng = checks.generator(options.seed)
    rows = terms.shape[0]
    step = max(1, _CELLS // rows)
    values, errors = [], []
    for start in range(0, options.resamples, step):
        count = min(step, options.resamples - start)
        picked = rng.integers(0, rows, size=(count, rows), dtype=np.int32)
        drawn = terms[picked]
        if divisors is None:
            value = drawn.mean(axis=1)
            values.append(value)
            errors.append(np.sqrt(np.maximum((drawn**2).mean(axis=1) - value**2, 0.0) / rows))
            continue
        weights = divisors[picked]
        # A resample without any weight has no ratio; it is left out.
        some = weights.any(axis=1)
        drawn, weights = drawn[some], weights[some]
        value = drawn.sum(axis=1) / weights.sum(axis=1)
        influence = (drawn - value[:, None] * weights) / weights.mean(axis=1)[:, None]
        values.append(value)
        errors.append(np.sqrt((influence**2).mean(axis=1) / rows))
    return np.concatenate(values), np.concatenate(errors)


def _warnings(weights: Floats, rewards: Floats) -> tuple[Warned, ...]:
    total = float(weights.sum())
    squares = float((weights**2).sum())
    effective = total**2 / squares if squares else 0.0
    spread = float(weights.std(ddof=1)) / np.sqrt(weights.shape[0])
    told = (
        (Warned.FEW_EFFECTIVE_ROWS, effective < _EFFECTIVE_ROWS_LEAST),
        (Warned.ONE_ROW_DECIDES, float(weights.max()) > _WEIGHT_SHARE_MOST * total),
        (Warned.WEIGHTS_OFF_ONE, abs(float(weights.mean()) - 1.0) > 4.0 * spread + 1e-9),
        (
            Warned.FEW_REWARDS,
            np.count_nonzero((weights > 0) & (rewards != 0)) < _REWARDED_ROWS_LEAST,
        ),
    )
    return tuple(warning for warning, applies in told if applies)


def _weights(log: Log, chances: Floats) -> Floats:
    weights: Floats = chances[np.arange(log.arm.shape[0]), log.arm] / log.propensity
    return weights


def _checked(log: Log, policy: ArrayLike) -> tuple[Log, Floats]:
    count = checks.rows("log.arm", log.arm)
    chances = _policy(policy, count)
    arm = checks.codes("log.arm", log.arm, chances.shape[1], length=count)
    reward = checks.floats("log.reward", log.reward, length=count)
    propensity = checked_propensity(log, count)
    return Log(arm, reward, propensity), chances


def checked_propensity(log: Log, count: int) -> Floats:
    """Propensities in (0, 1], above what no exploration ever leaves: a weight over it would be the
    whole estimate."""
    given = checks.floats("log.propensity", log.propensity, length=count, above=0.0, at_most=1.0)
    return checks.floats("log.propensity", given, at_least=PROPENSITY_LEAST)


def _policy(policy: ArrayLike, count: int | None) -> Floats:
    chances = checks.matrix("policy", policy, rows=count)
    if chances.shape[0] < 2:
        raise TooFew("logged rows", chances.shape[0], 2)
    wrong = np.flatnonzero((chances < 0.0).any(axis=1))
    if wrong.size:
        row = int(wrong[0])
        raise OutOfRange("policy", row, float(chances[row].min()), "at least 0")
    sums = chances.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1.0) > _ROW_SUM_TOLERANCE)
    if wrong.size:
        row = int(wrong[0])
        raise OutOfRange("policy", row, float(sums[row]), "a row that sums to 1")
    if chances.shape[1] == 0:
        raise WrongShape("policy", chances.shape, "(n, arms) with at least one arm")
    return chances
