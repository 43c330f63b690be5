"""What goes with satisfaction: standardised coefficients and relative importance, with intervals.

Importance is LMG, the increase of R squared that a driver brings, averaged over all orders in which
drivers can be entered (Lindeman, Merenda & Gold 1980, section 4.9; Groemping 2006, Journal of
Statistical Software 17(1), equation 7); it is the Shapley value of the game in which R squared is
won. It shares what correlated drivers explain together, and needs the R squared of every subset of
drivers, 2^k of them, so that k is capped. Intervals are percentiles of a bootstrap over answers,
widened for small samples (Hesterberg 2015, The American Statistician 69(4), the expanded percentile
interval). A part of R squared cannot be negative, so that noise only adds to it and a driver
without any would never reach 0: the low end of those intervals is the lower one of the percentile
and of the estimate reflected, cut at 0.
None of it says what would happen if a driver were changed: that takes an experiment.
"""

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from regulars.science import checks
from regulars.science.contracts import Floats, Interval
from regulars.science.errors import NoVariation, TooFew, TooLarge
from regulars.science.satisfaction.contracts import THIN, Driver, Drivers
from regulars.science.satisfaction.scores import checked_weights, effective_number

DRIVERS_MAX = 12
# Added to the diagonal of the correlations: of two drivers that are the same each gets half, and
# others change in the ninth digit.
_JITTER = 1e-9
_BLOCK = 100


def drivers(
    satisfaction: ArrayLike,
    features: ArrayLike,
    *,
    seed: int,
    weights: ArrayLike | None = None,
    draws: int = 1000,
    level: float = 0.95,
) -> Drivers:
    """How much each of k features goes with the satisfaction of n people.

    `satisfaction` (n,), any unit; `features` (n, k), such as ratings of delivery, price, service.
    `weights` (n,) as of `response_weights`. `draws`: bootstrap samples of answers, made from
    `seed`. The parts of importance sum to R squared. Two equal features share; more features than
    answers are refused.

    Raises TooFew for fewer than k + 3 answers of weight above 0, TooLarge for more than 12
    features, NoVariation for satisfaction or a feature that is the same for everybody, NotFinite
    and WrongShape for what does not fit.
    """
    outcome = checks.floats("satisfaction", satisfaction, magnitude_most=checks.MAGNITUDE_ANY)
    known = checks.matrix(
        "features", features, rows=outcome.size, magnitude_most=checks.MAGNITUDE_ANY
    )
    count = known.shape[1]
    weight = checked_weights(weights, outcome.size)
    checks.number("draws", draws, at_least=100)
    checks.confidence(level)
    if count > DRIVERS_MAX:
        raise TooLarge("features", count, DRIVERS_MAX)
    counted = weight > 0.0
    if int(counted.sum()) < count + 3:
        raise TooFew("answers", int(counted.sum()), count + 3)
    data = _standardised(np.column_stack((known, outcome))[counted], weight[counted])
    frequency = _bootstrap(weight[counted], draws, seed)
    found = _analysed(_correlations(data, weight[counted][None, :]))
    drawn = _analysed(_correlations(data, frequency))
    effective = effective_number(weight)
    tail = _tail(level, int(counted.sum()), count)
    means = np.average(known, axis=0, weights=weight)
    return Drivers(
        drivers=tuple(
            Driver(
                effect=_interval(found[0][0, one], drawn[0][:, one], tail, level),
                importance=_part_interval(found[1][0, one], drawn[1][:, one], tail, level),
                mean=float(means[one]),
            )
            for one in range(count)
        ),
        explained=_part_interval(found[2][0], drawn[2], tail, level),
        answers=int(counted.sum()),
        effective_answers=effective,
        is_thin=effective < THIN,
    )


def _standardised(data: Floats, weight: Floats) -> Floats:
    """Columns of weighted mean 0 and deviation 1; the last is the satisfaction."""
    for column in range(data.shape[1]):
        if np.ptp(data[:, column]) == 0.0:
            last = column == data.shape[1] - 1
            name = "satisfaction" if last else f"features[:, {column}]"
            raise NoVariation(name, float(data[0, column]))
    scaled = data / np.abs(data).max(axis=0)
    centred = scaled - np.average(scaled, axis=0, weights=weight)
    deviation = np.sqrt(np.average(centred**2, axis=0, weights=weight))
    # One answer has all the weight: nobody else counts.
    if not deviation.all():
        raise NoVariation("weights beside the largest", 0.0)
    answer: Floats = centred / deviation
    return answer


def _bootstrap(weight: Floats, draws: int, seed: int) -> Floats:
    """How often each answer is drawn times its weight, float64 (draws, n)."""
    random = checks.generator(seed)
    often = random.multinomial(weight.size, np.full(weight.size, 1.0 / weight.size), size=draws)
    answer: Floats = often * weight
    return answer


def _correlations(data: Floats, weight: Floats) -> Floats:
    """The weighted correlations of the columns under each row of weights, (b, k + 1, k + 1).

    A column that a sample has only one value of correlates with nothing there.
    """
    columns = data.shape[1]
    products = (data[:, :, None] * data[:, None, :]).reshape(len(data), -1)
    total = weight.sum(axis=1)
    mean = weight @ data / total[:, None]
    second = (weight @ products / total[:, None]).reshape(-1, columns, columns)
    covariance = second - mean[:, :, None] * mean[:, None, :]
    spread = np.sqrt(np.clip(np.diagonal(covariance, axis1=1, axis2=2), 0.0, None))
    scale = np.where(spread > 1e-9, spread, np.inf)
    answer: Floats = covariance / (scale[:, :, None] * scale[:, None, :])
    answer[:, np.arange(columns), np.arange(columns)] = 1.0
    return answer


def _analysed(correlations: Floats) -> tuple[Floats, Floats, Floats]:
    """Standardised coefficients (b, k), LMG parts (b, k) and R squared (b,)."""
    count = correlations.shape[1] - 1
    blocks = [
        _explained(correlations[start : start + _BLOCK], count)
        for start in range(0, len(correlations), _BLOCK)
    ]
    explained = np.concatenate([one[0] for one in blocks])
    effects = np.concatenate([one[1] for one in blocks])
    importance = np.zeros_like(effects)
    subsets = np.arange(1 << count)
    size = np.array([int(one).bit_count() for one in subsets])
    for driver in range(count):
        without = subsets[(subsets >> driver) & 1 == 0]
        # Of all orders, the share in which exactly this subset precedes the driver.
        share = 1.0 / (count * np.array([comb(count - 1, int(one)) for one in size[without]]))
        gain = explained[:, without | (1 << driver)] - explained[:, without]
        importance[:, driver] = gain @ share
    return effects, importance, explained[:, -1]


def _explained(correlations: Floats, count: int) -> tuple[Floats, Floats]:
    """R squared of every subset of drivers, (b, 2^k), the subset's bits being its index; and the
    coefficients of the full set, (b, k)."""
    explained = np.zeros((len(correlations), 1 << count))
    effects = np.zeros((len(correlations), count))
    for size in range(1, count + 1):
        members: NDArray[np.int64] = np.array(list(combinations(range(count), size)))
        among: Floats = correlations[:, members[:, :, None], members[:, None, :]]
        among += _JITTER * np.eye(size)
        target = correlations[:, members, count]
        solved = np.linalg.solve(among, target[..., None])[..., 0]
        explained[:, (1 << members).sum(axis=1)] = (solved * target).sum(axis=2)
        if size == count:
            effects[:] = solved[:, 0, :]
    return explained, effects


def _tail(level: float, answers: int, count: int) -> float:
    """The share of draws left out on each side: of a t with the residual degrees of freedom, on the
    scale of draws that vary by the divisor n."""
    freedom = answers - count - 1
    t = float(special.stdtrit(freedom, 0.5 + level / 2.0))
    return float(special.ndtr(-t * np.sqrt(answers / freedom)))


def _interval(value: float, drawn: Floats, tail: float, level: float) -> Interval:
    """The estimate between the percentiles of the draws; it lies within in any case."""
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    return Interval(
        float(value), min(float(low), float(value)), max(float(high), float(value)), level
    )


def _part_interval(value: float, drawn: Floats, tail: float, level: float) -> Interval:
    """The same for a part of R squared, see the module."""
    plain = _interval(value, drawn, tail, level)
    low = max(0.0, min(plain.low, 2.0 * plain.value - plain.high))
    return Interval(plain.value, low, plain.high, level)
