"""Whatever an experiment is given, it answers finite numbers or says what to do."""

import numpy as np
import pytest

from regulars.science.errors import OutOfRange
from regulars.science.experiment import facade as experiment
from regulars.science.experiment.contracts import Design
from tests.science.degenerate import Case, SeededPromises

RANDOM = np.random.default_rng(1)
ARMS = np.arange(60) % 2 == 0
OUTCOME = RANDOM.gamma(2.0, 1.0, 60) + ARMS
BEFORE = np.column_stack([OUTCOME + RANDOM.normal(size=60), RANDOM.normal(size=60)])
INFINITE = frozenset({"standard_error", "low", "high", "fixed_low", "fixed_high"})
BOTH = ("outcome", "treated")

CASES = [
    Case(experiment.adjusted_difference, {"outcome": OUTCOME, "treated": ARMS, "covariates": BEFORE,
         "level": 0.95}, (*BOTH, "covariates")),
    Case(experiment.adjusted_difference, {"outcome": OUTCOME, "treated": ARMS,
         "covariates": BEFORE[:, 0]}, (*BOTH, "covariates"), name="one covariate"),
    Case(experiment.assign, {"units": ["a", "b"], "design": Design("x", ("a", "b"), (0.5, 0.5)),
         "key": b"k" * 16, "holdout_share": 0.1}),
    Case(experiment.difference_in_means, {"outcome": OUTCOME, "treated": ARMS, "level": 0.95},
         BOTH),
    Case(experiment.difference_in_ratios, {"numerator": OUTCOME, "denominator": 1.0 + OUTCOME**2,
         "treated": ARMS, "level": 0.95}, ("numerator", "denominator", "treated")),
    Case(experiment.duration_days, {"units": 1000, "units_per_day": 10.0, "traffic": 0.5}),
    Case(experiment.fixed_plan, {"minimum_effect": 0.1, "standard_deviation": 1.0, "power": 0.8,
         "level": 0.95, "treated_share": 0.5, "variance_reduction": 0.1}),
    Case(experiment.fixed_power, {"effect": 0.1, "standard_deviation": 1.0, "units": 100,
         "level": 0.95, "treated_share": 0.5}),
    Case(experiment.sequential_plan, {"minimum_effect": 0.1, "standard_deviation": 1.0, "seed": 1,
         "power": 0.8, "level": 0.95, "treated_share": 0.5, "variance_reduction": 0.1,
         "looks": 5, "paths": 200}),
    Case(experiment.incremental_return, {"margin": OUTCOME, "cost": 0.1 * OUTCOME**2,
         "treated": ARMS, "fixed_cost": 1.0, "level": 0.95}, ("margin", "cost", "treated")),
    Case(experiment.ratio_mismatch, {"counts": np.array([500.0, 510.0]),
         "shares": np.array([0.5, 0.5])}, ("counts", "shares")),
    Case(experiment.monitor, {"outcome": OUTCOME, "treated": ARMS, "looks": np.array([20, 50, 60]),
         "planned": 60, "level": 0.95}, BOTH, may_be_infinite=INFINITE),
    Case(experiment.confidence_sequence, {"estimates": np.array([0.1, 0.2, 0.3]),
         "standard_errors": np.array([0.3, 0.2, 0.1]), "seen": np.array([20.0, 50.0, 60.0]),
         "planned": 60, "level": 0.95}, ("estimates", "standard_errors", "seen"),
         may_be_infinite=INFINITE),
    Case(experiment.false_discovery, {"p_values": np.array([0.001, 0.2, 0.9]), "rate": 0.05}),
    Case(experiment.quotient_interval, {"above": 1.0, "below": 2.0,
         "covariance": np.array([[0.1, 0.01], [0.01, 0.1]]), "quantile": 1.96, "level": 0.95}),
]  # fmt: skip


class TestExperiment(SeededPromises):
    cases = CASES
    # Units and looks come one after the other.
    goes_by_row = frozenset(
        {
            "monitor",
            "confidence_sequence",
        }
    )


@pytest.mark.parametrize("plan", [experiment.fixed_plan, experiment.sequential_plan])
def test_a_power_that_chance_alone_reaches_is_refused(plan):
    seed = {"seed": 1} if plan is experiment.sequential_plan else {}
    with pytest.raises(OutOfRange, match=r"power is 0\.01; it has to be above 0\.05"):
        plan(0.1, 1.0, power=0.01, **seed)
