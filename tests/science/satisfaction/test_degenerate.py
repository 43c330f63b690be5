"""Whatever a survey holds, it is answered with finite numbers or told what to do."""

import numpy as np
import pytest

from regulars.science.satisfaction import facade as satisfaction
from tests.science.degenerate import Case, narrowed, offences, read_only, reordered, unlike

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
# Resamples go by the row; weights are answered for those who answered.
GOES_BY_ROW = frozenset(
    {
        "drivers",
        "response_weights",
    }
)
SEQUENCELESS = [case for case in CASES if case.rows and str(case) not in GOES_BY_ROW]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_degenerate_input_is_refused_with_a_next_step_or_answered_with_finite_numbers(case):
    case.call()
    assert not offences(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_inputs_are_never_written_to_and_may_be_lists_or_of_small_types(case):
    told = case.call()
    assert not unlike(told, case.function(**read_only(case)))
    assert not unlike(told, case.function(**narrowed(case)), tolerance=1e-3)


@pytest.mark.parametrize("case", SEQUENCELESS, ids=str)
def test_the_sequence_of_the_rows_does_not_matter(case):
    order, arguments = reordered(case)
    assert not unlike(case.call(), case.function(**arguments), tolerance=1e-9, rows=order)


@pytest.mark.parametrize("case", [case for case in CASES if "seed" in case.arguments], ids=str)
def test_the_same_seed_gives_the_same_to_the_last_digit(case):
    assert not unlike(case.call(), case.call())


@pytest.mark.parametrize("case", [case for case in CASES if "seed" in case.arguments], ids=str)
def test_another_seed_gives_another_answer(case):
    assert unlike(case.call(), case.function(**{**case.arguments, "seed": 99}))
