"""Diagnostics: quiet about customers who behave as fitted, loud about those who do not."""

import dataclasses

import numpy as np
import pytest

from regulars.science.contracts import Orders
from regulars.science.errors import OutOfRange, TooFew
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.pareto import Pareto

# Seldom enough that orders of one day, which count as one, hardly matter.
TRUTH = {
    BetaGeometric: BetaGeometric(0.8, 16.0, 0.8, 2.4),
    Pareto: Pareto(1.0, 16.0, 0.8, 25.0),
}
SPEND = GammaGamma(6.25, 3.74, 15.44)
CALIBRATION_END, HOLDOUT_END = 363, 727
KINDS = pytest.mark.parametrize("kind", [BetaGeometric, Pareto])


@pytest.fixture(scope="module")
def worlds():
    first = np.sort(np.random.default_rng(4).uniform(0.0, 168.0, 6_000))
    answer = {}
    for kind, model in TRUTH.items():
        orders = lifetime.simulate_orders(model, SPEND, first, HOLDOUT_END + 1.0, seed=21)
        histories = lifetime.summarise(orders, CALIBRATION_END)
        fit = lifetime.fit_beta_geometric if kind is BetaGeometric else lifetime.fit_pareto
        after = lifetime.holdout(orders, histories, CALIBRATION_END, HOLDOUT_END)
        answer[kind] = (orders, histories, fit(histories), after)
    return answer


@KINDS
def test_frequency_classes_of_a_right_model_pass_the_test(kind, worlds):
    _, histories, fit, _ = worlds[kind]
    found = lifetime.frequency_classes(fit, histories, classes=12)
    assert found.observed.sum() == histories.age.size
    assert found.expected.sum() == pytest.approx(histories.age.size)
    assert found.p_value > 0.01


def test_frequency_classes_of_a_wrong_model_do_not(worlds):
    _, histories, fit, _ = worlds[BetaGeometric]
    wrong = dataclasses.replace(fit, model=BetaGeometric(0.8, 25.0, 0.8, 2.4))
    assert lifetime.frequency_classes(wrong, histories).p_value < 1e-6


def test_too_few_classes_for_a_test_have_no_p_value(worlds):
    _, histories, fit, _ = worlds[BetaGeometric]
    found = lifetime.frequency_classes(fit, histories, classes=3)
    assert found.p_value is None
    assert found.degrees == 0


@KINDS
def test_holdout_of_a_right_model_is_met_in_total_and_by_class(kind, worlds):
    _, histories, fit, after = worlds[kind]
    found = lifetime.holdout_report(fit, histories, after)
    assert found.customers.sum() == histories.age.size
    assert found.customers @ found.observed_mean == pytest.approx(found.observed_total)
    assert found.customers @ found.expected_mean == pytest.approx(found.expected_total)
    assert abs(found.total_ratio - 1.0) < 0.08
    assert 0.5 < found.correlation < 1.0


def test_holdout_in_which_nothing_happened_has_no_correlation(worlds):
    _, histories, fit, after = worlds[BetaGeometric]
    nothing = dataclasses.replace(after, count=np.zeros_like(after.count))
    found = lifetime.holdout_report(fit, histories, nothing)
    assert found.correlation is None
    assert found.total_ratio is None
    assert found.expected_total > 0


@KINDS
def test_tracking_follows_the_orders_of_a_right_model(kind, worlds):
    orders, histories, fit, after = worlds[kind]
    found = lifetime.tracking(fit, orders, CALIBRATION_END, HOLDOUT_END, period=4.0)
    assert found.time.tolist() == [4.0 * number for number in range(1, 27)]
    assert found.calibration_end == 52.0
    assert found.observed.sum() == histories.frequency.sum() + after.count.sum()
    assert np.cumsum(found.expected) == pytest.approx(found.expected_cumulative)
    ratio = found.expected_cumulative / found.observed_cumulative
    assert (np.abs(ratio[5:] - 1.0) < 0.06).all(), ratio


def test_tracking_ends_with_the_expectation_of_every_customer(worlds):
    orders, histories, fit, _ = worlds[BetaGeometric]
    found = lifetime.tracking(fit, orders, CALIBRATION_END, CALIBRATION_END + 7)
    until_then = histories.age + 1.0
    expected = lifetime.expected_repeat_orders(fit, until_then).sum()
    assert found.expected_cumulative[-1] == pytest.approx(expected, rel=1e-12)


@KINDS
def test_cohorts_of_a_right_model_do_not_drift(kind, worlds):
    _, histories, fit, after = worlds[kind]
    for known in (None, after):
        found = lifetime.cohort_drift(fit, histories, known, cohort_length=6.0, level=0.999)
        assert found.customers.sum() == histories.age.size
        assert found.start.tolist() == [0.0, 6.0, 12.0, 18.0]
        assert found.drifted.tolist() == []


def test_cohort_that_orders_half_as_often_is_found(worlds):
    orders, _, fit, _ = worlds[BetaGeometric]
    chance = np.random.default_rng(9)
    late = orders.day[: orders.customers] >= 84.0
    is_repeat = np.arange(orders.day.size) >= orders.customers
    dropped = is_repeat & late[orders.customer] & (chance.random(orders.day.size) < 0.5)
    thinned = Orders(
        orders.customer[~dropped], orders.day[~dropped], orders.value[~dropped], orders.customers
    )
    histories = lifetime.summarise(thinned, CALIBRATION_END)
    found = lifetime.cohort_drift(fit, histories, cohort_length=12.0)
    assert found.drifted.tolist() == [1]
    assert found.high[1] < 0.7


def test_cohort_of_one_customer_says_nothing(worlds):
    fit = worlds[BetaGeometric][2]
    found = lifetime.cohort_drift(fit, lifetime.histories([2, 0], [5.0, 0.0], [52.0, 10.0]))
    assert (found.low == 0.0).all()
    assert np.isinf(found.high).all()
    assert found.drifted.tolist() == []


def test_diagnostics_refuse_what_has_no_answer(worlds):
    orders, histories, fit, _ = worlds[BetaGeometric]
    with pytest.raises(OutOfRange, match="until"):
        lifetime.tracking(fit, orders, CALIBRATION_END, CALIBRATION_END)
    with pytest.raises(OutOfRange, match="period"):
        lifetime.tracking(fit, orders, CALIBRATION_END, HOLDOUT_END, period=1000.0)
    with pytest.raises(TooFew, match="customers by the end of calibration"):
        lifetime.tracking(fit, orders, -5, HOLDOUT_END)
    with pytest.raises(OutOfRange, match="classes"):
        lifetime.frequency_classes(fit, histories, classes=1)
    with pytest.raises(OutOfRange, match="cohort_length"):
        lifetime.cohort_drift(fit, histories, cohort_length=0.0)
