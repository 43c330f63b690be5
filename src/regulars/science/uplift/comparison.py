"""Which learner ranks best here: each is scored on customers that it had not seen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats
from regulars.science.uplift.contracts import Base, Learner, LearnerScore
from regulars.science.uplift.curves import ranked
from regulars.science.uplift.evaluation import qini_interval
from regulars.science.uplift.learners import (
    FEWEST_PER_ARM,
    fit_uplift,
    folds_within_arms,
    predict_uplift,
)

CANDIDATES: tuple[tuple[Learner, Base], ...] = (
    ("t", "linear"),
    ("x", "linear"),
    ("dr", "linear"),
    ("t", "boosted"),
    ("x", "boosted"),
    ("dr", "boosted"),
)


def compare_learners(
    features: ArrayLike,
    treated: ArrayLike,
    outcome: ArrayLike,
    *,
    seed: int,
    candidates: Sequence[tuple[Learner, Base]] = CANDIDATES,
    folds: int = 3,
    resamples: int = 200,
    level: float = 0.95,
) -> tuple[LearnerScore, ...]:
    """The Qini of each candidate and of the likely buyers, best first.

    Arguments as in `fit_uplift`; each of `folds` parts is scored by a model of the others, ranked
    within its part, and the ranks are evaluated together. Choosing the best of several looks better
    than it is by about the width of the intervals: confirm the choice on new customers.

    Raises as `fit_uplift`, with `folds` times the customers per arm.
    """
    arms = checks.flags("treated", treated)
    known = checks.matrix("features", features, rows=arms.size)
    values = checks.floats("outcome", outcome, length=arms.size)
    checks.number("folds", folds, at_least=2, at_most=FEWEST_PER_ARM)
    checks.number("resamples", resamples, at_least=50)
    checks.confidence(level)
    fold = folds_within_arms(arms, folds, seed)
    found: list[tuple[Learner | None, Base, Floats]] = []
    likely = np.zeros(arms.size)
    for learner, base in candidates:
        score = np.zeros(arms.size)
        for number in range(folds):
            held: Booleans = fold == number
            model = fit_uplift(
                known[~held], arms[~held], values[~held], seed=seed, learner=learner, base=base
            )
            scores = predict_uplift(model, known[held])
            score[held] = _ranks(scores.uplift)
            likely[held] = _ranks(scores.baseline)
        found.append((learner, base, score))
    found.append((None, candidates[-1][1], likely))
    answered = [
        LearnerScore(
            learner,
            base,
            qini_interval(ranked(score, arms, values), resamples=resamples, level=level, seed=seed),
        )
        for learner, base, score in found
    ]
    return tuple(sorted(answered, key=lambda one: -one.qini.value))


def _ranks(score: Floats) -> Floats:
    """From 0 to 1, the same for the same score, so that folds of one size can be put together."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2.0
    answered: Floats = middle[place] / score.size
    return answered
