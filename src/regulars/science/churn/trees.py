"""Gradient-boosted trees with the directions of the measures held (Ke et al. 2017, NeurIPS,
"LightGBM"): for data that are rich enough to show how measures work together.

Contributions are the exact Shapley values of the trees (Lundberg, Erion & Lee 2018,
arXiv:1802.03888), which LightGBM computes; they add up to the log-odds.
"""

import lightgbm
import numpy as np

from regulars.science.churn.contracts import Settings
from regulars.science.contracts import Floats


def fit_trees(
    inputs: Floats,
    outcomes: Floats,
    directions: tuple[int, ...],
    *,
    settings: Settings,
    seed: int,
) -> str:
    """The trees in LightGBM's text format. One thread and a fixed seed: the same data and settings
    give the same trees."""
    parameters = {
        "objective": "binary",
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": settings.leaf_rows,
        "monotone_constraints": list(directions),
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed % 2**31,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(inputs, label=outcomes)
    booster = lightgbm.train(parameters, data, num_boost_round=settings.trees)
    return str(booster.model_to_string())


def tree_log_odds(trees: str, inputs: Floats) -> Floats:
    """The trees' log-odds before calibration: float64 (n,)."""
    booster = lightgbm.Booster(model_str=trees)
    return np.asarray(booster.predict(inputs, raw_score=True, num_threads=1), dtype=np.float64)


def tree_contributions(trees: str, inputs: Floats) -> tuple[float, Floats]:
    """The log-odds that an average prediction starts from, and what each measure adds to it:
    float64 (n, k)."""
    booster = lightgbm.Booster(model_str=trees)
    found = np.asarray(booster.predict(inputs, pred_contrib=True, num_threads=1), dtype=np.float64)
    return float(found[0, -1]), found[:, :-1]
