"""The three scores of customer surveys: NPS, CSAT and CES, with intervals for small samples.

Weighted answers count by their effective number, n = (sum w)^2 / sum w^2 (Kish 1965, Survey
Sampling, section 11.7), as Korn & Graubard 1998 (Survey Methodology 24(2)) do for shares.
"""

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.contracts import Floats, Integers, Interval
from regulars.science.errors import OutOfRange
from regulars.science.satisfaction.contracts import THIN, Score
from regulars.science.satisfaction.intervals import difference, mean_score_intervals, wilson

_DETRACTOR_MAX, _PROMOTER_MIN = 6, 9


def net_promoter_score(
    answers: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Score:
    """Share of promoters (9, 10) less share of detractors (0 to 6), in points from -100 to 100
    (Reichheld 2003, Harvard Business Review 81(12)).

    `answers`: whole numbers 0 to 10, (n,). `weights`: (n,), 0 or more, or None for equal ones. The
    interval is the score interval of the mean of -100, 0 and 100. Raises NoData for no answer,
    NotFinite and OutOfRange for answers that are none. One answer, or all the same, has a defined,
    wide interval.
    """
    given = _answers(answers, 0, 10)
    kind = np.where(given >= _PROMOTER_MIN, 2, np.where(given <= _DETRACTOR_MAX, 0, 1))
    return _mean_score(kind, np.array([-100.0, 0.0, 100.0]), weights, level)


def satisfaction_score(
    answers: ArrayLike,
    *,
    lowest: int = 1,
    highest: int = 5,
    satisfied_from: int = 4,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Score:
    """CSAT: the share who answered `satisfied_from` or more, from 0 to 1, with Wilson's interval.

    `answers`: whole numbers `lowest` to `highest`, (n,). Else as `net_promoter_score`.
    """
    checks.number("highest", highest, above=lowest)
    checks.number("satisfied_from", satisfied_from, above=lowest, at_most=highest)
    given = _answers(answers, lowest, highest)
    shares, effective = _shares((given >= satisfied_from).astype(np.int64), 2, weights)
    _checked_level(level)
    interval = wilson(float(shares[1]) * effective, effective, level)
    return Score(interval, shares, given.size, effective, effective < THIN)


def effort_score(
    answers: ArrayLike,
    *,
    lowest: int = 1,
    highest: int = 7,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Score:
    """CES: the mean answer, in points of the scale (Dixon, Freeman & Toman 2010, Harvard Business
    Review 88(7)), with the score interval of a mean on a fixed scale.

    `answers`: whole numbers `lowest` to `highest`, (n,), at most 101 points apart. Else as
    `net_promoter_score`.
    """
    checks.number("highest", highest, above=lowest, at_most=lowest + 100)
    given = _answers(answers, lowest, highest)
    scale = np.arange(lowest, highest + 1, dtype=np.float64)
    return _mean_score(given - lowest, scale, weights, level)


def change(first: Score, second: Score) -> Interval:
    """How much the score went up from the first to the second, of two surveys of different people;
    in the unit of the score. Refuses intervals of two levels (OutOfRange)."""
    wanted = first.estimate.level
    if second.estimate.level != wanted:
        raise OutOfRange("second.estimate.level", -1, second.estimate.level, f"{wanted} as first")
    return difference(first.estimate, second.estimate)


def effective_number(weights: Floats) -> float:
    """How many equally weighted answers would say as much (Kish 1965): (sum w)^2 / sum w^2."""
    # Scaled first, so that squares neither overflow nor vanish.
    scaled = weights / weights.max()
    return float(scaled.sum() ** 2 / (scaled**2).sum())


def checked_weights(weights: ArrayLike | None, count: int) -> Floats:
    """Weights of 0 or more, not all 0; ones for None."""
    if weights is None:
        return np.ones(count)
    checked = checks.floats(
        "weights", weights, length=count, at_least=0.0, magnitude_most=checks.MAGNITUDE_ANY
    )
    if not checked.any():
        raise OutOfRange("weights", 0, 0.0, "above 0 for at least one answer")
    return checked


def _mean_score(place: Integers, scale: Floats, weights: ArrayLike | None, level: float) -> Score:
    shares, effective = _shares(place, scale.size, weights)
    _checked_level(level)
    mean, low, high = mean_score_intervals(scale, effective * shares[None, :], level)
    interval = Interval(
        float(mean[0]),
        min(float(low[0]), float(mean[0])),
        max(float(high[0]), float(mean[0])),
        level,
    )
    return Score(interval, shares, place.size, effective, effective < THIN)


def _shares(place: Integers, places: int, weights: ArrayLike | None) -> tuple[Floats, float]:
    """The weighted share of every place, and the effective number of answers."""
    checked = checked_weights(weights, place.size)
    sums = np.bincount(place, weights=checked / checked.max(), minlength=places)
    return sums / sums.sum(), effective_number(checked)


def _answers(answers: ArrayLike, lowest: int, highest: int) -> Integers:
    given = checks.floats("answers", answers, at_least=lowest, at_most=highest)
    wrong = np.flatnonzero(given != np.floor(given))
    if wrong.size:
        row = int(wrong[0])
        raise OutOfRange("answers", row, float(given[row]), "a whole number")
    return given.astype(np.int64)


def _checked_level(level: float) -> None:
    checks.confidence(level)
