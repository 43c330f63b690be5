"""Weights undo a response bias that the features explain, and say when they cannot."""

import numpy as np
import pytest

from regulars.science.errors import (
    NoData,
    NotFinite,
    NoVariation,
    OneClass,
    OutOfRange,
    TooFew,
    WrongShape,
)
from regulars.science.satisfaction.facade import (
    net_promoter_score,
    poststratification_weights,
    response_weights,
)
from regulars.science.satisfaction.intervals import mean_score_intervals


def _survey(seed: int, asked: int = 800):
    """Frequent shoppers are happier and answer more often: the raw score flatters."""
    random = np.random.default_rng(seed)
    shopping = random.normal(size=asked)
    other = random.normal(size=asked)
    answered = random.random(asked) < 1.0 / (1.0 + np.exp(0.5 - shopping))
    happy = 1.0 / (1.0 + np.exp(-shopping))
    draw = random.random(asked)
    rating = np.where(draw < 0.6 * happy, 10, np.where(draw < 0.4 + 0.4 * happy, 7, 3))
    return np.column_stack((shopping, other)), answered, rating


@pytest.fixture(scope="module")
def surveys():
    """Mean, low and high of 1,000 raw and of 1,000 weighted scores, at one go. The score of
    everybody is -10 points: of the share h who are happy, .6 h are promoters and .6 - .4 h
    detractors, and h is one half on average."""
    counts = np.zeros((2, 1000, 3))
    for seed in range(1000):
        features, answered, rating = _survey(seed)
        found = response_weights(features, answered)
        assert found.is_converged
        kind = np.searchsorted([3, 7, 10], rating[answered])
        counts[0, seed] = np.bincount(kind, minlength=3)
        shares = np.bincount(kind, weights=found.weight, minlength=3) / found.answers
        counts[1, seed] = found.effective_answers * shares
    scale = np.array([-100.0, 0.0, 100.0])
    return [mean_score_intervals(scale, one, 0.95) for one in counts]


def test_the_raw_score_flatters_and_the_weighted_one_does_not(surveys):
    (raw, _, _), (weighted, _, _) = surveys
    assert raw.mean() > -1.0
    # The mean of 1,000 scores has a standard error of a sixth of a point; cut weights and the
    # penalty leave a bias of about half a point of the ten.
    assert abs(weighted.mean() + 10.0) < 1.5


def test_weighted_intervals_hold_the_score_of_everybody_asked(surveys):
    covered = [((low <= -10.0) & (high >= -10.0)).mean() for _, low, high in surveys]
    assert covered[0] < 0.5
    # The standard error is .7 points. The effective number leaves out that the features explain
    # some of the score, which is on the safe side.
    assert 0.93 <= covered[1] <= 0.98


def test_a_weighted_score_is_that_of_its_shares_and_effective_number():
    features, answered, rating = _survey(0)
    found = response_weights(features, answered)
    score = net_promoter_score(rating[answered], weights=found.weight)
    assert score.effective_answers == pytest.approx(found.effective_answers)
    _, low, high = mean_score_intervals(
        np.array([-100.0, 0.0, 100.0]), found.effective_answers * score.shares[None, :], 0.95
    )
    assert (score.estimate.low, score.estimate.high) == pytest.approx((low[0], high[0]))


def test_weights_bring_the_answers_to_the_means_of_those_asked():
    features, answered, _ = _survey(3, asked=5000)
    found = response_weights(features, answered)
    assert found.imbalance_before[0] > 0.3
    assert np.abs(found.imbalance_after).max() < 0.1
    assert found.weight.mean() == pytest.approx(1.0)
    assert found.design_effect == pytest.approx(found.answers / found.effective_answers)
    assert found.effective_answers < found.answers == int(answered.sum())
    assert not found.is_thin


def test_propensities_have_the_likeliest_coefficients():
    # One yes-or-no feature and hardly a penalty: the propensities are the shares that answered.
    feature = np.repeat([0.0, 1.0], 100)[:, None]
    answered = np.r_[np.arange(100) < 20, np.arange(100) < 60]
    found = response_weights(feature, answered, penalty=1e-9)
    assert found.propensity[0] == pytest.approx(0.2, abs=1e-6)
    assert found.propensity[-1] == pytest.approx(0.6, abs=1e-6)
    assert found.weight[0] / found.weight[-1] == pytest.approx(3.0, abs=1e-5)
    # Each kind then counts as it is among those asked: half and half.
    assert found.imbalance_after[0] == pytest.approx(0.0, abs=1e-6)


def test_a_feature_that_separates_gives_finite_weights():
    feature = np.arange(60.0)[:, None]
    found = response_weights(feature, feature[:, 0] >= 30.0)
    assert found.is_converged
    assert np.isfinite(found.weight).all()
    assert (found.propensity > 0.0).all() and (found.propensity < 1.0).all()


def test_features_of_any_size_give_the_same_weights():
    features, answered, _ = _survey(4)
    plain = response_weights(features, answered)
    scaled = response_weights(features * np.array([1e200, 1e-200]), answered)
    np.testing.assert_allclose(scaled.weight, plain.weight, rtol=1e-6)


def test_weights_are_cut_and_a_few_who_speak_for_all_are_told():
    # Of the first kind 3 of 600 answered, of the second 200 of 400.
    feature = np.repeat([0.0, 1.0], [600, 400])[:, None]
    answered = np.zeros(1000, dtype=bool)
    answered[:3] = answered[600:800] = True
    loose = response_weights(feature, answered, penalty=1e-3, weight_max=1000.0)
    assert loose.trimmed == 0
    assert loose.is_thin
    cut = response_weights(feature, answered, penalty=1e-3, weight_max=5.0)
    assert cut.trimmed == 3
    assert cut.effective_answers > 2.0 * loose.effective_answers
    assert cut.imbalance_after[0] > 0.1 > abs(loose.imbalance_after[0])


def test_one_answer_of_hardly_any_chance_does_not_speak_for_all():
    # The lowest of 200 answered, and else the upper half.
    feature = np.arange(200.0)[:, None]
    answered = feature[:, 0] >= 100.0
    answered[0] = True
    found = response_weights(feature, answered, penalty=1e-9)
    assert np.isfinite(found.weight).all()
    assert found.trimmed >= 1
    assert found.weight.max() <= 5.0 * np.median(found.weight) + 1e-9


def test_strata_count_as_their_people():
    found = poststratification_weights([0, 0, 0, 1], [100.0, 300.0])
    np.testing.assert_allclose(found.weight, [1 / 3, 1 / 3, 1 / 3, 3.0])
    assert found.effective_answers == pytest.approx(16 / (9 + 3 / 9))
    assert found.imbalance_before == pytest.approx([0.5 / 0.4330127, -0.5 / 0.4330127])
    assert found.imbalance_after == pytest.approx([0.0, 0.0])
    assert found.is_thin


def test_one_stratum_weighs_all_alike():
    found = poststratification_weights([0, 0], [7.0])
    assert found.weight.tolist() == [1.0, 1.0]
    assert found.imbalance_after.tolist() == [0.0]


_X = np.arange(6.0)[:, None]
_YES = np.array([1, 0, 1, 0, 1, 0])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: response_weights(np.empty((0, 1)), []), NoData, "features is empty"),
        (lambda: response_weights(_X, np.ones(6)), OneClass, "all of answered are 1"),
        (lambda: response_weights(_X, np.zeros(6)), OneClass, "all of answered are 0"),
        (lambda: response_weights(_X, _YES[:5]), WrongShape, "answered"),
        (lambda: response_weights(np.ones((6, 1)), _YES), NoVariation, r"features\[:, 0\] are 1"),
        (lambda: response_weights(_X * np.nan, _YES), NotFinite, r"features\[0\] is nan"),
        (lambda: response_weights(np.full((6, 1), np.inf), _YES), NotFinite, "features"),
        (lambda: response_weights(_X, _YES, penalty=0.0), OutOfRange, "penalty"),
        (lambda: response_weights(_X, _YES, weight_max=1.0), OutOfRange, "weight_max"),
        (
            lambda: response_weights(np.random.default_rng(0).random((6, 9)), _YES),
            TooFew,
            "6 people asked, at least 11",
        ),
        (lambda: poststratification_weights([], [1.0]), NoData, "stratum is empty"),
        (lambda: poststratification_weights([0], []), NoData, "population is empty"),
        (lambda: poststratification_weights([0], [0.0]), OutOfRange, r"population\[0\]"),
        (lambda: poststratification_weights([0], [1.0, 2.0]), TooFew, "answers in stratum 1"),
        (lambda: poststratification_weights([2], [1.0, 2.0]), OutOfRange, r"stratum\[0\] is 2"),
        (lambda: poststratification_weights([0], [np.inf]), NotFinite, "population"),
        (lambda: poststratification_weights([0, 1], [1.0, 0.0]), OutOfRange, r"population\[1\]"),
    ],
)  # fmt: skip
def test_what_no_weights_can_be_made_of_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step
