"""Learners find whom treatment moves, not who buys anyway."""

import numpy as np
import pytest

from regulars.science.errors import (
    NoData,
    NotFinite,
    NoVariation,
    OutOfRange,
    TooFew,
    WrongShape,
)
from regulars.science.uplift.facade import (
    CANDIDATES,
    compare_learners,
    compare_targeting,
    evaluate_uplift,
    fit_uplift,
    predict_uplift,
    qini_curve,
)
from tests.science.hillstrom import WOMENS, hillstrom
from tests.science.uplift.worlds import likely_buyers_are_not_persuadable, nothing_works


@pytest.fixture(scope="module")
def worlds():
    return likely_buyers_are_not_persuadable(1), likely_buyers_are_not_persuadable(2)


@pytest.fixture(scope="module")
def scores(worlds):
    learnt, new = worlds
    return {
        (learner, base): predict_uplift(
            fit_uplift(
                learnt.features, learnt.treated, learnt.outcome,
                seed=1, learner=learner, base=base,
            ),
            new.features,
        )
        for learner, base in CANDIDATES
    }  # fmt: skip


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_scores_follow_the_true_effect_of_new_customers(worlds, scores, candidate):
    effect = worlds[1].effect
    found = scores[candidate]
    assert np.corrcoef(found.uplift, effect)[0, 1] > 0.6
    assert np.corrcoef(found.baseline, worlds[1].baseline)[0, 1] > 0.95
    assert found.uplift.mean() == pytest.approx(effect.mean(), abs=0.03)


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_the_persuadable_are_not_the_likely_buyers(worlds, scores, candidate):
    new, found = worlds[1], scores[candidate]
    compared = compare_targeting(
        found.uplift, found.baseline, new.treated, new.outcome, share=0.2, seed=1
    )
    # Chance alone never explains a lower end above zero at this size of difference.
    assert compared.gain.low > 0.05
    assert compared.by_uplift.uplift.value > 2 * compared.by_likelihood.uplift.value
    assert compared.baseline_by_uplift < compared.baseline_by_likelihood
    assert compared.overlap < 0.2


def test_effects_of_amounts_are_learnt_too():
    random = np.random.default_rng(3)
    features = random.normal(size=(6_000, 2))
    treated = random.random(6_000) < 0.3
    outcome = 20.0 + 5.0 * features[:, 0] + treated * 2.0 * features[:, 1]
    outcome += random.normal(size=6_000)
    for learner, base in CANDIDATES:
        model = fit_uplift(features, treated, outcome, seed=1, learner=learner, base=base)
        found = predict_uplift(model, features).uplift
        assert np.corrcoef(found, features[:, 1])[0, 1] > 0.9


def test_where_nothing_works_the_interval_says_so():
    covered = []
    for seed in range(20):
        world, other = nothing_works(seed), nothing_works(100 + seed)
        model = fit_uplift(world.features, world.treated, world.outcome, seed=1, learner="t")
        scored = predict_uplift(model, other.features).uplift
        qini = evaluate_uplift(scored, other.treated, other.outcome, seed=1).qini
        covered.append(qini.covers(0.0))
    # Of 20 intervals at 95 %, fewer than 16 would cover with probability .0003.
    assert sum(covered) >= 16


def test_known_propensities_undo_a_stratified_assignment():
    random = np.random.default_rng(4)
    features = random.normal(size=(20_000, 2))
    propensity = np.where(features[:, 0] > 0.0, 0.8, 0.2)
    treated = random.random(20_000) < propensity
    outcome = 3.0 * features[:, 0] ** 2 * np.sign(features[:, 0]) + 1.0 * treated
    outcome += random.normal(size=20_000)
    told = fit_uplift(features, treated, outcome, seed=1, propensity=propensity)
    assert predict_uplift(told, features).uplift.mean() == pytest.approx(1.0, abs=0.1)


def test_the_same_seed_gives_the_same_scores(worlds):
    learnt, new = worlds
    once, again = (
        predict_uplift(
            fit_uplift(learnt.features, learnt.treated, learnt.outcome, seed=5, base="boosted"),
            new.features,
        )
        for _ in range(2)
    )
    assert np.array_equal(once.uplift, again.uplift)


def test_learners_are_compared_on_customers_they_had_not_seen():
    world = likely_buyers_are_not_persuadable(6, 3_000)
    found = compare_learners(
        world.features, world.treated, world.outcome,
        seed=1, candidates=(("t", "linear"), ("dr", "linear")), resamples=50,
    )  # fmt: skip
    assert [one.qini.value for one in found] == sorted(
        (one.qini.value for one in found), reverse=True
    )
    assert {one.learner for one in found} == {"t", "dr", None}
    assert found[-1].learner is None
    assert found[0].qini.low > found[-1].qini.value


@pytest.mark.parametrize(("learner", "base"), CANDIDATES)
def test_hillstrom_womens_visit_qini_is_at_least_the_published_one(learner, base):
    data = hillstrom().against_none(WOMENS)
    treated = data.arm == WOMENS
    areas = []
    for split in range(10 if base == "linear" else 3):
        order = np.random.default_rng(split).permutation(treated.size)
        learnt, new = np.array_split(order, 2)
        model = fit_uplift(
            data.features[learnt], treated[learnt], data.visit[learnt],
            seed=split, learner=learner, base=base, folds=3,
        )  # fmt: skip
        curve = qini_curve(
            predict_uplift(model, data.features[new]).uplift, treated[new], data.visit[new]
        )
        areas.append(np.trapezoid(curve.incremental, curve.share) - curve.incremental[-1] / 2)
    assert np.mean(areas) >= 0.0070


def _rows(count=100):
    random = np.random.default_rng(7)
    return random.normal(size=(count, 2)), np.arange(count) % 2 == 0, random.normal(size=count)


FEATURES, TREATED, OUTCOME = _rows()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: fit_uplift([], [], [], seed=1), NoData, "outcome"),
        (lambda: fit_uplift(FEATURES[:9], TREATED, OUTCOME, seed=1), WrongShape, "features"),
        (lambda: fit_uplift(FEATURES * np.nan, TREATED, OUTCOME, seed=1), NotFinite, "features"),
        (lambda: fit_uplift(FEATURES, TREATED, OUTCOME * np.inf, seed=1), NotFinite, "outcome"),
        (lambda: fit_uplift(FEATURES, TREATED | True, OUTCOME, seed=1), TooFew, "control"),
        (lambda: fit_uplift(FEATURES, np.arange(100) < 5, OUTCOME, seed=1), TooFew, "treated"),
        (lambda: fit_uplift(FEATURES, TREATED, np.ones(100), seed=1), NoVariation, "outcome"),
        (lambda: fit_uplift(np.ones((100, 2)), TREATED, OUTCOME, seed=1), NoVariation, "features"),
        (
            lambda: fit_uplift(FEATURES, TREATED, OUTCOME, seed=1, propensity=1.0),
            OutOfRange,
            "1 - propensity",
        ),
        (
            lambda: fit_uplift(FEATURES, TREATED, OUTCOME, seed=1, propensity=np.zeros(100)),
            OutOfRange,
            "propensity",
        ),
        (lambda: fit_uplift(FEATURES, TREATED, OUTCOME, seed=1, folds=1), OutOfRange, "folds"),
        (
            lambda: predict_uplift(fit_uplift(FEATURES, TREATED, OUTCOME, seed=1), np.eye(3)),
            WrongShape,
            "features",
        ),
    ],
)
def test_input_that_nothing_can_be_learnt_from_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


@pytest.mark.parametrize(("learner", "base"), CANDIDATES)
@pytest.mark.parametrize(
    ("features", "outcome"),
    [
        pytest.param(FEATURES, (TREATED & (FEATURES[:, 0] > 0)) * 1.0, id="one class in an arm"),
        pytest.param(FEATURES, (FEATURES[:, 0] > 0) * 1.0, id="separable"),
        pytest.param(np.column_stack([FEATURES, np.ones(100)]), OUTCOME, id="constant feature"),
        pytest.param(np.tile(FEATURES, (1, 100)), OUTCOME, id="more features than rows, doubled"),
        pytest.param(FEATURES * 1e12, OUTCOME * 1e6, id="large numbers"),
    ],
)
def test_awkward_rows_give_finite_scores(learner, base, features, outcome):
    model = fit_uplift(features, TREATED, outcome, seed=1, learner=learner, base=base, folds=2)
    found = predict_uplift(model, features)
    assert np.isfinite(found.uplift).all()
    assert np.isfinite(found.baseline).all()
