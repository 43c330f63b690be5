"""Probabilities of members, and the reasons for them compared with the average member."""

import numpy as np
from scipy.special import expit

from regulars.science import checks
from regulars.science.churn.additive import curve_values, scaled
from regulars.science.churn.contracts import ChurnModel, Features, Reason, Scores
from regulars.science.churn.errors import OtherFeatures
from regulars.science.churn.trees import tree_contributions
from regulars.science.contracts import Floats, Integers


def score(model: ChurnModel, features: Features) -> Scores:
    """The calibrated probability of churning of each customer, and what each measure adds.

    Contributions of the additive model are exact: a measure's curve at the member less the curve
    at the average member, whose every measure is average. Of trees they are Shapley values, and
    their average member is the average prediction. OtherFeatures where the measures are not those
    of the fit.
    """
    found = tuple(measure.code for measure in features.measures)
    expected = tuple(measure.code for measure in model.measures)
    if features.measures != model.measures:
        raise OtherFeatures(expected, found)
    values = checks.matrix("features.values", features.values, columns=len(expected))
    customer = checks.codes(
        "features.customer", features.customer, checks.CODE_MOST, length=values.shape[0]
    )
    average, contributions = _contributions(model, scaled(values, model.measures))
    contributions = model.calibration_slope * contributions
    base = model.calibration_intercept + model.calibration_slope * average
    probability: Floats = expit(base + contributions.sum(axis=1))
    return Scores(customer, probability, contributions, base, model.measures)


def reasons(
    model: ChurnModel,
    features: Features,
    scores: Scores,
    rows: Integers,
    *,
    count: int = 3,
    least_points: float = 0.5,
) -> tuple[tuple[Reason, ...], ...]:
    """For each of `rows` (int64, places in the scores) the reasons that move the probability most,
    the strongest first: at most `count`, and none that moves it by less than `least_points`
    percentage points. A member like the average has none.

    A contribution against the direction of its measure is no reason. Shapley values can have one
    near the average, where they share out what measures do together; no marketer could use a
    sentence that says more silence is less risk.
    """
    chosen = checks.codes("rows", rows, scores.probability.size)
    return tuple(_of_one(model, features, scores, int(row), count, least_points) for row in chosen)


def _contributions(model: ChurnModel, inputs: Floats) -> tuple[float, Floats]:
    """The average member's log-odds before calibration, and each measure's part (n, k)."""
    if model.trees is not None:
        return tree_contributions(model.trees, inputs)
    assert model.additive is not None, "a model is additive or made of trees"
    at_average = curve_values(model.additive.curves, scaled(model.average[None, :], model.measures))
    heights = curve_values(model.additive.curves, inputs)
    return model.additive.intercept + float(at_average.sum()), heights - at_average


def _of_one(
    model: ChurnModel,
    features: Features,
    scores: Scores,
    row: int,
    count: int,
    least_points: float,
) -> tuple[Reason, ...]:
    parts = scores.contributions[row]
    probability = scores.probability[row]
    without = expit(scores.average_log_odds + parts.sum() - parts)
    points = 100.0 * (probability - without)
    side = features.values[row] - model.average
    is_upside_down = np.array([one.direction for one in scores.measures]) * side * parts < 0.0
    strongest = [
        int(place)
        for place in np.argsort(-np.abs(parts), kind="stable")
        if abs(points[place]) >= least_points and not is_upside_down[place]
    ]
    return tuple(
        Reason(
            code=scores.measures[place].code,
            unit=scores.measures[place].unit,
            value=float(features.values[row, place]),
            average=float(model.average[place]),
            log_odds=float(parts[place]),
            points=float(points[place]),
        )
        for place in strongest[:count]
    )
