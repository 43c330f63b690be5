"""Plans hold what they promise when they are simulated."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from regulars.science.errors import OutOfRange
from regulars.science.experiment.facade import (
    difference_in_means,
    duration_days,
    fixed_plan,
    fixed_power,
    monitor,
    sequential_plan,
)


def test_a_fixed_plan_is_the_textbooks():
    plan = fixed_plan(0.1, 0.5, power=0.9, treated_share=0.25)
    expected = NormalIndPower().solve_power(0.2, power=0.9, alpha=0.05, ratio=3.0)
    assert plan.units == pytest.approx(4.0 * expected, abs=4)
    assert fixed_power(0.1, 0.5, plan.units, treated_share=0.25) == pytest.approx(0.9, abs=1e-3)


def test_covariates_save_units_in_proportion():
    assert fixed_plan(0.1, 1.0, variance_reduction=0.4).units == pytest.approx(
        0.6 * fixed_plan(0.1, 1.0).units, abs=1
    )


def test_plans_reach_their_power_when_simulated():
    fixed, sequential = fixed_plan(0.25, 1.0), sequential_plan(0.25, 1.0, seed=1, looks=20)
    looks = np.linspace(0, sequential.units, 21)[1:].astype(int)
    random = np.random.default_rng(2)
    found, stopped = np.zeros((2, 400), dtype=bool), np.zeros(400)
    for run in range(400):
        treated = random.random(sequential.units) < 0.5
        outcome = random.normal(size=sequential.units) + 0.25 * treated
        first = slice(fixed.units)
        found[0, run] = difference_in_means(outcome[first], treated[first]).p_value < 0.05
        seen = monitor(outcome, treated, looks, planned=sequential.units)
        found[1, run] = seen.decided_at is not None
        stopped[run] = looks[-1 if seen.decided_at is None else seen.decided_at]
    # Four standard errors of a share of 400.
    assert found.mean(axis=1) == pytest.approx([0.8, 0.8], abs=0.08)
    assert stopped.mean() == pytest.approx(sequential.expected_units, rel=0.1)


def test_looking_early_needs_more_at_most_and_less_on_average_for_high_power():
    fixed = fixed_plan(0.02, 0.3, power=0.95)
    sequential = sequential_plan(0.02, 0.3, power=0.95, seed=3)
    assert fixed.units < sequential.units < 2.2 * fixed.units
    assert sequential.expected_units < fixed.units


def test_a_plan_is_the_same_for_the_same_seed():
    assert sequential_plan(0.1, 1.0, seed=4) == sequential_plan(0.1, 1.0, seed=4)


def test_durations_are_whole_weeks():
    assert duration_days(1000, 100) == 14
    assert duration_days(700, 100) == 7
    assert duration_days(701, 100, traffic=0.5) == 21


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fixed_plan(0.0, 1.0), "minimum_effect"),
        (lambda: fixed_plan(np.nan, 1.0), "minimum_effect"),
        (lambda: fixed_plan(0.1, 0.0), "standard_deviation"),
        (lambda: fixed_plan(0.1, np.inf), "standard_deviation"),
        (lambda: fixed_plan(0.1, 1.0, power=1.0), "power"),
        (lambda: fixed_plan(0.1, 1.0, level=0.0), "level"),
        (lambda: fixed_plan(0.1, 1.0, treated_share=1.0), "treated_share"),
        (lambda: fixed_plan(0.1, 1.0, variance_reduction=1.0), "variance_reduction"),
        (lambda: sequential_plan(0.1, 1.0, seed=1, looks=0), "looks"),
        (lambda: fixed_power(0.1, 1.0, 1), "units"),
        (lambda: duration_days(0, 10), "units"),
        (lambda: duration_days(10, 0), "units_per_day"),
        (lambda: duration_days(10, 5, traffic=0), "traffic"),
    ],
)
def test_a_plan_without_sense_is_refused(call, words):
    with pytest.raises(OutOfRange, match=words) as raised:
        call()
    assert raised.value.next_step
