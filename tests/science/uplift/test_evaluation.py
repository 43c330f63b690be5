"""Qini, AUUC, uplift among the best and the value of policies, by hand and by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.science.errors import (
    NoData,
    NotFinite,
    NoVariation,
    OutOfRange,
    TooFew,
    WrongShape,
)
from regulars.science.uplift.facade import (
    compare_targeting,
    evaluate_uplift,
    policy_values,
    qini_curve,
    response_kinds,
)
from tests.science.uplift.worlds import likely_buyers_are_not_persuadable

SCORE = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
TREATED = np.array([1, 0, 1, 0, 1, 0], dtype=bool)
OUTCOME = np.array([1, 0, 1, 0, 0, 1.0])


def test_the_curve_is_radcliffes_by_hand():
    curve = qini_curve(SCORE, TREATED, OUTCOME)
    # After each customer: (Yt - Yc Nt / Nc) / 3 with Nt, Nc, Yt, Yc as they stand.
    assert curve.share == pytest.approx(np.arange(7) / 6)
    assert curve.incremental == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 2 / 3, 1 / 3])
    found = evaluate_uplift(SCORE, TREATED, OUTCOME, seed=1, shares=(0.5,))
    area = (1 / 3 + 1 / 3 + 2 / 3 + 2 / 3 + 2 / 3 + 1 / 6) / 6
    assert found.qini.value == pytest.approx(area - 1 / 6)
    assert found.effect.value == pytest.approx(1 / 3)
    assert found.at[0].uplift.value == pytest.approx(1.0)


def test_customers_with_one_score_are_one_step():
    curve = qini_curve(np.ones(6), TREATED, OUTCOME)
    assert curve.share.tolist() == [0.0, 1.0]
    found = evaluate_uplift(np.ones(6), TREATED, OUTCOME, seed=1)
    assert (found.qini.value, found.qini.low, found.qini.high) == (0.0, 0.0, 0.0)
    assert found.auuc.value == pytest.approx(found.effect.value / 2)


@given(
    st.integers(0, 10_000),
    st.integers(30, 200),
    st.sampled_from([np.exp, np.cbrt, lambda x: 3.0 * x + 1.0]),
)
@settings(max_examples=30, deadline=None)
def test_only_the_order_of_a_score_counts(seed, count, rising):
    random = np.random.default_rng(seed)
    score, outcome = random.integers(-3, 3, count) / 1.0, random.normal(size=count)
    treated = np.arange(count) % 3 == 0
    shuffled = random.permutation(count)
    plain = qini_curve(score, treated, outcome)
    other = qini_curve(rising(score)[shuffled], treated[shuffled], outcome[shuffled])
    assert plain.incremental == pytest.approx(other.incremental, abs=1e-12)
    ends = outcome[treated].mean() - outcome[~treated].mean()
    assert plain.incremental[-1] == pytest.approx(ends)


def test_bootstrap_intervals_cover_as_often_as_they_say():
    # The score is the true effect: what it is worth is known from a population of a million.
    effect = np.sort(likely_buyers_are_not_persuadable(100, 1_000_000).effect)[::-1]
    area = np.mean(np.cumsum(effect)) / effect.size
    covered = []
    for seed in range(200):
        world = likely_buyers_are_not_persuadable(seed, 1_000)
        found = evaluate_uplift(
            world.effect, world.treated, world.outcome, seed=seed, shares=(0.2,), resamples=80
        )
        covered.append(
            [
                found.qini.covers(area - effect.mean() / 2),
                found.auuc.covers(area),
                found.effect.covers(effect.mean()),
                found.at[0].uplift.covers(effect[:200_000].mean()),
            ]
        )
    # Four standard errors of a share of 200 at 95 % are 6 points.
    assert np.mean(covered, axis=0).min() >= 0.89


def test_uplift_at_a_share_counts_its_customers():
    world = likely_buyers_are_not_persuadable(1, 2_000)
    found = evaluate_uplift(world.effect, world.treated, world.outcome, seed=1, shares=(0.1, 1.0))
    assert [one.customers for one in found.at] == [200, 2_000]
    assert found.at[1].uplift.value == pytest.approx(found.effect.value)
    assert found.at[0].uplift.value == pytest.approx(
        found.at[0].treatment - found.at[0].control, abs=1e-12
    )


def test_the_value_of_a_policy_covers_what_it_would_bring():
    covered = []
    for seed in range(200):
        world = likely_buyers_are_not_persuadable(seed, 2_000)
        score = world.effect + 1e-6 * world.features[:, 2]
        found = policy_values(
            score, world.treated, world.outcome, shares=(0.25,), value=10.0, cost=0.5
        )[0]
        best = score >= np.sort(score)[::-1][499]
        gain = 10.0 * world.effect - 0.5
        nobody = 10.0 * world.baseline.mean()
        covered.append(
            [
                found.value.covers(nobody + (gain * best).mean()),
                found.over_nobody.covers((gain * best).mean()),
                found.over_everybody.covers(-(gain * ~best).mean()),
                found.over_random.covers((gain * best).mean() - 0.25 * gain.mean()),
            ]
        )
    # The truth is of these very customers, which makes intervals for all such customers wide.
    assert np.mean(covered, axis=0).min() >= 0.90


def test_treating_everybody_is_a_policy_too():
    found = policy_values(SCORE, TREATED, OUTCOME, shares=(1.0,), value=6.0, cost=1.0)[0]
    assert found.value.value == pytest.approx(6.0 * 2 / 3 - 1.0)
    assert found.over_everybody.value == 0.0
    assert found.over_random.value == 0.0
    assert found.over_nobody.value == pytest.approx(6.0 / 3 - 1.0)


def test_customers_are_sorted_into_the_four_kinds():
    found = response_kinds([0.2, 0.01, 0.0, -0.1], [0.1, 0.9, 0.1, 0.5], worthwhile=0.05)
    assert [found.names[place] for place in found.kind] == [
        "persuadable",
        "sure thing",
        "lost cause",
        "sleeping dog",
    ]
    assert found.worth_treating.tolist() == [True, False, False, False]
    assert found.count.tolist() == [1, 1, 1, 1]


def _evaluate(score=SCORE, treated=TREATED, outcome=OUTCOME, **options):
    return evaluate_uplift(score, treated, outcome, seed=1, **options)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: _evaluate([], [], []), NoData, "outcome"),
        (lambda: _evaluate(SCORE[:5]), WrongShape, "score"),
        (lambda: _evaluate(SCORE * np.nan), NotFinite, "score"),
        (lambda: _evaluate(outcome=OUTCOME * np.nan), NotFinite, "outcome"),
        (lambda: _evaluate(treated=TREATED | True), TooFew, "control"),
        (lambda: _evaluate(treated=TREATED & False), TooFew, "treated"),
        (lambda: _evaluate(outcome=np.ones(6)), NoVariation, "outcome"),
        (lambda: _evaluate(shares=(0.0,)), OutOfRange, "shares"),
        (lambda: _evaluate(resamples=10), OutOfRange, "resamples"),
        (lambda: _evaluate(level=1.0), OutOfRange, "level"),
        (
            lambda: compare_targeting(SCORE, SCORE[:2], TREATED, OUTCOME, share=0.5, seed=1),
            WrongShape,
            "score",
        ),
        (lambda: policy_values(SCORE, TREATED, OUTCOME, shares=(0.3,)), TooFew, "among the best"),
        (lambda: policy_values(SCORE, TREATED, OUTCOME, shares=(0.7,)), TooFew, "among the rest"),
        (lambda: policy_values(SCORE, TREATED, OUTCOME, cost=-1.0), OutOfRange, "cost"),
        (lambda: policy_values(SCORE, TREATED, OUTCOME, value=np.inf), OutOfRange, "value"),
        (lambda: response_kinds([0.1], [0.1, 0.2]), WrongShape, "baseline"),
        (lambda: response_kinds([], []), NoData, "uplift"),
    ],
)
def test_input_that_no_result_can_be_made_of_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


def test_one_customer_an_arm_is_evaluated_without_nan():
    found = evaluate_uplift([0.2, 0.1], [True, False], [1.0, 0.0], seed=1, resamples=50)
    assert np.isfinite(found.curve.incremental).all()
    assert np.isfinite([found.qini.low, found.qini.high, found.at[0].uplift.value]).all()
