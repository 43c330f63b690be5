"""An additive logistic model: each measure has a monotone, piecewise linear curve.

log-odds = intercept + sum over measures of f_j(t_j), where f_j has a slope per segment between
quantiles of t_j, all of one sign where the measure has a direction. Such curves are the linear
case of the monotone splines of Ramsay (1988, Statistical Science 3(4), section 3); the fit is
penalised maximum likelihood with bounds. What a marketer reads is then never upside down: more days
since the last order can not be a reason to expect the next one.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from regulars.science.churn.contracts import Additive, Curve, Measure, Scale
from regulars.science.contracts import Floats, Integers


def scaled(values: Floats, measures: tuple[Measure, ...]) -> Floats:
    """The measures on the scales that models take them on: float64 (n, k). A negative value of a
    measure on the log scale counts as 0."""
    columns = [
        np.log1p(np.maximum(values[:, place], 0.0))
        if measure.scale is Scale.LOG
        else values[:, place]
        for place, measure in enumerate(measures)
    ]
    return np.column_stack(columns)


def fit_additive(
    inputs: Floats, outcomes: Floats, directions: tuple[int, ...], *, segments: int, ridge: float
) -> Additive:
    """The curves that explain the outcomes best.

    `inputs`: float64 (n, k), scaled. `outcomes`: float64 (n,) within 0 and 1. The penalty is
    ridge / 2 times the squared slopes, each per standard deviation of its measure, so that
    separable outcomes have a finite answer too. Columns without variation get an empty curve.
    """
    knots = [_knots(inputs[:, place], segments) for place in range(inputs.shape[1])]
    spread = [float(np.std(inputs[:, place])) for place in range(inputs.shape[1])]
    pieces = [
        _pieces(inputs[:, place], knots[place]) / (spread[place] or 1.0)
        for place in range(inputs.shape[1])
    ]
    design = np.column_stack(pieces)
    signs = np.repeat(directions, [piece.shape[1] for piece in pieces])
    centre = design.mean(axis=0)
    intercept, slopes = fit_logistic(design - centre, outcomes, signs, ridge=ridge)
    curves = []
    start = 0
    for piece, knot, deviation in zip(pieces, knots, spread, strict=True):
        width = piece.shape[1]
        curves.append(Curve(knot, slopes[start : start + width] / (deviation or 1.0)))
        start += width
    return Additive(intercept - float(centre @ slopes), tuple(curves))


def curve_values(curves: tuple[Curve, ...], inputs: Floats) -> Floats:
    """f_j(t_j) for each row and measure: float64 (n, k)."""
    columns = []
    for place, curve in enumerate(curves):
        if curve.slopes.size == 0:
            columns.append(np.zeros(inputs.shape[0]))
            continue
        heights = np.concatenate([[0.0], np.cumsum(curve.slopes * np.diff(curve.knots))])
        columns.append(np.interp(inputs[:, place], curve.knots, heights))
    return np.column_stack(columns)


def fit_logistic(
    design: Floats, outcomes: Floats, signs: Floats | Integers, *, ridge: float
) -> tuple[float, Floats]:
    """Intercept and slopes of a logistic regression with a squared penalty on the slopes.

    Slope j is at least 0 where `signs[j]` is above 0, at most 0 where it is below. Solved by
    L-BFGS-B (Byrd, Lu, Nocedal & Zhu 1995, SIAM J. Sci. Comput. 16(5)) with the analytic gradient.
    """

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slopes = parameters[1:]
        log_odds = design @ slopes + parameters[0]
        error = expit(log_odds) - outcomes
        value = np.logaddexp(0.0, log_odds).sum() - outcomes @ log_odds
        gradient = np.concatenate([[error.sum()], design.T @ error + ridge * slopes])
        return float(value + 0.5 * ridge * slopes @ slopes) / size, gradient / size

    size = outcomes.size
    share = float(np.clip(outcomes.mean(), 0.5 / size, 1 - 0.5 / size))
    start = np.zeros(design.shape[1] + 1)
    start[0] = np.log(share / (1.0 - share))
    bounds: list[tuple[float | None, float | None]] = [(None, None)]
    bounds += [(0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in signs]
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 2_000, "ftol": 1e-10, "gtol": 1e-7},
    )
    slopes: Floats = found.x[1:]
    return float(found.x[0]), slopes


def _knots(column: Floats, segments: int) -> Floats:
    """Quantiles of the column, or its values where they are few, each once."""
    distinct = np.unique(column)
    if distinct.size <= segments + 1:
        return distinct
    return np.unique(np.quantile(column, np.linspace(0.0, 1.0, segments + 1)))


def _pieces(column: Floats, knots: Floats) -> Floats:
    """How far each value has come within each segment: float64 (n, m - 1)."""
    return np.clip(column[:, None], knots[:-1], knots[1:]) - knots[:-1]
