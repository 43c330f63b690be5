"""Measures of quality are those of their papers, and their intervals cover the truth."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from regulars.science.churn import facade
from regulars.science.churn.assessment import auc
from regulars.science.errors import NoData, NotFinite, OneClass, OutOfRange, TooFew, WrongShape


def test_figures_are_those_of_scikit_learn_ties_included():
    random = np.random.default_rng(1)
    probability = np.round(random.random(400), 1)
    churned = random.random(400) < 0.2 + 0.6 * probability
    found = facade.assess(probability, churned, seed=1)
    np.testing.assert_allclose(found.auc.value, roc_auc_score(churned, probability))
    np.testing.assert_allclose(found.brier.value, brier_score_loss(churned, probability))
    np.testing.assert_allclose(
        found.log_loss, log_loss(churned, np.clip(probability, 1e-12, 1 - 1e-12))
    )
    np.testing.assert_allclose(
        found.brier_skill, 1 - found.brier.value / (churned.mean() * (1 - churned.mean()))
    )


def test_the_calibration_error_is_the_weighted_distance_of_the_bins():
    probability = np.array([0.1, 0.3, 0.2, 0.9, 0.7, 0.8])
    churned = np.array([False, False, True, True, True, False])
    found = facade.assess(probability, churned, seed=1, bins=2)
    assert [row.customers for row in found.calibration] == [3, 3]
    np.testing.assert_allclose([row.predicted for row in found.calibration], [0.2, 0.8])
    np.testing.assert_allclose([row.observed.value for row in found.calibration], [1 / 3, 2 / 3])
    np.testing.assert_allclose(found.calibration_error, 2 / 15)


def test_calibrated_probabilities_err_as_chance_does():
    """Over 400 draws of outcomes from the probabilities themselves, the mean calibration error is
    what is said of chance (its standard error is 1.5 %), and z is standard normal."""
    random = np.random.default_rng(2)
    probability = random.beta(2.0, 1.0, 1_000)
    outcomes = random.random((400, 1_000)) < probability
    errors, z = [], []
    for churned in outcomes:
        rows = facade.calibration(probability, churned)
        errors.append(np.mean([abs(row.predicted - row.observed.value) for row in rows]))
        weight = 1.0 - 2.0 * probability
        z.append(((churned - probability) * weight).sum())
    found = facade.assess(probability, outcomes[0], seed=1)
    np.testing.assert_allclose(np.mean(errors), found.calibration_error_by_chance, rtol=0.06)
    deviation = np.sqrt((weight**2 * probability * (1 - probability)).sum())
    np.testing.assert_allclose(found.calibration_z, z[0] / deviation)
    assert abs(np.std(np.array(z) / deviation) - 1.0) < 0.12


def test_a_wrong_probability_shows_in_error_and_z():
    random = np.random.default_rng(3)
    probability = random.uniform(0.05, 0.6, 4_000)
    churned = random.random(4_000) < np.minimum(probability + 0.1, 1.0)
    found = facade.assess(probability, churned, seed=1)
    assert found.calibration_error > 0.07
    assert abs(found.calibration_z) > 5.0


def test_the_interval_of_the_auc_is_delongs_over_all_pairs():
    """Every churned customer beside everyone who stayed, as the paper writes it, ties half."""
    random = np.random.default_rng(7)
    probability = np.round(random.random(60), 1)
    churned = np.arange(60) < 45
    higher, lower = probability[churned][:, None], probability[~churned][None, :]
    wins = (higher > lower) + 0.5 * (higher == lower)
    variance = wins.mean(axis=1).var(ddof=1) / 45 + wins.mean(axis=0).var(ddof=1) / 15
    found = auc(probability, churned)
    np.testing.assert_allclose(found.value, wins.mean())
    np.testing.assert_allclose(found.high - found.value, norm.ppf(0.975) * np.sqrt(variance))


def test_the_interval_of_the_auc_covers_the_truth():
    """Scores N(1, 1) against N(0, 1): the AUC is Phi(1 / sqrt 2). 1,000 samples of 60 and 40."""
    random = np.random.default_rng(4)
    churned = np.arange(100) < 60
    truth = norm.cdf(1.0 / np.sqrt(2.0))
    samples = random.normal(size=(1_000, 100)) + churned
    covered = np.mean([auc(norm.cdf(row), churned).covers(truth) for row in samples])
    assert 0.93 <= covered <= 0.97


def test_the_interval_of_the_brier_score_covers_the_truth():
    random = np.random.default_rng(5)
    covered = []
    truth = np.mean([1 / 6])
    for _ in range(400):
        probability = random.random(300)
        churned = random.random(300) < probability
        squares = (probability - churned) ** 2
        spread = norm.ppf(0.975) * squares.std(ddof=1) / np.sqrt(300)
        covered.append(abs(squares.mean() - truth) <= spread)
    found = facade.assess(probability, churned, seed=1).brier
    np.testing.assert_allclose([found.value, found.high - found.value], [squares.mean(), spread])
    assert 0.93 <= np.mean(covered) <= 0.975


def test_lift_is_the_churned_share_of_the_top_over_that_of_all():
    probability = np.linspace(0.95, 0.05, 10)
    churned = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], dtype=bool)
    found = facade.lift(probability, churned, share=0.2, seed=1)
    assert found.customers == 2
    assert (found.precision.value, found.lift.value, found.found.value) == (1.0, 2.5, 0.5)
    assert found.lift_most == 2.5
    everyone = facade.lift(probability, churned, share=1.0, seed=1)
    assert (everyone.lift.value, everyone.found.value) == (1.0, 1.0)
    assert everyone.lift.low == everyone.lift.high == 1.0


def test_the_sequence_of_equal_probabilities_brings_no_lift():
    """All probabilities equal and the churned listed first: lift is 1 within chance, over seeds."""
    churned = np.arange(1_000) < 300
    lifts = [
        facade.lift(np.full(1_000, 0.3), churned, share=0.1, seed=seed).lift.value
        for seed in range(20)
    ]
    # The standard deviation of one is 0.15, of their mean 0.03.
    assert abs(np.mean(lifts) - 1.0) < 0.1


def test_the_interval_of_the_lift_covers_the_truth():
    """Probabilities uniform on (0, 1) that are true: the top fifth churns at 0.9, all at 0.5."""
    random = np.random.default_rng(6)
    covered = []
    for seed in range(200):
        probability = random.random(400)
        churned = random.random(400) < probability
        found = facade.lift(probability, churned, share=0.2, seed=seed)
        covered.append(found.lift.covers(1.8))
    assert 0.92 <= np.mean(covered) <= 0.98


PROBABILITY = np.linspace(0.0, 1.0, 10)
HALF = np.arange(10) % 2 == 0


@pytest.mark.parametrize(
    ("probability", "churned", "more", "error", "words"),
    [
        ([], [], {}, NoData, "probability is empty"),
        (PROBABILITY * np.nan, HALF, {}, NotFinite, r"probability\[0\]"),
        (PROBABILITY + np.inf, HALF, {}, NotFinite, r"probability\[0\]"),
        (PROBABILITY * 2, HALF, {}, OutOfRange, "at most 1"),
        (PROBABILITY, HALF[:9], {}, WrongShape, "churned"),
        (PROBABILITY, np.zeros(10, bool), {}, OneClass, "all of churned are 0"),
        (PROBABILITY, np.arange(10) == 0, {}, TooFew, "1 customers of the rarer outcome"),
        (PROBABILITY[:1], [True], {}, OneClass, "churned"),
        (PROBABILITY, HALF, {"level": 1.0}, OutOfRange, "level"),
        (PROBABILITY, HALF, {"bins": 0}, OutOfRange, "bins"),
        (PROBABILITY, HALF, {"shares": (0.0,)}, OutOfRange, "share"),
    ],
)
def test_what_cannot_be_judged_is_refused(probability, churned, more, error, words):
    with pytest.raises(error, match=words):
        facade.assess(np.asarray(probability), np.asarray(churned, bool), seed=1, **more)


def test_certain_and_equal_probabilities_have_finite_figures():
    for probability in (HALF.astype(float), 1.0 - HALF, np.full(10, 0.5), np.zeros(10)):
        found = facade.assess(probability, HALF, seed=1)
        figures = [
            found.auc.low,
            found.auc.high,
            found.brier.high,
            found.brier_skill,
            found.log_loss,
            found.calibration_error,
            found.calibration_error_by_chance,
            found.calibration_z,
        ]
        assert np.isfinite(figures).all()
