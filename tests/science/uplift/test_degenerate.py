"""Whatever an experiment looks like, uplift answers finite numbers or says what to do."""

import numpy as np

from regulars.science.uplift import facade as uplift
from tests.science.degenerate import Case, SeededPromises

RANDOM = np.random.default_rng(1)
ROWS = 140
FEATURES = RANDOM.normal(size=(ROWS, 2))
ARMS = np.arange(ROWS) % 2 == 0
OUTCOME = FEATURES[:, 0] * ARMS + RANDOM.normal(size=ROWS)
BOUGHT = (OUTCOME > 0.3).astype(np.float64)
TABLE = ("features", "treated", "outcome")
RANKED = ("score", "treated", "outcome")
GIVEN = {"treated": ARMS, "outcome": OUTCOME}
MODEL = uplift.fit_uplift(FEATURES, ARMS, OUTCOME, seed=1)

CASES = [
    *(Case(uplift.fit_uplift, {"features": FEATURES, "treated": ARMS, "outcome": outcome,
           "seed": 1, "learner": learner, "propensity": np.full(ROWS, 0.5), "folds": 2},
           (*TABLE, "propensity"), name=f"{learner} {kind}")
      for learner in ("t", "x", "dr")
      for kind, outcome in (("spend", OUTCOME), ("bought", BOUGHT))),
    Case(uplift.predict_uplift, {"model": MODEL, "features": FEATURES}, ("features",),
         frozenset({"model"})),
    Case(uplift.compare_learners, {"features": FEATURES, **GIVEN, "seed": 1, "folds": 2,
         "candidates": (("t", "linear"),), "resamples": 50, "level": 0.95}, TABLE),
    Case(uplift.compare_targeting, {"uplift": FEATURES[:, 0], "likelihood": FEATURES[:, 1],
         **GIVEN, "share": 0.3, "seed": 1, "resamples": 50, "level": 0.95},
         ("uplift", "likelihood", "treated", "outcome")),
    Case(uplift.evaluate_uplift, {"score": FEATURES[:, 0], **GIVEN, "seed": 1, "resamples": 50,
         "level": 0.95}, RANKED),
    Case(uplift.policy_values, {"score": FEATURES[:, 0], **GIVEN, "value": 2.0, "cost": 0.1,
         "level": 0.95}, RANKED),
    Case(uplift.qini_curve, {"score": FEATURES[:, 0], **GIVEN}, RANKED),
    Case(uplift.response_kinds, {"uplift": FEATURES[:, 0], "baseline": FEATURES[:, 1],
         "worthwhile": 0.1}, ("uplift", "baseline")),
]  # fmt: skip


class TestUplift(SeededPromises):
    cases = CASES
    # Folds and resamples go by the row.
    goes_by_row = frozenset(
        {
            "compare_learners",
            "compare_targeting",
        }
    )
    # Models are functions, which do not compare.
    seed_unseen = frozenset({"t spend", "t bought", "x spend", "x bought", "dr spend", "dr bought"})
