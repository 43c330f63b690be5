"""Simulated customers do what the models say, and the same for the same seed."""

import numpy as np
import pytest

from regulars.science.errors import NotFinite, OutOfRange
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.pareto import Pareto

MODELS = [BetaGeometric(0.5, 5.0, 0.8, 2.4), Pareto(1.0, 8.0, 0.8, 15.0)]
SPEND = GammaGamma(6.25, 5.0, 15.44)
COUNT = 40_000


@pytest.mark.parametrize("model", MODELS, ids=["bg", "pareto"])
def test_histories_have_the_frequencies_and_survivors_of_the_model(model):
    age = np.full(COUNT, 30.0)
    found = lifetime.simulate_histories(model, age, seed=1)
    none, zero = np.zeros(1, dtype=np.int64), np.zeros(1)
    for count in range(6):
        expected = model.count_probability_if_alive(count, none, zero, np.array([30.0]))[0]
        error = np.sqrt(expected * (1 - expected) / COUNT)
        assert abs(np.mean(found.frequency == count) - expected) < 4.5 * error
    expected = model.expected_if_alive(none, zero, np.array([30.0]))[0]
    error = found.frequency.std() / np.sqrt(COUNT)
    assert abs(found.frequency.mean() - expected) < 4.5 * error


@pytest.mark.parametrize("model", MODELS, ids=["bg", "pareto"])
def test_orders_summarised_to_the_instant_are_the_histories(model):
    # With days of a thousandth of a week nothing is merged: both simulators tell one story.
    day = 1.0 / 1000.0
    orders = lifetime.simulate_orders(
        model, SPEND, np.zeros(COUNT), 30.0 / day, seed=2, unit_days=1.0 / day
    )
    whole = lifetime.summarise(orders, 30.0 / day, unit_days=1.0 / day)
    direct = lifetime.simulate_histories(model, np.full(COUNT, 30.0), seed=3)
    for one, other in ((whole.frequency, direct.frequency), (whole.recency, direct.recency)):
        error = np.hypot(one.std(), other.std()) / np.sqrt(COUNT)
        assert abs(one.mean() - other.mean()) < 4.5 * error
    assert abs(np.corrcoef(whole.frequency, whole.recency)[0, 1]
               - np.corrcoef(direct.frequency, direct.recency)[0, 1]) < 0.02  # fmt: skip


def test_values_have_the_mean_of_the_spend_model():
    orders = lifetime.simulate_orders(MODELS[0], SPEND, np.zeros(COUNT), 7.0, seed=4)
    mean = SPEND.p * SPEND.v / (SPEND.q - 1)
    firsts = orders.value[:COUNT]
    assert abs(firsts.mean() - mean) < 4.5 * firsts.std() / np.sqrt(COUNT)


@pytest.mark.parametrize("model", MODELS, ids=["bg", "pareto"])
def test_same_seed_same_customers(model):
    age = np.linspace(1.0, 9.0, 50)
    one, again, other = (lifetime.simulate_histories(model, age, seed=seed) for seed in (7, 7, 8))
    assert one.recency.tolist() == again.recency.tolist()
    assert one.recency.tolist() != other.recency.tolist()


def test_customers_of_no_age_have_no_history():
    found = lifetime.simulate_histories(MODELS[0], np.zeros(20), seed=1, spend=SPEND)
    assert not found.frequency.any()
    assert not found.recency.any()
    assert not found.value.any()


def test_impossible_times_are_refused():
    with pytest.raises(OutOfRange, match="at least 0"):
        lifetime.simulate_histories(MODELS[0], [-1.0], seed=1)
    with pytest.raises(NotFinite, match="age"):
        lifetime.simulate_histories(MODELS[0], [np.nan], seed=1)
    with pytest.raises(OutOfRange, match="first_day"):
        lifetime.simulate_orders(MODELS[0], SPEND, [5.0], 4.0, seed=1)
