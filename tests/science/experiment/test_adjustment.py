"""CUPED leaves the effect where it is and takes the noise that was known before."""

import numpy as np
import pytest

from regulars.science.experiment.facade import adjusted_difference
from regulars.science.lifetime.facade import fit_beta_geometric, score, summarise
from tests.science.cdnow import CALIBRATED_UNTIL, cdnow_master


def _world(random, units=400, effect=0.5, correlation=0.8):
    before = random.normal(size=units)
    noise = random.normal(size=units) * np.sqrt(1 - correlation**2)
    treated = random.random(units) < 0.5
    return 3.0 + correlation * before + noise + effect * treated, treated, before


def test_the_variance_falls_by_the_squared_correlation():
    outcome, treated, before = _world(np.random.default_rng(1), units=50_000)
    found = adjusted_difference(outcome, treated, before)
    assert found.variance_reduction == pytest.approx(0.64, abs=0.01)
    assert found.coefficients == pytest.approx([0.8], abs=0.01)
    assert found.effect.control == pytest.approx(3.0, abs=0.02)
    assert found.imbalance_p_value > 0.01


def test_adjusted_intervals_cover_as_often_as_they_say():
    random = np.random.default_rng(2)
    covered = [
        adjusted_difference(*_world(random)).effect.difference.covers(0.5) for _ in range(600)
    ]
    assert 0.925 <= np.mean(covered) <= 0.973


def test_covariates_in_any_unit_and_doubled_ones_change_nothing():
    outcome, treated, before = _world(np.random.default_rng(3))
    plain = adjusted_difference(outcome, treated, before)
    scaled = adjusted_difference(outcome, treated, 1e9 * before)
    doubled = adjusted_difference(outcome, treated, np.column_stack([before, 2.0 * before]))
    for other in (scaled, doubled):
        assert other.effect.difference.value == pytest.approx(plain.effect.difference.value)
        assert other.effect.standard_error == pytest.approx(plain.effect.standard_error)
        assert other.imbalance_p_value == pytest.approx(plain.imbalance_p_value, rel=1e-6)


def test_a_covariate_that_treatment_moved_shows():
    outcome, treated, before = _world(np.random.default_rng(4), units=5_000)
    assert adjusted_difference(outcome, treated, before + treated).imbalance_p_value < 1e-6


def test_a_useless_covariate_costs_next_to_nothing():
    random = np.random.default_rng(5)
    outcome, treated, _ = _world(random, units=5_000)
    found = adjusted_difference(outcome, treated, random.normal(size=5_000))
    assert abs(found.variance_reduction) < 0.005


def test_bgnbd_expectations_take_two_fifths_of_the_variance_of_cdnow_spend():
    orders = cdnow_master()
    histories = summarise(orders, CALIBRATED_UNTIL - 1.0)
    expected = score(fit_beta_geometric(histories), histories, 39.0).expected
    after = orders.day >= CALIBRATED_UNTIL
    spend, before = (
        np.bincount(orders.customer, orders.value * part, minlength=orders.customers)
        for part in (after, ~after)
    )
    treated = np.random.default_rng(6).random(spend.size) < 0.5
    alone = adjusted_difference(spend, treated, before)
    both = adjusted_difference(spend, treated, np.column_stack([before, expected]))
    assert both.variance_reduction >= 0.40 > alone.variance_reduction
    assert both.imbalance_p_value > 0.001
