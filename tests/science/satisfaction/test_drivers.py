"""Drivers share what they explain, and their intervals hold the truth."""

from itertools import permutations

import numpy as np
import pytest

from regulars.science.errors import (
    NoData,
    NotFinite,
    NoVariation,
    OutOfRange,
    TooFew,
    TooLarge,
    WrongShape,
)
from regulars.science.satisfaction.drivers import _analysed
from regulars.science.satisfaction.facade import drivers


def _ratings(seed: int, answers: int, effects, correlation: float):
    random = np.random.default_rng(seed)
    count = len(effects)
    among = np.full((count, count), correlation) + (1.0 - correlation) * np.eye(count)
    features = random.normal(size=(answers, count)) @ np.linalg.cholesky(among).T
    return features @ np.asarray(effects) + random.normal(size=answers), features


def test_effects_are_those_of_least_squares_on_standardised_columns():
    outcome, features = _ratings(1, 150, [0.5, 0.0, -0.3, 0.2], 0.3)
    found = drivers(outcome, features * 7.0 + 3.0, seed=1, draws=100)
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    target = (outcome - outcome.mean()) / outcome.std()
    expected = np.linalg.lstsq(standard, target, rcond=None)[0]
    np.testing.assert_allclose([one.effect.value for one in found.drivers], expected, atol=1e-7)
    left = target - standard @ expected
    assert found.explained.value == pytest.approx(1.0 - (left**2).mean(), abs=1e-7)
    assert found.drivers[0].mean == pytest.approx(3.0 + 7.0 * features[:, 0].mean())


def test_importance_is_the_gain_averaged_over_all_orders():
    outcome, features = _ratings(2, 80, [0.5, 0.3, -0.2], 0.5)
    found = drivers(outcome, features, seed=1, draws=100)

    def explained(columns):
        design = np.column_stack([np.ones(80), features[:, columns]])
        left = outcome - design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
        return 1.0 - left.var() / outcome.var()

    gains = np.zeros(3)
    for order in permutations(range(3)):
        for place, driver in enumerate(order):
            gains[driver] += explained(list(order[: place + 1])) - explained(list(order[:place]))
    importance = [one.importance.value for one in found.drivers]
    np.testing.assert_allclose(importance, gains / 6.0, atol=1e-7)
    assert sum(importance) == pytest.approx(found.explained.value)


def test_twins_share_and_strangers_get_nothing():
    outcome, features = _ratings(3, 400, [0.8, 0.0], 0.0)
    found = drivers(outcome, features[:, [0, 0, 1]], seed=1).drivers
    assert found[0].importance.value == pytest.approx(found[1].importance.value)
    assert found[0].effect.value == pytest.approx(found[1].effect.value, abs=1e-6)
    assert found[2].importance.low == 0.0
    assert found[2].effect.low < 0.0 < found[2].effect.high


def test_a_weight_of_two_is_the_answer_twice():
    outcome, features = _ratings(4, 60, [0.5, 0.3], 0.2)
    weight = np.r_[np.full(20, 2.0), np.ones(30), np.zeros(10)]
    rows = np.r_[np.arange(20), np.arange(50)]
    weighted = drivers(outcome, features, seed=1, weights=weight, draws=100)
    repeated = drivers(outcome[rows], features[rows], seed=1, draws=100)
    for one, other in zip(weighted.drivers, repeated.drivers, strict=True):
        assert one.effect.value == pytest.approx(other.effect.value)
        assert one.importance.value == pytest.approx(other.importance.value)
        assert one.mean == pytest.approx(other.mean)
    assert weighted.answers == 50
    assert weighted.effective_answers == pytest.approx(70**2 / (20 * 4 + 30))


def test_the_same_seed_gives_the_same_intervals_and_units_do_not_matter():
    outcome, features = _ratings(5, 60, [0.5, 0.3], 0.2)
    first = drivers(outcome, features, seed=9, draws=100)
    assert drivers(outcome, features, seed=9, draws=100) == first
    assert drivers(outcome, features, seed=8, draws=100) != first
    huge = drivers(outcome * 1e-200, features * 1e200, seed=9, draws=100)
    for one, other in zip(first.drivers, huge.drivers, strict=True):
        assert one.effect.low == pytest.approx(other.effect.low)
        assert one.importance.high == pytest.approx(other.importance.high)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    effects, correlation = np.array([0.5, 0.3, 0.0]), 0.3
    among = np.full((3, 3), correlation) + (1.0 - correlation) * np.eye(3)
    variance = effects @ among @ effects + 1.0
    truth = np.eye(4)
    truth[:3, :3] = among
    truth[:3, 3] = truth[3, :3] = among @ effects / np.sqrt(variance)
    effect, importance, explained = (one[0] for one in _analysed(truth[None]))
    covered = np.zeros((200, 3))
    for seed in range(200):
        found = drivers(*_ratings(seed, 150, effects, correlation), seed=seed, draws=400)
        covered[seed] = (
            np.mean([one.effect.covers(effect[i]) for i, one in enumerate(found.drivers)]),
            np.mean([one.importance.covers(importance[i]) for i, one in enumerate(found.drivers)]),
            found.explained.covers(explained),
        )
    shares = covered.mean(axis=0)
    assert 0.93 <= shares[0] <= 0.97
    # Parts of R squared lean to caution, see the module.
    assert 0.93 <= shares[1] <= 0.99
    assert 0.92 <= shares[2] <= 0.99


def test_a_sample_in_which_a_feature_does_not_vary_is_no_silent_nan():
    # One answer in twelve differs: a third of all samples miss it.
    feature = np.zeros(12)
    feature[0] = 1.0
    outcome = np.arange(12.0)
    found = drivers(outcome, feature[:, None], seed=1, draws=500)
    assert np.isfinite([found.explained.low, found.explained.high]).all()
    assert found.drivers[0].effect.low < found.drivers[0].effect.high


_Y, _X = _ratings(6, 20, [0.5, 0.3], 0.0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: drivers([], np.empty((0, 2)), seed=1), NoData, "satisfaction is empty"),
        (lambda: drivers(_Y, _X[:19], seed=1), WrongShape, "features"),
        (lambda: drivers(_Y[:4], _X[:4], seed=1), TooFew, "4 answers, at least 5"),
        (
            lambda: drivers(_Y, _X, seed=1, weights=np.arange(20) < 4),
            TooFew,
            "4 answers, at least 5",
        ),
        (lambda: drivers(np.ones(20), _X, seed=1), NoVariation, "all values of satisfaction"),
        (lambda: drivers(_Y, _X * [1.0, 0.0], seed=1), NoVariation, r"features\[:, 1\] are 0"),
        (lambda: drivers(_Y * np.nan, _X, seed=1), NotFinite, r"satisfaction\[0\]"),
        (lambda: drivers(_Y, _X * np.inf, seed=1), NotFinite, "features"),
        (lambda: drivers(_Y, np.random.default_rng(1).random((20, 13)), seed=1), TooLarge, "12"),
        (lambda: drivers(_Y, _X, seed=1, draws=10), OutOfRange, "draws"),
        (lambda: drivers(_Y, _X, seed=1, level=0.0), OutOfRange, "level"),
        (lambda: drivers(_Y, _X, seed=1, weights=-np.ones(20)), OutOfRange, "weights"),
    ],
)  # fmt: skip
def test_what_has_no_drivers_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step
