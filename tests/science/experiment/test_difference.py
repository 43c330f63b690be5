"""Differences of means and of ratios, and Fieller's quotient, against libraries and simulation."""

import numpy as np
import pytest
from scipy import stats

from regulars.science.errors import (
    NoData,
    NotFinite,
    NoVariation,
    OutOfRange,
    TooFew,
    WrongShape,
)
from regulars.science.experiment.facade import (
    adjusted_difference,
    confidence_sequence,
    difference_in_means,
    difference_in_ratios,
    false_discovery,
    incremental_return,
    monitor,
    quotient_interval,
    ratio_mismatch,
)
from tests.science.hillstrom import MENS, NONE, WOMENS, hillstrom

ARMS = np.array([True, True, True, False, False, False])


def test_the_difference_is_welchs():
    random = np.random.default_rng(1)
    outcome, treated = random.lognormal(size=90), np.arange(90) < 30
    effect = difference_in_means(outcome, treated, level=0.9)
    welch = stats.ttest_ind(outcome[treated], outcome[~treated], equal_var=False)
    interval = welch.confidence_interval(0.9)
    assert effect.p_value == pytest.approx(welch.pvalue, rel=1e-12)
    assert effect.difference.low == pytest.approx(interval.low, rel=1e-12)
    assert effect.difference.high == pytest.approx(interval.high, rel=1e-12)
    assert (effect.treated, effect.controls) == (30, 60)


def test_the_relative_difference_is_none_where_the_control_may_be_zero():
    random = np.random.default_rng(2)
    outcome, treated = random.normal(size=400), np.arange(400) % 2 == 0
    assert difference_in_means(outcome, treated).relative is None
    relative = difference_in_means(outcome + 5.0 + treated, treated).relative
    assert relative is not None
    assert relative.value == pytest.approx(0.2, abs=0.05)
    assert relative.low < relative.value < relative.high


def _covered(simulate, truth: float, runs: int = 600) -> float:
    random = np.random.default_rng(3)
    return float(np.mean([simulate(random).covers(truth) for _ in range(runs)]))


def test_intervals_cover_as_often_as_they_say():
    # Binomial(600, .95) lies within .925 and .973 in 99.5 % of cases; the seed is fixed.
    treated = np.arange(300) % 3 == 0

    def means(random):
        return difference_in_means(random.gamma(2.0, size=300) + 0.5 * treated, treated).difference

    def relative(random):
        outcome = random.gamma(2.0, size=300) * np.where(treated, 1.3, 1.0)
        return difference_in_means(outcome, treated).relative

    def ratios(random):
        size = random.poisson(3.0, size=300) + 1.0
        habit = random.gamma(5.0, size=300)
        spend = random.poisson(size * habit * np.where(treated, 1.2, 1.0))
        return difference_in_ratios(spend, size, treated).difference

    for simulate, truth in ((means, 0.5), (relative, 0.3), (ratios, 1.0)):
        assert 0.925 <= _covered(simulate, truth) <= 0.973


def test_orders_of_one_member_are_not_taken_for_independent():
    # Each member's orders have one size: the naive variance over orders is far too small.
    random = np.random.default_rng(4)
    orders = random.poisson(20.0, 500) + 1.0
    value = random.normal(10.0, 2.0, 500)
    effect = difference_in_ratios(orders * value, orders, np.arange(500) % 2 == 0)
    naive = 2.0 * np.sqrt(2.0 / orders.sum()) * np.sqrt(2.0)
    assert effect.standard_error > 3.0 * naive


def test_fiellers_interval_solves_its_equation():
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    found = quotient_interval(2.0, 4.0, covariance, quantile=1.96, level=0.95)
    assert found is not None
    for end in (found.low, found.high):
        variance = covariance[0, 0] - 2 * end * covariance[0, 1] + end**2 * covariance[1, 1]
        assert abs(2.0 - end * 4.0) / np.sqrt(variance) == pytest.approx(1.96, rel=1e-9)
    assert quotient_interval(2.0, 0.5, covariance, quantile=1.96, level=0.95) is None
    assert quotient_interval(0.0, 0.0, 0.0 * covariance, quantile=1.96, level=0.95) is None


def test_hillstrom_rates_and_spend_are_the_published_ones():
    data = hillstrom()
    for arm, visit, spend in ((NONE, 10.62, 0.65), (WOMENS, 15.14, 1.08), (MENS, 18.28, 1.42)):
        assert round(100 * data.visit[data.arm == arm].mean(), 2) == visit
        assert round(data.spend[data.arm == arm].mean(), 2) == spend


@pytest.mark.parametrize(("arm", "effect", "half"), [(MENS, 0.770, 0.285), (WOMENS, 0.424, 0.255)])
def test_hillstrom_effects_on_spend_are_the_published_ones(arm, effect, half):
    data = hillstrom().against_none(arm)
    found = difference_in_means(data.spend, data.arm == arm).difference
    assert round(found.value, 3) == effect
    assert round((found.high - found.low) / 2, 3) == half


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: difference_in_means([], []), NoData, "outcome"),
        (lambda: difference_in_means([1.0, 2.0], [1]), WrongShape, "treated"),
        (lambda: difference_in_means([1.0, np.nan, 1, 1, 1, 1], ARMS), NotFinite, r"outcome\[1\]"),
        (lambda: difference_in_means([1.0, np.inf, 1, 1, 1, 1], ARMS), NotFinite, "inf"),
        (lambda: difference_in_means([1.0], [True]), TooFew, "treated units"),
        (lambda: difference_in_means([1.0, 2.0, 3.0], [True] * 3), TooFew, "0 control units"),
        (lambda: difference_in_means([1.0, 2.0, 3.0], [1, 1, 0]), TooFew, "1 control units"),
        (lambda: difference_in_means(np.zeros(6), ARMS), NoVariation, "outcome within"),
        (lambda: difference_in_means(np.where(ARMS, 1, 0), ARMS), NoVariation, "outcome within"),
        (lambda: difference_in_means(range(6), ARMS, level=1.0), OutOfRange, "level"),
        (lambda: difference_in_ratios(range(6), range(5), ARMS), WrongShape, "denominator"),
        (lambda: difference_in_ratios(range(6), [-1, 1, 1, 1, 1, 1], ARMS), OutOfRange, "denom"),
        (lambda: difference_in_ratios(range(6), ARMS * 1.0, ARMS), OutOfRange, "each arm"),
        (lambda: difference_in_ratios(range(1, 7), range(1, 7), ARMS), NoVariation, "numerator"),
        (lambda: adjusted_difference(range(6), ARMS, np.ones(6)), NoVariation, r"covariates\[:, 0"),
        (lambda: adjusted_difference(range(6), ARMS, np.eye(6)), TooFew, "8 are needed"),
        (lambda: adjusted_difference(range(6), ARMS, [[np.nan]] * 6), NotFinite, "covariates"),
        (lambda: adjusted_difference(range(6), ARMS, range(5)), WrongShape, "covariates"),
        (lambda: monitor(range(6), ARMS, [3, 3], planned=6), OutOfRange, r"looks\[1\]"),
        (lambda: monitor(range(6), ARMS, [7], planned=6), OutOfRange, "at most 6"),
        (lambda: monitor(range(6), ARMS, [], planned=6), NoData, "looks"),
        (lambda: monitor([1.0, 2.0], [1, 1], [2], planned=6), TooFew, "control units"),
        (lambda: confidence_sequence([1.0], [np.nan], [5], planned=6), NotFinite, "standard_err"),
        (lambda: confidence_sequence([1.0], [-1.0], [5], planned=6), OutOfRange, "standard_err"),
        (lambda: confidence_sequence([1.0], [1.0], [5], planned=0), OutOfRange, "planned"),
        (lambda: false_discovery([]), NoData, "p_values"),
        (lambda: false_discovery([0.1, 1.1]), OutOfRange, "at most 1"),
        (lambda: false_discovery([0.1], rate=0.0), OutOfRange, "rate"),
        (lambda: incremental_return(np.ones(6), range(6), ARMS), NoVariation, "margin"),
        (lambda: incremental_return(range(6), range(5), ARMS), WrongShape, "cost"),
        (lambda: incremental_return(range(6), range(6), ARMS, fixed_cost=-1), OutOfRange, "fixed"),
        (lambda: ratio_mismatch([1], [1.0]), TooFew, "arms"),
        (lambda: ratio_mismatch([0, 0], [0.5, 0.5]), NoData, "counts"),
        (lambda: ratio_mismatch([1.5, 2], [0.5, 0.5]), OutOfRange, "whole number"),
        (lambda: ratio_mismatch([1, 2], [0.5, 0.4]), OutOfRange, "in sum"),
        (lambda: ratio_mismatch([1, 2], [1.0, 0.0]), OutOfRange, "above 0"),
    ],
)
def test_input_that_no_result_can_be_made_of_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


def test_one_arm_without_variation_is_enough_to_compare():
    effect = difference_in_means([0.0, 0.0, 0.0, 1.0, 2.0, 3.0], ARMS)
    assert effect.difference.value == -2.0
    assert np.isfinite(effect.p_value)
