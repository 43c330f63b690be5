"""The always-valid interval under peeking, its width, and the mixture that it inverts."""

import numpy as np
import pytest

from regulars.science.experiment.facade import (
    confidence_sequence,
    difference_in_means,
    monitor,
)
from regulars.science.experiment.sequences import boundary, tuned_time

UNITS, SEEDS = 2_000, 1_000
LOOKS = np.arange(UNITS // 100, UNITS + 1, UNITS // 100)


def _normal(random):
    return random.normal(size=UNITS)


def _spend(random):
    """Most buy nothing, some a lot: what e-mail experiments look like."""
    return np.where(random.random(UNITS) < 0.03, random.lognormal(4.5, 0.7, UNITS), 0.0)


def _alarms(outcomes):
    random = np.random.default_rng(5)
    always, fixed, ratios = 0, 0, []
    for _ in range(SEEDS):
        treated = random.random(UNITS) < 0.5
        seen = monitor(outcomes(random), treated, LOOKS, planned=UNITS)
        always += seen.decided_at is not None
        fixed += bool(np.any((seen.fixed_low > 0.0) | (seen.fixed_high < 0.0)))
        ratios.append((seen.high[-1] - seen.low[-1]) / (seen.fixed_high[-1] - seen.fixed_low[-1]))
    return always / SEEDS, fixed / SEEDS, max(ratios)


@pytest.mark.parametrize("outcomes", [_normal, _spend])
def test_a_hundred_looks_at_two_equal_arms_alarm_in_at_most_5_percent(outcomes):
    always, fixed, width = _alarms(outcomes)
    assert always <= 0.05
    assert fixed >= 0.20
    assert width <= 1.7


def test_the_interval_covers_a_true_effect_at_all_looks_at_once():
    random = np.random.default_rng(6)
    missed = 0
    for _ in range(500):
        treated = random.random(UNITS) < 0.3
        seen = monitor(random.normal(size=UNITS) + 0.2 * treated, treated, LOOKS, planned=UNITS)
        missed += bool(np.any((seen.low > 0.2) | (seen.high < 0.2)))
    assert missed <= 25


def test_the_last_look_is_the_difference_of_means():
    random = np.random.default_rng(7)
    outcome, treated = 1e6 + random.normal(size=UNITS), random.random(UNITS) < 0.4
    seen = monitor(outcome, treated, LOOKS, planned=UNITS)
    effect = difference_in_means(outcome, treated)
    assert seen.estimate[-1] == pytest.approx(effect.difference.value, rel=1e-9)
    assert seen.standard_error[-1] == pytest.approx(effect.standard_error, rel=1e-9)


def test_the_p_value_falls_below_alpha_where_the_interval_leaves_zero_out():
    seen_at = np.arange(1, 101)
    random = np.random.default_rng(8)
    estimates = np.cumsum(random.normal(0.5, 1.0, 100)) / seen_at
    seen = confidence_sequence(estimates, 1 / np.sqrt(seen_at), seen_at, planned=100)
    outside = (seen.low > 0.0) | (seen.high < 0.0)
    assert outside.any()
    assert seen.decided_at == np.argmax(outside) == np.argmax(seen.p_value < 0.05)
    assert np.all(np.diff(seen.p_value) <= 0.0)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_the_boundary_is_narrowest_where_it_was_tuned(alpha):
    best = tuned_time(alpha)
    around = boundary(best * np.array([0.9, 1.0, 1.1]), alpha)
    # The width of the interval at a fixed n depends on the boundary alone.
    assert around[1] < around[0]
    assert around[1] < around[2]


def test_a_look_before_anything_varied_says_nothing():
    treated = np.arange(200) % 2 == 0
    outcome = np.where(np.arange(200) < 100, 0.0, np.arange(200) % 3)
    seen = monitor(outcome, treated, [10, 100, 200], planned=200)
    for look in (0, 1):
        assert (seen.low[look], seen.high[look], seen.p_value[look]) == (-np.inf, np.inf, 1.0)
    assert np.isfinite(seen.low[2])
    assert not np.isnan(seen.estimate).any()
