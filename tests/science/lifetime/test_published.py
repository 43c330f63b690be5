"""The published tables of the CDNOW sample come out digit by digit."""

import numpy as np
import pytest

from regulars.science.lifetime import facade as lifetime
from tests.science.lifetime.cdnow import CALIBRATION_END, HOLDOUT_END, cdnow


@pytest.fixture(scope="module")
def orders():
    return cdnow("cdnow_sample.csv.gz", "sample_id")


@pytest.fixture(scope="module")
def histories(orders):
    return lifetime.summarise(orders, CALIBRATION_END)


@pytest.fixture(scope="module")
def beta_geometric(histories):
    return lifetime.fit_beta_geometric(histories)


@pytest.fixture(scope="module")
def pareto(histories):
    return lifetime.fit_pareto(histories)


def test_sample_has_2357_customers_of_whom_946_came_back(histories):
    assert histories.age.shape == (2357,)
    assert np.count_nonzero(histories.frequency) == 946


def test_histories_are_those_printed_in_the_note(histories):
    assert histories.frequency[:3].tolist() == [2, 1, 0]
    assert histories.recency[:3].round(2).tolist() == [30.43, 1.71, 0.0]
    assert histories.age[:3].round(2).tolist() == [38.86, 38.86, 38.86]


def test_beta_geometric_parameters_and_likelihood(beta_geometric):
    assert beta_geometric.converged
    r, alpha, a, b = beta_geometric.model.parameters
    assert round(r, 3) == 0.243
    assert round(alpha, 3) == 4.414
    assert round(a, 3) == 0.793
    assert round(b, 3) == 2.426
    assert round(beta_geometric.log_likelihood, 1) == -9582.4


def test_pareto_parameters_and_likelihood(pareto):
    assert pareto.converged
    r, alpha, s, beta = pareto.model.parameters
    assert round(r, 3) == 0.553
    assert round(alpha, 3) == 10.578
    assert round(s, 3) == 0.606
    assert round(beta, 3) == 11.669
    assert round(pareto.log_likelihood, 1) == -9595.0


def test_every_start_reaches_the_same_peak(beta_geometric, pareto):
    for fit in (beta_geometric, pareto):
        assert len(fit.starts) == 3
        assert np.ptp(fit.starts) < 1e-6


def test_gamma_gamma_parameters_over_946_customers(histories):
    spend = lifetime.fit_spend(histories)
    p, q, v = spend.fit.model.parameters
    assert (round(p, 2), round(q, 2), round(v, 2)) == (6.25, 3.74, 15.44)
    assert spend.fit.customers == 946
    assert spend.left_out == 0
    assert round(spend.correlation, 2) == 0.11


def test_correlation_with_the_39_week_holdout(orders, histories, beta_geometric, pareto):
    after = lifetime.holdout(orders, histories, CALIBRATION_END, HOLDOUT_END)
    assert after.length == 39.0
    found = [
        round(lifetime.holdout_report(fit, histories, after).correlation, 3)
        for fit in (beta_geometric, pareto)
    ]
    assert found == [0.626, 0.630]


def test_cumulative_repeat_orders_at_week_78(orders, beta_geometric, pareto):
    errors = []
    for fit in (beta_geometric, pareto):
        curve = lifetime.tracking(fit, orders, CALIBRATION_END, HOLDOUT_END)
        assert curve.time[-1] == 78.0
        errors.append(curve.expected_cumulative[-1] / curve.observed_cumulative[-1] - 1.0)
    assert [round(100 * error) for error in errors] == [-4, -2]


def test_calibration_by_frequency_class_fits_beta_geometric_better(
    histories, beta_geometric, pareto
):
    first, second = (lifetime.frequency_classes(fit, histories) for fit in (beta_geometric, pareto))
    assert first.observed.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    # Fader, Hardie and Lee 2005, section 4, with 3 degrees of freedom.
    assert (round(first.chi_square, 2), first.degrees) == (4.82, 3)
    assert (round(second.chi_square, 2), second.degrees) == (11.99, 3)
    assert first.p_value > 0.05 > second.p_value
