"""Whatever a bandit is told, it answers finite numbers or says what to do."""

from dataclasses import replace

import numpy as np
import pytest

from regulars.science.bandit import facade as bandit
from regulars.science.bandit.contracts import Budget, Log, Rewards, Settings
from regulars.science.errors import ScienceRefused
from tests.science.degenerate import Case, SeededPromises

RANDOM = np.random.default_rng(1)
SETTINGS = Settings(features=2, draws=20)
COSTS = np.array([1.0, 2.0, 0.0])
STATE = bandit.begin(SETTINGS, COSTS, seed=1, budget=Budget(100.0, 0.0, 10.0, 30.0))
CONTEXTS, IDS = RANDOM.normal(size=(30, 2)), np.arange(30)
MADE = bandit.choose(STATE, CONTEXTS, IDS, day=1.0, seed=1)
WAITING = bandit.record(STATE, MADE)
REWARDS = Rewards(IDS, RANDOM.normal(size=30), RANDOM.normal(size=30), np.ones(30))
POLICY = np.full((30, 3), 1.0 / 3.0)
LOG = Log(IDS % 3, RANDOM.gamma(2.0, 1.0, 30), np.full(30, 1.0 / 3.0))
EXPECTED = RANDOM.normal(size=(30, 3))
LOG_ROWS = ("log.arm", "log.reward", "log.propensity")
# What is documented as infinite where nothing limits.
INFINITE = frozenset({"half_life_days", "expires_after_days", "total", "end_day"})
OPTIONS = {"level": 0.95, "resamples": 20, "seed": 1}
WORLD = bandit.make_world("linear", 2, 2, seed=1)

CASES = [
    Case(bandit.begin, {"settings": replace(SETTINGS, half_life_days=30.0), "arm_costs": COSTS,
         "seed": 1, "day": 0.5, "budget": STATE.budget}, ("arm_costs",),
         frozenset({"settings.features"}), INFINITE),
    Case(bandit.add_arm, {"state": STATE, "cost": 1.0}, (), frozenset({"state"}), INFINITE),
    *(Case(function, {"state": STATE, "arm": 1}, (), frozenset({"state"}), INFINITE)
      for function in (bandit.retire_arm, bandit.return_arm, bandit.resume)),
    Case(bandit.choose, {"state": STATE, "contexts": CONTEXTS, "ids": IDS, "day": 1.0, "seed": 1,
         "eligible": np.ones((30, 3), dtype=bool), "held_out": IDS % 9 == 0},
         ("contexts", "ids", "eligible", "held_out"), frozenset({"state"}), INFINITE),
    Case(bandit.record, {"state": STATE, "decisions": MADE},
         tuple(f"decisions.{column}" for column in ("id", "arm", "propensity", "probabilities",
         "context", "cost")), frozenset({"state", "decisions.version"}), INFINITE),
    Case(bandit.learn, {"state": WAITING, "rewards": REWARDS, "day": 2.0},
         tuple(f"rewards.{column}" for column in ("id", "reward", "margin", "cost")),
         frozenset({"state"}), INFINITE),
    Case(bandit.offered_log, {"decisions": MADE, "reward": REWARDS.reward}, ("reward",),
         frozenset({"decisions"})),
    *(Case(function, {"log": LOG, "policy": POLICY, "interval": interval, **OPTIONS},
           (*LOG_ROWS, "policy"), name=f"{function.__name__} {interval}")
      for function in (bandit.inverse_propensity, bandit.self_normalised)
      for interval in ("normal", "bootstrap", "studentised")),
    Case(bandit.direct, {"policy": POLICY, "expected": EXPECTED, **OPTIONS},
         ("policy", "expected")),
    Case(bandit.doubly_robust, {"log": LOG, "policy": POLICY, "expected": EXPECTED,
         "interval": "studentised", **OPTIONS}, (*LOG_ROWS, "policy", "expected")),
    Case(bandit.expected_rewards, {"contexts": CONTEXTS, "log": LOG, "arms": 3, "folds": 2,
         "penalty": 10.0}, ("contexts", *LOG_ROWS)),
    Case(bandit.direct_refitted, {"contexts": CONTEXTS, "log": LOG, "policy": POLICY,
         "penalty": 10.0, **OPTIONS}, ("contexts", *LOG_ROWS, "policy")),
    Case(bandit.beta_place_probabilities, {"alpha": np.array([1.0, 2.0, 3.0]),
         "beta": np.array([2.0, 2.0, 9.0]), "places": 2}, ("alpha", "beta")),
    Case(bandit.make_world, {"kind": "clicks", "arms": 2, "features": 2, "seed": 1,
         "level": 0.5}),
    Case(bandit.play, {"world": WORLD, "settings": SETTINGS, "decisions": 40, "seed": 1,
         "batch": 10, "batches_per_day": 4.0, "delay_days": 0.5, "costs": np.array([1.0, 2.0]),
         "budget": Budget(30.0, 0.0, 2.0, 40.0)}, (), frozenset({"settings", "budget"}),
         INFINITE),
    Case(bandit.guardrail_bounds, {"settings": SETTINGS, "evidence": STATE.evidence}, (),
         frozenset({"settings", "evidence"}), frozenset({"the answer[1]", ""})),
]  # fmt: skip


class TestBandit(SeededPromises):
    cases = CASES
    # Decisions are made, and rows resampled, one after the other.
    goes_by_row = frozenset(
        {
            "choose",
            "record",
            "learn",
            "offered_log",
            "inverse_propensity bootstrap",
            "inverse_propensity studentised",
            "self_normalised bootstrap",
            "self_normalised studentised",
            "doubly_robust",
            "expected_rewards",
            "direct_refitted",
        }
    )
    # Nothing is drawn for these intervals.
    seed_unseen = frozenset({"inverse_propensity normal", "self_normalised normal", "direct"})


@pytest.mark.parametrize("name", bandit.to_arrays(WAITING))
@pytest.mark.parametrize(
    "spoil",
    [
        lambda array: np.full(array.shape, "many"),
        lambda array: np.full(array.shape, np.nan),
        lambda array: np.full(array.shape, None, dtype=object),
        lambda array: np.stack([array, array]),
        lambda array: array + 1j,
    ],
)
def test_a_stored_state_that_was_spoilt_is_refused(name, spoil):
    arrays = bandit.to_arrays(WAITING)
    arrays[name] = spoil(arrays[name])
    # Nothing is spoilt in an array without rows.
    if arrays[name].size:
        with pytest.raises(ScienceRefused) as refused:
            bandit.from_arrays(arrays)
        assert refused.value.next_step


@pytest.mark.parametrize("contexts", [np.zeros((3, 1)), np.zeros(3), np.full((3, 2), np.nan)])
def test_contexts_that_do_not_fit_have_no_chances(contexts):
    with pytest.raises(ScienceRefused):
        bandit.chances(STATE, contexts, np.ones((3, 3), dtype=bool))
