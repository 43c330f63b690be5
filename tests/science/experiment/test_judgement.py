"""Sample ratios, several metrics, and money."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from regulars.science.experiment.facade import (
    false_discovery,
    incremental_return,
    ratio_mismatch,
)


def test_the_p_value_is_pearsons():
    found = ratio_mismatch([820, 900, 300], [0.4, 0.45, 0.15])
    expected = stats.chisquare([820, 900, 300], 2020 * np.array([0.4, 0.45, 0.15]))
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert not found.mismatch


def test_lost_units_are_noticed():
    # One in twenty of the treated never reported: invisible in the shares, plain to the test.
    assert ratio_mismatch([50_000, 47_500], [0.5, 0.5]).mismatch
    assert ratio_mismatch([10**9, 10**9 // 2], [0.5, 0.5]).mismatch
    assert not ratio_mismatch([50_000, 49_700], [0.5, 0.5]).mismatch


def test_the_e_value_may_be_looked_at_every_day():
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(100):
        treated = random.binomial(100, 0.5, size=100).cumsum()
        days = 100 * np.arange(1, 101)
        looked = [
            ratio_mismatch([one, day - one], [0.5, 0.5]).e_value
            for one, day in zip(treated, days, strict=True)
        ]
        alarms += max(looked) >= 20.0
    assert alarms <= 5


@pytest.mark.parametrize(("dependent", "method"), [(False, "fdr_bh"), (True, "fdr_by")])
def test_adjusted_p_values_are_the_published_procedures(dependent, method):
    given = np.array([0.001, 0.04, 0.03, 0.2, 0.9, 0.012, 0.03])
    found = false_discovery(given, rate=0.1, any_dependence=dependent)
    reject, adjusted, *_ = multipletests(given, alpha=0.1, method=method)
    assert found.adjusted == pytest.approx(adjusted, rel=1e-12)
    assert np.array_equal(found.found, reject)


def test_intervals_of_what_was_found_are_wider():
    found = false_discovery([0.0001, 0.5, 0.7, 0.9])
    assert found.found.tolist() == [True, False, False, False]
    assert found.interval_level == pytest.approx(1 - 0.05 / 4)
    assert false_discovery([0.5]).interval_level == 0.95


def _campaign(random, units=2_000):
    treated = random.random(units) < 0.5
    margin = random.gamma(2.0, 5.0, units) + 3.0 * treated * random.random(units)
    cost = 0.5 * treated + 0.05 * margin
    return margin, cost, treated


def test_return_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(2)
    covered = []
    for _ in range(400):
        found = incremental_return(*_campaign(random))
        # Margin rises by 1.5 a head, cost by 0.5 + 0.05 * 1.5.
        covered.append(
            found.on_investment is not None
            and found.on_investment.covers(1.5 / 0.575 - 1.0)
            and found.net.low <= found.net.value <= found.net.high
        )
    assert 0.92 <= np.mean(covered) <= 0.98


def test_totals_are_over_the_treated_and_net_is_margin_less_cost():
    margin, cost, treated = _campaign(np.random.default_rng(3))
    found = incremental_return(margin, cost, treated, fixed_cost=100.0)
    gained = treated.sum() * (margin[treated].mean() - margin[~treated].mean())
    assert found.margin.value == pytest.approx(gained)
    assert found.net.value == pytest.approx(found.margin.value - found.cost.value)
    plain = incremental_return(margin, cost, treated)
    assert found.cost.value == pytest.approx(plain.cost.value + 100.0)
    assert found.treated == treated.sum()


def test_a_treatment_without_cost_has_no_return_on_investment():
    margin, _, treated = _campaign(np.random.default_rng(4))
    found = incremental_return(margin, np.zeros(margin.size), treated)
    assert found.on_investment is None
    assert found.net.value == pytest.approx(found.margin.value)
    known = incremental_return(margin, np.zeros(margin.size), treated, fixed_cost=500.0)
    assert known.on_investment is not None
    assert known.on_investment.low == pytest.approx(known.margin.low / 500.0 - 1.0)
