"""Scores and intervals of customers: what must hold for any model, and what simulation shows."""

import dataclasses

import numpy as np
import pytest

from regulars.science.errors import OutOfRange, ScienceRefused
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.contracts import Fit
from regulars.science.lifetime.errors import NotIdentified, OtherUnit
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.pareto import Pareto

TRUTH = [BetaGeometric(0.5, 5.0, 0.8, 2.4), Pareto(1.0, 8.0, 0.8, 15.0)]
SPEND = GammaGamma(6.25, 3.74, 15.44)
MODELS = pytest.mark.parametrize("model", TRUTH, ids=["bg", "pareto"])
COUNT = 20_000


def known(model, covariance=None) -> Fit:
    """A fit that knows the truth, with a small uncertainty."""
    size = model.parameters.shape[0]
    given = 0.001 * np.eye(size) if covariance is None else covariance
    return Fit(model, 0.0, given, True, "", 1, (0.0,), 100, 100, 7.0)


def some() -> lifetime.Histories:
    return lifetime.histories(
        [0, 0, 1, 6, 6, 30], [0.0, 0.0, 0.5, 10.0, 50.0, 52.0], [0.0, 52.0, 52.0, 52.0, 52.0, 52.0]
    )


@pytest.fixture(scope="module", params=TRUTH, ids=["bg", "pareto"])
def world(request):
    """Simulated orders over two years with the second half held out."""
    first = np.random.default_rng(3).uniform(0.0, 180.0, COUNT)
    orders = lifetime.simulate_orders(request.param, SPEND, first, 728.0, seed=11)
    histories = lifetime.summarise(orders, 364)
    after = lifetime.holdout(orders, histories, 364, 727)
    return request.param, orders, histories, after


@MODELS
def test_a_new_customer_is_alive_and_silence_only_lowers_it(model):
    scores = lifetime.score(known(model), some(), 26.0)
    assert scores.alive[0] == pytest.approx(1.0, abs=1e-12)
    assert (scores.alive >= 0).all()
    assert (scores.alive <= 1).all()
    assert scores.alive[3] < scores.alive[4]
    assert scores.expected[3] < scores.expected[4]


@MODELS
def test_expected_orders_add_up_over_time_and_grow_with_the_horizon(model):
    horizons = (1e-3, 1.0, 10.0, 100.0, 1000.0)
    found = np.array([lifetime.score(known(model), some(), time).expected for time in horizons])
    assert (np.diff(found, axis=0) > 0).all()
    # At first by the rate of an active customer times P(alive).
    given = some()
    alive = model.alive(given.frequency, given.recency, given.age)
    rate = (model.r + given.frequency) / (model.alpha + given.age)
    assert found[0] == pytest.approx(1e-3 * alive * rate, rel=1e-3)


@MODELS
def test_scores_on_the_grid_of_days_are_those_of_single_rows(model):
    given = some()
    off = dataclasses.replace(given, age=given.age + 1e-3)
    together = lifetime.score(known(model), off, 26.0)
    for row in range(given.age.size):
        part = lifetime.histories([off.frequency[row]], [off.recency[row]], [off.age[row]])
        alone = lifetime.score(known(model), part, 26.0)
        assert alone.alive[0] == pytest.approx(together.alive[row], rel=1e-13)
        assert alone.expected[0] == pytest.approx(together.expected[row], rel=1e-12)


@MODELS
def test_small_discount_is_the_expectation_and_a_large_horizon_the_infinite_one(model):
    given, fit = some(), known(model)
    expected = lifetime.score(fit, given, 52.0).expected
    plain = lifetime.residual_value(fit, None, given, rate_per_year=0.0, horizon=52.0)
    assert plain.orders == pytest.approx(expected, rel=1e-10)
    assert plain.value == pytest.approx(plain.orders)
    for_ever = lifetime.residual_value(fit, None, given, rate_per_year=0.15)
    long = lifetime.residual_value(fit, None, given, rate_per_year=0.15, horizon=1e5)
    assert long.orders == pytest.approx(for_ever.orders, rel=1e-10)


@MODELS
def test_discounted_orders_are_the_discounted_increments_of_the_expectation(model):
    given, fit, step = some(), known(model), 0.05
    times = np.arange(0.0, 52.0 + step / 2, step)
    total = [lifetime.score(fit, given, time).expected for time in times[1:]]
    increments = np.diff(np.array([np.zeros(6), *total]), axis=0)
    rate = np.log(1.15) * 7.0 / 365.25
    slow = np.exp(-rate * (times[1:] - step / 2)) @ increments
    found = lifetime.residual_value(fit, None, given, rate_per_year=0.15, horizon=52.0)
    assert found.orders == pytest.approx(slow, rel=1e-7)


@MODELS
def test_residual_value_is_margin_times_value_times_orders(model):
    given = lifetime.histories([0, 2], [0.0, 10.0], [52.0, 52.0], [0.0, 80.0])
    found = lifetime.residual_value(
        known(model), known(SPEND), given, rate_per_year=0.1, margin=0.3
    )
    assert found.value == pytest.approx(0.3 * found.value_per_order * found.orders)
    assert found.value_per_order[1] > found.value_per_order[0]
    assert found.rate == pytest.approx(np.log(1.1) * 7 / 365.25)


@MODELS
def test_bands_hold_their_value_and_widen_with_level_and_uncertainty(model):
    given, fit, spend = some(), known(model), known(SPEND)
    vague = known(model, 0.01 * np.eye(4))
    for call in (
        lambda which, level: lifetime.alive_band(which, given, level=level),
        lambda which, level: lifetime.expected_band(which, given, 26.0, level=level),
        lambda which, level: lifetime.residual_band(
            which, spend, given, rate_per_year=0.1, level=level
        ),
    ):
        usual, wide, vaguer = call(fit, 0.8), call(fit, 0.99), call(vague, 0.8)
        assert usual.covers == "parameters"
        for band in (usual, wide, vaguer):
            assert (band.low <= band.value).all()
            assert (band.value <= band.high).all()
        assert (wide.low <= usual.low).all()
        assert (wide.high >= usual.high).all()
        assert ((vaguer.high - vaguer.low) >= (usual.high - usual.low)).all()


@MODELS
def test_residual_band_is_that_of_draws_of_the_parameters(model):
    given = lifetime.histories([2, 6], [20.0, 50.0], [52.0, 52.0], [80.0, 20.0])
    chance = np.random.default_rng(1)
    draws = []
    for shift in chance.normal(0.0, np.sqrt(1e-3), (400, 7)):
        near = type(model)(*(model.parameters * np.exp(shift[:4])))
        spend = GammaGamma(*(SPEND.parameters * np.exp(shift[4:])))
        found = lifetime.residual_value(known(near), known(spend), given, rate_per_year=0.1)
        draws.append(np.log(found.value))
    band = lifetime.residual_band(known(model), known(SPEND), given, rate_per_year=0.1)
    width = np.log(band.high / band.low) / (2 * 1.959964)
    # The deviation of 400 normal draws is known to 3.5 %.
    assert width == pytest.approx(np.std(draws, axis=0), rel=0.12)


@MODELS
def test_count_band_cuts_the_distribution_where_its_level_says(model):
    given, fit = some(), known(model)
    probabilities = lifetime.count_probabilities(fit, given, 26.0, 400)
    assert probabilities.sum(axis=1) == pytest.approx(1.0, abs=1e-9)
    cumulative = np.cumsum(probabilities, axis=1)
    band = lifetime.count_band(fit, given, 26.0, level=0.9)
    assert band.low.tolist() == np.argmax(cumulative >= 0.05, axis=1).tolist()
    assert band.high.tolist() == np.argmax(cumulative >= 0.95, axis=1).tolist()
    assert band.covers == "individual"


def test_alive_is_a_calibrated_probability_of_ordering_again(world):
    model, _, histories, after = world
    none = lifetime.count_probabilities(known(model), histories, after.length, 0)[:, 0]
    again = after.count > 0
    for group in np.array_split(np.argsort(none), 10):
        expected = 1.0 - none[group]
        error = np.sqrt(np.sum(expected * (1 - expected))) / group.size
        assert abs(again[group].mean() - expected.mean()) < 4.5 * error


def test_expected_orders_are_the_mean_of_what_is_done(world):
    model, _, histories, after = world
    expected = lifetime.score(known(model), histories, after.length).expected
    for group in np.array_split(np.argsort(expected), 5):
        miss = after.count[group] - expected[group]
        assert abs(miss.mean()) < 4.5 * miss.std() / np.sqrt(group.size)


def test_count_band_holds_what_customers_do(world):
    model, _, histories, after = world
    for level in (0.8, 0.95):
        band = lifetime.count_band(known(model), histories, after.length, level=level)
        held = np.mean((band.low <= after.count) & (after.count <= band.high))
        # At least the level, because counts are whole; three standard errors of chance.
        assert held >= level - 3 * np.sqrt(level * (1 - level) / COUNT)
        below, above = np.mean(after.count < band.low), np.mean(after.count > band.high)
        assert below <= (1 - level) / 2 + 0.005
        assert above <= (1 - level) / 2 + 0.005


def test_spend_band_holds_what_customers_pay(world):
    model, _, histories, after = world
    part = slice(0, 4_000)
    some_of_them = lifetime.histories(
        histories.frequency[part],
        histories.recency[part],
        histories.age[part],
        histories.value[part],
    )
    band = lifetime.spend_band(
        known(model), known(SPEND), some_of_them, after.length, level=0.9, draws=400, seed=1
    )
    paid = after.value[part]
    held = np.mean((band.low <= paid) & (paid <= band.high))
    # At least the level, because nothing at all is often within; 400 draws cost half a per cent.
    assert held >= 0.9 - 0.005 - 3 * np.sqrt(0.09 / 4_000)
    assert np.mean(paid > band.high) <= 0.05 + 0.005 + 3 * np.sqrt(0.0475 / 4_000)
    miss = paid - band.value
    assert abs(miss.mean()) < 4.5 * miss.std() / np.sqrt(4_000)
    again = lifetime.spend_band(
        known(model), known(SPEND), some_of_them, after.length, level=0.9, draws=400, seed=1
    )
    assert again.high.tolist() == band.high.tolist()


@MODELS
def test_heavy_customers_and_long_silences_stay_finite(model):
    given = lifetime.histories([5_000, 5_000, 1], [1.0, 500.0, 0.01], [500.0, 500.0, 5_000.0])
    fit = known(model)
    scores = lifetime.score(fit, given, 52.0)
    value = lifetime.residual_value(fit, None, given, rate_per_year=0.1)
    band = lifetime.expected_band(fit, given, 52.0)
    for found in (scores.alive, scores.expected, value.orders, band.low, band.high):
        assert np.isfinite(found).all()
    assert scores.alive[0] < 1e-300 < scores.alive[1]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [BetaGeometric, Pareto])
def test_any_parameters_and_histories_give_finite_consistent_scores(kind):
    chance = np.random.default_rng(17)
    for _ in range(60):
        age = 10 ** chance.uniform(-2, 4, 12)
        frequency = np.floor(10 ** chance.uniform(-0.5, 3.5, 12))
        share = chance.choice([1.0, 1e-6, 0.5, 0.999999], 12)
        given = lifetime.histories(frequency, np.where(frequency > 0, age * share, 0.0), age)
        fit = known(kind(*10 ** chance.uniform(-1.3, 1.7, 4)))
        horizon = 10 ** chance.uniform(-3, 3)
        scores = lifetime.score(fit, given, horizon)
        assert ((scores.alive >= 0) & (scores.alive <= 1)).all()
        assert (np.isfinite(scores.expected) & (scores.expected >= 0)).all()
        plain = lifetime.residual_value(fit, None, given, rate_per_year=0.0, horizon=horizon)
        assert plain.orders == pytest.approx(scores.expected, rel=1e-5, abs=1e-290)
        discounted = lifetime.residual_value(fit, None, given, rate_per_year=0.2, horizon=horizon)
        assert (discounted.orders <= plain.orders * (1 + 1e-5)).all()
        for_ever = lifetime.residual_value(fit, None, given, rate_per_year=0.2)
        assert np.isfinite(for_ever.orders).all()
        assert (for_ever.orders >= discounted.orders * (1 - 1e-5)).all()


FIT = known(TRUTH[0])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lifetime.score(FIT, some(), 0.0), OutOfRange, "horizon is 0.0"),
        (lambda: lifetime.score(FIT, some(), np.nan), OutOfRange, "finite"),
        (
            lambda: lifetime.score(dataclasses.replace(FIT, unit_days=1.0), some(), 1.0),
            OtherUnit,
            "1.0 days, the histories in 7.0 days",
        ),
        (lambda: lifetime.expected_band(FIT, some(), 1.0, level=1.0), OutOfRange, "below 1"),
        (lambda: lifetime.count_band(FIT, some(), 1.0, level=0.0), OutOfRange, "above 0"),
        (
            lambda: lifetime.residual_value(FIT, None, some(), rate_per_year=0.0),
            OutOfRange,
            "infinite",
        ),
        (
            lambda: lifetime.residual_value(FIT, None, some(), rate_per_year=0.1, margin=0),
            OutOfRange,
            "margin",
        ),
        (
            lambda: lifetime.residual_value(
                FIT, known(GammaGamma(1.0, 0.9, 5.0)), some(), rate_per_year=0.1
            ),
            NotIdentified,
            "q is 0.9 <= 1",
        ),
        (
            lambda: lifetime.expected_band(
                dataclasses.replace(FIT, covariance=None, reason="flat"), some(), 1.0
            ),
            NotIdentified,
            "flat",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert isinstance(raised.value, ScienceRefused)
    assert raised.value.next_step
