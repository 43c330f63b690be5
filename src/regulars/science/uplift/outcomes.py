"""The plain models that learners are made of: an expected outcome, or an effect, given features.

Linear models are penalised and standardised, so that separable, constant, correlated or too many
features still give finite answers. Boosted trees are small and need many rows per leaf: the
signal in uplift is a fraction of the noise.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from regulars.science.contracts import Floats
from regulars.science.uplift.contracts import Base

Predict = Callable[[Floats], Floats]

_PENALTIES = np.logspace(-1.0, 6.0, 15)
_LEAVES = 4
_TREES = 80
_LEARNING_RATE = 0.05


def fit_outcome(features: Floats, outcome: Floats, base: Base, seed: int) -> Predict:
    """E[outcome | features]: a probability where all outcomes are 0 or 1."""
    if np.ptp(outcome) == 0.0:
        return _constant(float(outcome[0]))
    if not np.isin(outcome, (0.0, 1.0)).all():
        return fit_effect(features, outcome, base, seed)
    if base == "boosted":
        model: Any = LGBMClassifier(**_boosting(outcome.size, seed))
    else:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(features, outcome == 1.0)
    return lambda given: np.asarray(model.predict_proba(given)[:, 1], dtype=np.float64)


def fit_effect(features: Floats, target: Floats, base: Base, seed: int) -> Predict:
    """E[target | features] by least squares; the ridge's penalty by leave-one-out error (Golub,
    Heath and Wahba 1979, Technometrics 21, for the generalised form)."""
    if np.ptp(target) == 0.0:
        return _constant(float(target[0]))
    if base == "boosted":
        model: Any = LGBMRegressor(**_boosting(target.size, seed))
    else:
        model = make_pipeline(StandardScaler(), RidgeCV(alphas=_PENALTIES))
    model.fit(features, target)
    return lambda given: np.asarray(model.predict(given), dtype=np.float64)


def _constant(value: float) -> Predict:
    return lambda given: np.full(given.shape[0], value)


def _boosting(rows: int, seed: int) -> dict[str, Any]:
    return {
        "n_estimators": _TREES,
        "learning_rate": _LEARNING_RATE,
        "num_leaves": _LEAVES,
        "min_child_samples": max(20, rows // 50),
        "random_state": seed % 2**31,
        "deterministic": True,
        "force_row_wise": True,
        "n_jobs": 1,
        "verbose": -1,
    }
