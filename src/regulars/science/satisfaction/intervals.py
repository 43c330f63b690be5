"""Intervals for means on a fixed scale, that stay true for a handful of answers.

One idea serves all: the score interval. It holds every mean m that the test of "the mean is m"
does not reject, the test's variance being that of the likeliest distribution on the scale with the
mean m. For two points of a scale this is Wilson 1927 (JASA 22, 209-212), for -1, 0 and 1 it is
Tango 1998 (Statistics in Medicine 17, 891-908, equation 8), which Rocks 2016 ("Interval estimation
for the Net Promoter Score", The American Statistician 70(4)) calls the iterative score test and
finds the best for NPS next to an adjusted Wald interval. It has a width even where all answers are
the same, and never leaves the scale.
"""

import math

import numpy as np
from scipy import special

from regulars.science.contracts import Floats, Interval

# Halvings of a scale of at most some hundred points: to 1e-10 of it.
_HALVINGS = 45
# So many candidates are worked on at a time.
_ROWS = 4096


def wilson(yes: float, of: float, level: float) -> Interval:
    """The interval of a share: `yes` of `of`, both may be fractions of answers.

    Wilson 1927; centre (p + z^2 / 2n) / (1 + z^2 / n), recommended for small n by Brown, Cai &
    DasGupta 2001 (Statistical Science 16(2), section 3.1.1).
    """
    z = normal_quantile(level)
    share = yes / of
    centre = (share + z * z / (2.0 * of)) / (1.0 + z * z / of)
    spread = share * (1.0 - share) / of + (z / (2.0 * of)) ** 2
    half = z * math.sqrt(spread) / (1.0 + z * z / of)
    # Rounding would leave a share of 0 or 1 just outside of its own interval.
    low = 0.0 if yes == 0.0 else centre - half
    high = 1.0 if yes == of else centre + half
    return Interval(share, low, high, level)


def mean_score_intervals(
    scale: Floats, counts: Floats, level: float
) -> tuple[Floats, Floats, Floats]:
    """Mean, low and high of d sets of answers, each float64 (d,).

    `scale` float64 (m,): the points, ascending, all that can be answered. `counts` float64 (d, m):
    how many answers each point has, fractions allowed, more than 0 in sum.
    """
    total = counts.sum(axis=1)
    shares = counts / total[:, None]
    mean = shares @ scale
    bound = normal_quantile(level) ** 2 / total
    low = _limit(scale, shares, mean, float(scale[0]), bound)
    high = _limit(scale, shares, mean, float(scale[-1]), bound)
    return mean, low, high


def _limit(scale: Floats, shares: Floats, mean: Floats, edge: float, bound: Floats) -> Floats:
    """The mean farthest towards the edge that the test does not reject, (d,).

    What is searched is cut into many parts at once where there are few sets of answers, into two
    where there are many: the work is the same, the number of steps is not.
    """
    parts = int(np.clip(_ROWS // mean.size, 2, 64))
    ahead = np.arange(1, parts + 1) / parts
    inside, outside = mean.copy(), np.full_like(mean, edge)
    repeated = np.repeat(shares, parts, axis=0)
    for _ in range(math.ceil(_HALVINGS / math.log2(parts))):
        tried = inside[:, None] + (outside - inside)[:, None] * ahead
        variance = _variance(scale, repeated, tried.ravel()).reshape(tried.shape)
        rejected = (mean[:, None] - tried) ** 2 > bound[:, None] * variance
        # The end of the scale stands for the first rejected one where none is.
        first = np.where(rejected.any(axis=1), np.argmax(rejected, axis=1), parts - 1)[:, None]
        before = np.take_along_axis(tried, np.maximum(first - 1, 0), axis=1)[:, 0]
        inside = np.where(first[:, 0] > 0, before, inside)
        outside = np.take_along_axis(tried, first, axis=1)[:, 0]
    return outside


def difference(first: Interval, second: Interval) -> Interval:
    """Second minus first, of two independent estimates with intervals of one level.

    d - sqrt((s - s_low)^2 + (f_high - f)^2) and d + sqrt((s_high - s)^2 + (f - f_low)^2): variance
    recovered from the limits (Zou & Donner 2008, Statistics in Medicine 27, equation 4; for shares
    Newcombe 1998, Statistics in Medicine 17, method 10).
    """
    value = second.value - first.value
    below = math.hypot(second.value - second.low, first.high - first.value)
    above = math.hypot(second.high - second.value, first.value - first.low)
    return Interval(value, value - below, value + above, first.level)


def normal_quantile(level: float) -> float:
    """z of a two-sided interval: 1.96 for 0.95."""
    return float(special.ndtri(0.5 + level / 2.0))


def _variance(scale: Floats, shares: Floats, mean: Floats) -> Floats:
    """The variance of the likeliest distribution on the scale whose mean is `mean`, (d,).

    With shares w its probabilities are p_i = w_i / (1 + t (s_i - mean)), t being the root of
    sum p_i (s_i - mean) = 0, which falls in t (Owen 2001, Empirical Likelihood, section 2.9). Where
    no t between the two that give the ends of the scale infinite weight is a root, the likeliest
    distribution puts the rest of its mass on that end, though nobody answered it.
    """
    at_end = (mean <= scale[0]) | (mean >= scale[-1])
    inner = np.where(at_end, (scale[0] + scale[-1]) / 2.0, mean)
    away = scale[None, :] - inner[:, None]
    low, high = -1.0 / away[:, -1], -1.0 / away[:, 0]
    lowest, highest = low, high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        slope = (_probabilities(shares, away, middle) * away).sum(axis=1)
        low, high = np.where(slope > 0.0, middle, low), np.where(slope > 0.0, high, middle)
    root = (low + high) / 2.0
    probabilities = _probabilities(shares, away, root)
    rest = np.clip(1.0 - probabilities.sum(axis=1), 0.0, 1.0)
    ends = np.where(highest - root < root - lowest, away[:, 0] ** 2, away[:, -1] ** 2)
    variance = (probabilities * away**2).sum(axis=1) + rest * ends
    answer: Floats = np.where(at_end, 0.0, variance)
    return answer


def _probabilities(shares: Floats, away: Floats, tilt: Floats) -> Floats:
    """w_i / (1 + t (s_i - mean)), (d, m); 0 where nobody answered."""
    below = np.where(shares > 0.0, 1.0 + tilt[:, None] * away, 1.0)
    answer: Floats = shares / np.maximum(below, np.finfo(np.float64).tiny)
    return answer
