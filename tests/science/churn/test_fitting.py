"""The models find what is there, keep their directions, and stay finite where data run out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from regulars.science.churn import facade
from regulars.science.churn.additive import curve_values, fit_additive, fit_logistic
from regulars.science.churn.contracts import Additive, Learner, Measure, Scale, Settings
from regulars.science.churn.errors import OtherFeatures
from regulars.science.churn.fitting import folds, platt
from regulars.science.errors import (
    NoData,
    NotFinite,
    OneClass,
    OutOfRange,
    TooFew,
    WrongShape,
)
from tests.science.churn.shops import logistic_data, table

PLAIN = Settings(learner=Learner.ADDITIVE)
QUICK_TREES = Settings(learner=Learner.TREES, trees=30, leaf_rows=20)


def test_without_signs_the_fit_is_the_one_of_scikit_learn():
    random = np.random.default_rng(1)
    design = random.normal(size=(500, 4))
    outcomes = (random.random(500) < expit(design[:, 0] - 0.5)).astype(np.float64)
    intercept, slopes = fit_logistic(design, outcomes, np.zeros(4), ridge=2.0)
    peer = LogisticRegression(C=0.5, tol=1e-10, max_iter=1_000).fit(design, outcomes)
    np.testing.assert_allclose(slopes, peer.coef_[0], atol=1e-5)
    np.testing.assert_allclose(intercept, peer.intercept_[0], atol=1e-5)


def test_a_sign_holds_against_the_data():
    random = np.random.default_rng(2)
    design = random.normal(size=(500, 2))
    outcomes = (random.random(500) < expit(2.0 * design[:, 0])).astype(np.float64)
    _, slopes = fit_logistic(design, outcomes, np.array([-1, 0]), ridge=0.0)
    assert slopes[0] == 0.0


@given(seed=st.integers(0, 2**32 - 1), direction=st.sampled_from([-1, 1]))
@settings(max_examples=25, deadline=None)
def test_curves_never_turn(seed, direction):
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(200, 2))
    outcomes = (random.random(200) < expit(3.0 * np.sin(2 * inputs[:, 0]))).astype(np.float64)
    model = fit_additive(inputs, outcomes, (direction, 0), segments=4, ridge=0.1)
    line = np.column_stack([np.linspace(-5, 5, 400), np.zeros(400)])
    heights = curve_values(model.curves, line)[:, 0]
    assert (direction * np.diff(heights) >= 0.0).all()


def test_a_curve_bends_where_the_truth_bends():
    random = np.random.default_rng(3)
    x = random.uniform(0.0, 1.0, (40_000, 1))
    truth = np.where(x[:, 0] < 0.5, 0.0, 6.0 * (x[:, 0] - 0.5))
    outcomes = (random.random(40_000) < expit(truth)).astype(np.float64)
    model = fit_additive(x, outcomes, (1,), segments=2, ridge=1.0)
    ends = model.intercept + curve_values(model.curves, np.array([[0.0], [0.5], [1.0]]))[:, 0]
    # Standard errors of the three are below 0.05 at 40,000 rows.
    np.testing.assert_allclose(ends, [0.0, 0.0, 3.0], atol=0.2)


@pytest.mark.parametrize("chosen", [PLAIN, QUICK_TREES])
def test_contributions_add_up_to_the_log_odds_exactly(chosen):
    features, churned, _ = logistic_data(600, seed=4)
    model = facade.fit(features, churned, seed=1, settings=chosen)
    scores = facade.score(model, features)
    assert model.learner is chosen.learner
    np.testing.assert_allclose(
        logit(scores.probability),
        scores.average_log_odds + scores.contributions.sum(axis=1),
        atol=1e-9,
    )


def test_the_average_member_has_no_contributions():
    features, churned, _ = logistic_data(600, seed=5)
    model = facade.fit(features, churned, seed=1, settings=PLAIN)
    average = replace(features, customer=np.array([0]), values=model.average[None, :])
    scores = facade.score(model, average)
    np.testing.assert_allclose(scores.contributions, 0.0, atol=1e-12)
    np.testing.assert_allclose(logit(scores.probability), scores.average_log_odds)


def test_contributions_of_trees_are_what_the_trees_say():
    """The probabilities with contributions are those of LightGBM's own prediction, calibrated."""
    from regulars.science.churn.additive import scaled
    from regulars.science.churn.trees import tree_log_odds

    features, churned, _ = logistic_data(600, seed=4)
    model = facade.fit(features, churned, seed=1, settings=QUICK_TREES)
    assert model.trees is not None
    raw = tree_log_odds(model.trees, scaled(features.values, features.measures))
    np.testing.assert_allclose(
        facade.score(model, features).probability,
        expit(model.calibration_intercept + model.calibration_slope * raw),
        atol=1e-9,
    )


def test_the_calibration_curve_is_recovered():
    """200,000 outcomes of known curves: the errors of both parameters are below 0.01."""
    random = np.random.default_rng(6)
    score = random.normal(size=200_000)
    outcomes = (random.random(score.size) < expit(0.7 + 0.4 * score)).astype(np.float64)
    intercept, slope = platt(score, outcomes)
    np.testing.assert_allclose([intercept, slope], [0.7, 0.4], atol=0.03)


def test_separated_scores_stay_short_of_certainty_by_platts_targets():
    """20 and 30 customers, perfectly told apart: 21 / 22 and 1 / 32."""
    outcomes = np.repeat([1.0, 0.0], [20, 30])
    intercept, slope = platt(2.0 * outcomes - 1.0, outcomes)
    found = expit(intercept + slope * np.array([1.0, -1.0]))
    np.testing.assert_allclose(found, [21 / 22, 1 / 32], rtol=1e-3)


def test_scores_that_say_nothing_become_the_churned_share():
    random = np.random.default_rng(7)
    outcomes = (random.random(1_000) < 0.3).astype(np.float64)
    intercept, slope = platt(np.zeros(1_000), outcomes)
    assert slope == 0.0
    np.testing.assert_allclose(expit(intercept), outcomes.mean(), atol=1e-3)


def test_scores_that_point_the_wrong_way_are_not_turned_round():
    outcomes = np.repeat([0.0, 1.0], 100)
    assert platt(-outcomes, outcomes)[1] == 0.0


@pytest.mark.parametrize("chosen", [PLAIN, QUICK_TREES])
def test_the_same_seed_gives_the_same_model(chosen):
    features, churned, _ = logistic_data(400, seed=8)
    first = facade.fit(features, churned, seed=11, settings=chosen)
    second = facade.fit(features, churned, seed=11, settings=chosen)
    np.testing.assert_array_equal(
        facade.score(first, features).probability, facade.score(second, features).probability
    )


def test_both_outcomes_are_spread_evenly_over_the_folds():
    churned = np.arange(103) < 23
    fold = folds(churned, 5, seed=1)
    for outcome in (True, False):
        counts = np.bincount(fold[churned == outcome], minlength=5)
        assert np.ptp(counts) <= 1


def test_plain_data_choose_the_plain_model():
    features, churned, _ = logistic_data(2_000, seed=9)
    model = facade.fit(
        features, churned, seed=1, settings=Settings(rich_rows=1_000, rich_each=100, trees=50)
    )
    assert model.learner is Learner.ADDITIVE
    assert [one.learner for one in model.candidates] == [Learner.ADDITIVE, Learner.TREES]


def test_measures_that_only_mean_something_together_choose_trees():
    random = np.random.default_rng(10)
    values = random.uniform(-1.0, 1.0, (3_000, 2))
    churned = random.random(3_000) < np.where(values.prod(axis=1) > 0.0, 0.9, 0.1)
    chosen = Settings(rich_rows=1_000, rich_each=100, trees=60)
    model = facade.fit(table(values), churned, seed=1, settings=chosen)
    assert model.learner is Learner.TREES
    plain, trees = model.candidates
    assert plain.log_loss - trees.log_loss > 5.0 * trees.difference_error


def test_few_customers_are_not_given_to_trees():
    features, churned, _ = logistic_data(2_000, seed=9)
    model = facade.fit(features, churned, seed=1)
    assert [one.learner for one in model.candidates] == [Learner.ADDITIVE]


def test_cross_fitted_probabilities_mean_what_they_say():
    """Over eight thousand customers the mean of |predicted - true| is below two points, and the
    calibrated curve of fresh customers is the diagonal within chance (Spiegelhalter's z)."""
    features, churned, _ = logistic_data(8_000, seed=12)
    model = facade.fit(features, churned, seed=1, settings=PLAIN)
    fresh, fresh_churned, truth = logistic_data(8_000, seed=13)
    probability = facade.score(model, fresh).probability
    assert np.abs(probability - truth).mean() < 0.02
    assert abs(facade.assess(probability, fresh_churned, seed=1).calibration_z) < 2.6


def test_separable_outcomes_have_a_finite_answer():
    values = np.concatenate([np.linspace(-2.0, -1.0, 50), np.linspace(1.0, 2.0, 50)])[:, None]
    churned = values[:, 0] > 0
    model = facade.fit(table(values), churned, seed=1)
    scores = facade.score(model, table(values))
    assert np.isfinite(scores.contributions).all()
    assert (scores.probability[churned] > 0.9).all() and (scores.probability < 1.0).all()
    assert (scores.probability[~churned] < 0.1).all() and (scores.probability > 0.0).all()


def test_a_constant_measure_contributes_nothing():
    features, churned, _ = logistic_data(300, seed=14)
    values = np.column_stack([features.values, np.full(300, 7.0)])
    constant = table(values, *features.measures, Measure("constant", ""))
    model = facade.fit(constant, churned, seed=1)
    assert (facade.score(model, constant).contributions[:, -1] == 0.0).all()


def test_measures_that_are_all_constant_give_everyone_the_churned_share():
    churned = np.arange(100) < 30
    model = facade.fit(table(np.ones((100, 2))), churned, seed=1)
    probability = facade.score(model, table(np.ones((100, 2)))).probability
    np.testing.assert_allclose(probability, 0.3, atol=0.01)


def test_more_measures_than_customers_have_a_finite_answer():
    random = np.random.default_rng(15)
    values = random.normal(size=(40, 60))
    churned = np.arange(40) % 2 == 0
    model = facade.fit(table(values), churned, seed=1)
    assert np.isfinite(facade.score(model, table(values)).probability).all()


def test_far_values_are_taken_as_the_farthest_that_were_seen():
    features, churned, _ = logistic_data(300, seed=16)
    model = facade.fit(features, churned, seed=1)
    far = replace(features, customer=np.arange(2), values=np.array([[1e9] * 3, [-1e9] * 3]))
    most = features.values.max(axis=0)
    edge = replace(features, customer=np.arange(1), values=most[None, :])
    assert isinstance(model.additive, Additive)
    probability = facade.score(model, far).probability
    assert np.isfinite(probability).all()
    assert probability[0] == facade.score(model, edge).probability[0]


GOOD = np.linspace(0.0, 1.0, 40)[:, None]
HALF = np.arange(40) % 2 == 0


@pytest.mark.parametrize(
    ("values", "churned", "chosen", "error", "words"),
    [
        (np.empty((0, 1)), np.array([], bool), None, NoData, "features.values is empty"),
        (GOOD[:, 0], HALF, None, WrongShape, "features.values"),
        (GOOD, HALF[:39], None, WrongShape, "churned"),
        (np.where(GOOD > 0.9, np.nan, GOOD), HALF, None, NotFinite, "nan"),
        (np.where(GOOD > 0.9, np.inf, GOOD), HALF, None, NotFinite, "inf"),
        (GOOD, np.zeros(40, bool), None, OneClass, "all of churned are 0"),
        (GOOD, np.ones(40, bool), None, OneClass, "all of churned are 1"),
        (GOOD, np.arange(40) < 9, None, TooFew, "9 customers of the rarer outcome"),
        (GOOD[:1], np.array([True]), None, OneClass, "churned"),
        (GOOD, np.arange(40.0), None, OutOfRange, "0 or 1"),
        (GOOD, HALF, Settings(folds=1), OutOfRange, "folds is 1"),
        (GOOD, HALF, Settings(folds=11), OutOfRange, "folds is 11"),
        (GOOD, HALF, Settings(ridge=0.0), OutOfRange, "ridge is 0"),
        (GOOD, HALF, Settings(segments=0), OutOfRange, "segments is 0"),
        (GOOD, HALF, Settings(trees=0), OutOfRange, "trees is 0"),
        (GOOD, HALF, Settings(leaves=1), OutOfRange, "leaves is 1"),
        (GOOD, HALF, Settings(learning_rate=2.0), OutOfRange, "learning_rate is 2"),
    ],
)
def test_what_no_model_can_be_made_of_is_refused(values, churned, chosen, error, words):
    features = replace(table(np.ones((1, 1))), values=values)
    with pytest.raises(error, match=words) as raised:
        facade.fit(features, churned, seed=1, settings=chosen)
    assert raised.value.next_step


def test_other_measures_than_those_of_the_fit_are_refused():
    features, churned, _ = logistic_data(300, seed=17)
    model = facade.fit(features, churned, seed=1)
    other = replace(features, measures=(*features.measures[:2], Measure("other", "", Scale.LOG)))
    with pytest.raises(OtherFeatures, match="up, down, other; fitted on up, down, noise"):
        facade.score(model, other)
    with pytest.raises(NotFinite):
        facade.score(model, replace(features, values=features.values * np.nan))
