"""Uplift: whom a treatment changes, how well that is known, and what acting on it is worth.

Pure: arrays of an experiment in, frozen results out, seeds passed in.
"""

from regulars.science.uplift.comparison import CANDIDATES, compare_learners
from regulars.science.uplift.curves import qini_curve
from regulars.science.uplift.evaluation import (
    compare_targeting,
    evaluate_uplift,
    response_kinds,
)
from regulars.science.uplift.learners import UpliftModel, fit_uplift, predict_uplift
from regulars.science.uplift.policy import policy_values

__all__ = [
    "CANDIDATES",
    "UpliftModel",
    "compare_learners",
    "compare_targeting",
    "evaluate_uplift",
    "fit_uplift",
    "policy_values",
    "predict_uplift",
    "qini_curve",
    "response_kinds",
]
