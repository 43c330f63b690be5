"""Whatever a survey holds, it is answered with finite numbers or told what to do."""

import numpy as np

from regulars.science.satisfaction import facade as satisfaction
from tests.science.degenerate import Case, SeededPromises

RANDOM = np.random.default_rng(1)
ANSWERS = np.clip(RANDOM.integers(0, 11, 40), 1, 5).astype(np.float64)
FEATURES = RANDOM.normal(size=(40, 3))
WEIGHTS = RANDOM.uniform(0.5, 2.0, 40)
FIRST = satisfaction.net_promoter_score(ANSWERS)

CASES = [
    *(Case(score, {"answers": ANSWERS, "weights": WEIGHTS, "level": 0.95}, ("answers", "weights"))
      for score in (satisfaction.net_promoter_score, satisfaction.satisfaction_score,
                    satisfaction.effort_score)),
    Case(satisfaction.satisfaction_score, {"answers": ANSWERS, "lowest": 1, "highest": 5,
         "satisfied_from": 4}, name="the scale"),
    Case(satisfaction.effort_score, {"answers": ANSWERS, "lowest": 1, "highest": 7},
         name="the scale of effort"),
    Case(satisfaction.change, {"first": FIRST, "second": FIRST},
         whole=frozenset({"first", "second"})),
    Case(satisfaction.drivers, {"satisfaction": ANSWERS + RANDOM.normal(size=40),
         "features": FEATURES, "seed": 1, "weights": WEIGHTS, "draws": 100, "level": 0.95},
         ("satisfaction", "features", "weights")),
    Case(satisfaction.response_weights, {"features": FEATURES, "answered": FEATURES[:, 0] > 0.1,
         "penalty": 1.0, "weight_max": 5.0}, ("features", "answered")),
    Case(satisfaction.poststratification_weights, {"stratum": np.arange(40) % 3,
         "population": np.array([10.0, 20.0, 30.0])}, ("stratum",)),
]  # fmt: skip


class TestSatisfaction(SeededPromises):
    cases = CASES
    # Resamples go by the row; weights are answered for those who answered.
    goes_by_row = frozenset(
        {
            "drivers",
            "response_weights",
        }
    )
