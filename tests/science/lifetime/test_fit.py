"""Fits: what may not change them, what they cannot do, and how they say so."""

import numpy as np
import pytest

from regulars.science.errors import NoVariation, OutOfRange, TooFew
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.contracts import Histories
from regulars.science.lifetime.errors import NotIdentified
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.pareto import Pareto
from regulars.science.lifetime.rows import distinct

TRUTH = {
    BetaGeometric: BetaGeometric(0.24, 4.4, 0.8, 2.4),
    Pareto: Pareto(0.55, 10.6, 0.6, 11.7),
}
FITS = {BetaGeometric: lifetime.fit_beta_geometric, Pareto: lifetime.fit_pareto}
KINDS = pytest.mark.parametrize("kind", [BetaGeometric, Pareto])


def on_days(histories: Histories) -> Histories:
    """The same histories with times in whole days, as orders make them."""
    recency = np.ceil(histories.recency * 7.0) / 7.0
    age = np.ceil(histories.age * 7.0) / 7.0
    return lifetime.histories(histories.frequency, recency, age, histories.value)


@pytest.fixture(scope="module")
def shops():
    age = np.tile(np.linspace(27.0, 39.0, 84), 40)
    spend = GammaGamma(6.25, 3.74, 15.44)
    return {
        kind: on_days(lifetime.simulate_histories(model, age, seed=5, spend=spend))
        for kind, model in TRUTH.items()
    }


@pytest.fixture(scope="module")
def fits(shops):
    return {kind: FITS[kind](histories) for kind, histories in shops.items()}


@KINDS
def test_distinct_rows_with_weights_give_the_fit_of_all_rows(kind, shops, fits):
    histories = shops[kind]
    assert distinct(histories).weight.sum() == histories.age.shape[0]
    assert fits[kind].rows < 0.5 * histories.age.shape[0]
    # A hair off the grid of days nothing is merged.
    nudged = lifetime.histories(histories.frequency, histories.recency * (1 - 1e-5), histories.age)
    other = FITS[kind](nudged)
    assert other.rows == histories.age.shape[0]
    assert other.log_likelihood == pytest.approx(fits[kind].log_likelihood, rel=1e-5)
    assert other.model.parameters == pytest.approx(fits[kind].model.parameters, rel=1e-3)


@KINDS
def test_sequence_of_customers_does_not_matter(kind, shops, fits):
    histories, sequence = shops[kind], np.random.default_rng(1).permutation(shops[kind].age.size)
    other = FITS[kind](
        lifetime.histories(
            histories.frequency[sequence], histories.recency[sequence], histories.age[sequence]
        )
    )
    assert other.log_likelihood == pytest.approx(fits[kind].log_likelihood, rel=1e-13)
    assert other.model.parameters == pytest.approx(fits[kind].model.parameters, rel=1e-9)


@KINDS
def test_days_instead_of_weeks_change_the_times_only(kind, shops, fits):
    histories = shops[kind]
    days = lifetime.histories(
        histories.frequency, histories.recency * 7.0, histories.age * 7.0, unit_days=1.0
    )
    other = FITS[kind](days)
    ratio = other.model.parameters / fits[kind].model.parameters
    in_time = [name in ("alpha", "beta") for name in other.model.names]
    assert ratio == pytest.approx(np.where(in_time, 7.0, 1.0), rel=1e-6)
    # A density per day is a seventh of one per week, for each repeat order.
    shift = histories.frequency.sum() * np.log(7.0)
    assert other.log_likelihood == pytest.approx(fits[kind].log_likelihood - shift, rel=1e-12)
    now, then = (
        lifetime.score(fits[kind], histories, 4.0),
        lifetime.score(other, days, 28.0),
    )
    assert then.alive == pytest.approx(now.alive, rel=1e-6)
    assert then.expected == pytest.approx(now.expected, rel=1e-6)


@KINDS
def test_twice_the_customers_halve_the_variance(kind, shops, fits):
    histories = shops[kind]
    twice = lifetime.histories(
        np.tile(histories.frequency, 2), np.tile(histories.recency, 2), np.tile(histories.age, 2)
    )
    other = FITS[kind](twice)
    assert other.rows == fits[kind].rows
    assert other.log_likelihood == pytest.approx(2 * fits[kind].log_likelihood, rel=1e-12)
    assert other.identified() == pytest.approx(fits[kind].identified() / 2, rel=1e-5)


@KINDS
def test_no_neighbour_has_a_higher_likelihood(kind, shops, fits):
    fit = fits[kind]
    assert fit.converged
    assert fit.reason == ""
    assert np.ptp(fit.starts) < 1e-6
    again = FITS[kind](shops[kind], start=fit.model)
    assert again.iterations <= 1
    assert again.model.parameters == pytest.approx(fit.model.parameters, rel=1e-6)


@KINDS
def test_many_rows_start_on_a_sample_and_end_on_all(kind, shops, monkeypatch, fits):
    monkeypatch.setattr("regulars.science.lifetime.fit.ROWS_OF_STARTS", 300)
    other = FITS[kind](shops[kind])
    assert other.converged
    assert other.log_likelihood == pytest.approx(fits[kind].log_likelihood, rel=1e-12)
    assert other.model.parameters == pytest.approx(fits[kind].model.parameters, rel=1e-5)


def test_intervals_are_around_the_estimates_and_widen_with_the_level(fits):
    fit = fits[BetaGeometric]
    narrow, wide = fit.intervals(0.5), fit.intervals(0.99)
    for value, inner, outer in zip(fit.model.parameters, narrow, wide, strict=True):
        assert 0 < outer.low < inner.low < value < inner.high < outer.high
    assert fit.standard_errors() == pytest.approx(
        fit.model.parameters * np.sqrt(np.diag(fit.identified()))
    )


def test_money_in_cents_changes_the_scale_of_the_spend_alone(shops):
    histories = shops[BetaGeometric]
    euros = lifetime.fit_spend(histories).fit.model
    cents = lifetime.fit_spend(
        lifetime.histories(
            histories.frequency, histories.recency, histories.age, 100 * histories.value
        )
    ).fit.model
    assert cents.parameters / euros.parameters == pytest.approx([1, 1, 100], rel=1e-6)


def test_customers_without_a_positive_value_are_counted_and_left_out():
    frequency, value = [1, 2, 3, 1, 2, 4, 1, 0], [5.0, 7.0, 3.0, 9.0, 4.0, 6.0, -2.0, 0.0]
    recency = [1.0 * bool(count) for count in frequency]
    found = lifetime.fit_spend(lifetime.histories(frequency, recency, [2.0] * 8, value))
    assert found.left_out == 1
    assert found.fit.customers == 6


def ages(count: int) -> list[float]:
    return [10.0 + number for number in range(count)]


@KINDS
@pytest.mark.parametrize(
    ("frequency", "recency", "age", "error", "words"),
    [
        ([0], [0.0], [5.0], TooFew, "0 customers with a repeat order, at least 2"),
        ([3], [2.0], [5.0], TooFew, "1 customers with a repeat order"),
        ([0] * 9, [0.0] * 9, ages(9), TooFew, "0 customers with a repeat order"),
        ([2] * 9, [3.0] * 9, [5.0] * 9, NoVariation, "all values of histories are 5.0"),
        ([1, 1, 0], [1.0, 2.0, 0.0], [5.0, 5.0, 5.0], TooFew, "3 distinct histories"),
    ],
)
def test_too_little_to_learn_from_is_refused(kind, frequency, recency, age, error, words):
    with pytest.raises(error, match=words) as raised:
        FITS[kind](lifetime.histories(frequency, recency, age))
    assert raised.value.next_step


@KINDS
def test_customers_who_never_leave_and_order_alike_have_no_peak_and_say_so(kind):
    # Like clockwork: neither the rates nor the chances of leaving differ between customers.
    age = np.linspace(20.0, 40.0, 200)
    fit = FITS[kind](lifetime.histories(np.full(200, 10), 0.99 * age, age))
    assert not fit.converged
    assert "zero or infinity" in fit.reason
    assert fit.covariance is None
    assert np.isfinite(fit.log_likelihood)
    assert np.isfinite(fit.model.parameters).all()
    for ask in (fit.intervals, fit.standard_errors):
        with pytest.raises(NotIdentified, match="zero or infinity") as raised:
            ask()
        assert raised.value.next_step


def test_spend_refuses_what_it_cannot_learn_from():
    some = [1, 2, 1, 3, 1, 2]
    with pytest.raises(NoVariation, match=r"histories\.value"):
        lifetime.fit_spend(lifetime.histories(some, [1.0] * 6, ages(6), [9.0] * 6))
    with pytest.raises(TooFew, match="0 customers with a repeat order of positive value"):
        lifetime.fit_spend(lifetime.histories(some, [1.0] * 6, ages(6), [0.0] * 6))


def test_start_has_to_be_positive(shops):
    with pytest.raises(OutOfRange, match=r"start\.alpha is 0.0"):
        lifetime.fit_beta_geometric(shops[BetaGeometric], start=BetaGeometric(1.0, 0.0, 1.0, 1.0))
