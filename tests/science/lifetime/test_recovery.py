"""The estimates of simulated customers lie about the truth as often as their intervals say."""

import numpy as np
import pytest

from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.pareto import Pareto

CUSTOMERS = 2_000
AGE = np.linspace(60.0, 104.0, CUSTOMERS)


def coverage(fits, truth) -> np.ndarray:
    """Share of the fits whose 95 % intervals hold the truth, for each parameter."""
    assert all(fit.converged for fit in fits)
    covered = [
        [interval.covers(value) for interval, value in zip(fit.intervals(), truth, strict=True)]
        for fit in fits
    ]
    return np.mean(covered, axis=0)


@pytest.fixture(scope="module")
def beta_geometric_fits():
    truth = BetaGeometric(0.5, 5.0, 0.8, 2.4)
    histories = [lifetime.simulate_histories(truth, AGE, seed=seed) for seed in range(1_000)]
    return truth, [lifetime.fit_beta_geometric(each, start=truth) for each in histories]


def test_beta_geometric_intervals_hold_the_truth_over_1000_seeds(beta_geometric_fits):
    truth, fits = beta_geometric_fits
    found = coverage(fits, truth.parameters)
    assert ((found >= 0.93) & (found <= 0.97)).all(), found
    # And over the first 200 of them, all parameters taken together.
    assert 0.93 <= coverage(fits[:200], truth.parameters).mean() <= 0.97


def test_beta_geometric_estimates_have_no_bias_beyond_their_error(beta_geometric_fits):
    truth, fits = beta_geometric_fits
    errors = np.log([fit.model.parameters for fit in fits]) - np.log(truth.parameters)
    spread = np.array([np.sqrt(np.diag(fit.identified())) for fit in fits])
    scores = errors / spread
    assert (np.abs(scores.mean(axis=0)) < 0.15).all(), scores.mean(axis=0)
    assert (np.abs(scores.std(axis=0) - 1.0) < 0.08).all(), scores.std(axis=0)


def test_intervals_of_expected_orders_hold_the_truth(beta_geometric_fits):
    truth, fits = beta_geometric_fits
    customers = lifetime.histories([0, 1, 6, 30], [0.0, 3.0, 40.0, 52.0], [52.0] * 4)
    exact = truth.alive(customers.frequency, customers.recency, customers.age)
    exact = exact * truth.expected_if_alive(customers.frequency, customers.age, np.array([26.0]))
    bands = [lifetime.expected_band(fit, customers, 26.0) for fit in fits[:400]]
    held = [(band.low <= exact) & (exact <= band.high) for band in bands]
    found = np.mean(held, axis=0)
    assert ((found >= 0.93) & (found <= 0.97)).all(), found


def test_pareto_intervals_hold_the_truth_over_400_seeds():
    truth = Pareto(1.0, 8.0, 0.8, 15.0)
    fits = [
        lifetime.fit_pareto(lifetime.simulate_histories(truth, AGE[::2], seed=seed), start=truth)
        for seed in range(400)
    ]
    found = coverage(fits, truth.parameters)
    assert ((found >= 0.93) & (found <= 0.97)).all(), found


def test_spend_intervals_hold_the_truth_over_400_seeds():
    model, truth = BetaGeometric(1.0, 5.0, 0.8, 2.4), GammaGamma(6.25, 3.74, 15.44)
    fits = [
        lifetime.fit_spend(
            lifetime.simulate_histories(model, AGE, seed=seed, spend=truth), start=truth
        ).fit
        for seed in range(400)
    ]
    found = coverage(fits, truth.parameters)
    assert ((found >= 0.93) & (found <= 0.97)).all(), found
