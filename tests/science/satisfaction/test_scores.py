"""Scores are what their definitions say; intervals hold the truth as often as they say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from regulars.science.contracts import Interval
from regulars.science.errors import NoData, NotFinite, OutOfRange, WrongShape
from regulars.science.satisfaction.facade import (
    change,
    effort_score,
    net_promoter_score,
    satisfaction_score,
)
from regulars.science.satisfaction.intervals import difference, mean_score_intervals, wilson

Z = 1.959963984540054


def test_promoters_less_detractors():
    score = net_promoter_score([10, 9, 9, 8, 7, 6, 0, 10, 9, 8])
    assert score.estimate.value == pytest.approx(30.0)
    assert score.shares == pytest.approx([0.2, 0.3, 0.5])
    assert (score.answers, score.effective_answers, score.is_thin) == (10, 10.0, True)


def test_satisfied_are_those_from_four_up():
    score = satisfaction_score([5, 4, 4, 3, 1])
    assert score.estimate.value == pytest.approx(0.6)
    assert satisfaction_score([5, 4, 4, 3, 1], satisfied_from=5).estimate.value == 0.2


def test_effort_is_a_mean_on_its_scale():
    score = effort_score([7, 6, 2])
    assert score.estimate.value == pytest.approx(5.0)
    assert score.shares == pytest.approx([0, 1 / 3, 0, 0, 0, 1 / 3, 1 / 3])


def test_wilson_by_hand():
    # 8 of 10: centre (.8 + z^2 / 20) / (1 + z^2 / 10), as tabulated: .490 to .943.
    found = wilson(8.0, 10.0, 0.95)
    assert (round(found.low, 3), round(found.high, 3)) == (0.490, 0.943)
    assert wilson(0.0, 4.0, 0.95).low == 0.0
    assert wilson(4.0, 4.0, 0.95).high == 1.0


def test_on_two_points_the_score_interval_is_wilsons():
    counts = np.array([(no, yes) for no in range(31) for yes in range(31) if no + yes], dtype=float)
    mean, low, high = mean_score_intervals(np.array([0.0, 1.0]), counts, 0.95)
    expected = [wilson(yes, no + yes, 0.95) for no, yes in counts]
    np.testing.assert_allclose(mean, [one.value for one in expected], atol=1e-12)
    np.testing.assert_allclose(low, [one.low for one in expected], atol=1e-9)
    np.testing.assert_allclose(high, [one.high for one in expected], atol=1e-9)


def _tango_statistic(promoters: int, detractors: int, n: int, score: float) -> float:
    """Tango 1998, equation 8, for a difference of `score` (from -1 to 1)."""
    a = 2.0 * n
    b = -promoters - detractors + (2.0 * n - promoters + detractors) * score
    c = -detractors * score * (1.0 - score)
    other = (math.sqrt(b * b - 4.0 * a * c) - b) / (2.0 * a)
    spread = n * (2.0 * other + score * (1.0 - score))
    return (promoters - detractors - n * score) / math.sqrt(spread)


@pytest.mark.parametrize(
    ("detractors", "passives", "promoters"),
    [(2, 3, 5), (1, 0, 9), (0, 4, 6), (3, 0, 0), (0, 5, 0), (40, 25, 35), (0, 1, 199)],
)
def test_the_ends_of_an_nps_interval_are_where_tangos_test_turns(detractors, passives, promoters):
    answers = [0] * detractors + [7] * passives + [10] * promoters
    found = net_promoter_score(answers).estimate
    for end in (found.low, found.high):
        if abs(end) < 100.0 - 1e-6:
            statistic = _tango_statistic(promoters, detractors, len(answers), end / 100.0)
            assert abs(statistic) == pytest.approx(Z, abs=1e-4)
        else:
            # The scale ends before the test rejects.
            assert found.value == pytest.approx(end)


@pytest.mark.parametrize("answers", [5, 10, 20, 100])
@pytest.mark.parametrize(
    "chances",
    [(0.2, 0.3, 0.5), (0.05, 0.15, 0.8), (0.4, 0.3, 0.3)],
)
def test_intervals_of_few_answers_hold_the_true_nps(chances, answers):
    """Each of all possible outcomes is weighed by its chance: coverage is computed, not drawn."""
    counts = np.array(
        [
            (low, answers - low - high, high)
            for low in range(answers + 1)
            for high in range(answers + 1 - low)
        ],
        dtype=float,
    )
    log_chance = (counts @ np.log(chances)) + math.lgamma(answers + 1)
    log_chance -= np.array([[math.lgamma(one + 1) for one in row] for row in counts]).sum(axis=1)
    likely = log_chance > -12.0
    scale = np.array([-100.0, 0.0, 100.0])
    _, low, high = mean_score_intervals(scale, counts[likely], 0.95)
    truth = scale @ np.array(chances)
    covered = float(np.exp(log_chance[likely])[(low <= truth) & (truth <= high)].sum())
    # Counts are whole, so that no interval can be exact; of few answers they lean to caution.
    assert 0.94 <= covered <= (0.98 if answers < 20 else 0.965)


def test_intervals_of_few_answers_hold_the_true_effort():
    chances = np.array([0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.3])
    scale = np.arange(1.0, 8.0)
    random = np.random.default_rng(5)
    for answers in (5, 15, 60):
        drawn, often = np.unique(
            random.multinomial(answers, chances, size=2000), axis=0, return_counts=True
        )
        _, low, high = mean_score_intervals(scale, drawn.astype(float), 0.95)
        covered = often[(low <= scale @ chances) & (scale @ chances <= high)].sum() / 2000
        # The standard error of a coverage of 95 % over 2,000 samples is half a point.
        assert 0.935 <= covered <= 0.975


@settings(max_examples=20, deadline=None)
@given(some.lists(some.integers(1, 7), min_size=1, max_size=30), some.sampled_from([0.8, 0.95]))
def test_an_interval_holds_its_estimate_stays_on_the_scale_and_has_a_width(answers, level):
    found = effort_score(answers, level=level).estimate
    assert 1.0 <= found.low <= found.value <= found.high <= 7.0
    assert found.high - found.low > 0.0
    mirrored = effort_score([8 - one for one in answers], level=level).estimate
    assert (mirrored.low, mirrored.high) == pytest.approx((8 - found.high, 8 - found.low))


def test_equal_weights_change_nothing_and_uneven_ones_widen():
    answers = [10, 10, 9, 8, 7, 3, 2, 9]
    plain = net_promoter_score(answers)
    assert net_promoter_score(answers, weights=[3.0] * 8).estimate == plain.estimate
    uneven = net_promoter_score(answers, weights=[1, 1, 1, 1, 1, 1, 5, 1])
    assert uneven.effective_answers == pytest.approx(144 / 32)
    assert uneven.estimate.value == pytest.approx(100 * (4 - 6) / 12)
    assert uneven.estimate.high - uneven.estimate.low > plain.estimate.high - plain.estimate.low
    dropped = net_promoter_score(answers, weights=[1, 1, 1, 1, 1, 1, 0, 0])
    assert dropped.estimate == net_promoter_score(answers[:6]).estimate


def test_huge_and_tiny_weights_count_alike():
    answers = [10, 0, 7]
    for factor in (1e-300, 1e300):
        found = net_promoter_score(answers, weights=np.array([1.0, 2.0, 1.0]) * factor)
        assert found.estimate.value == pytest.approx(-25.0)
        assert found.effective_answers == pytest.approx(16 / 6)


def test_a_change_is_as_unsure_as_both_scores():
    first = net_promoter_score([10] * 40 + [0] * 60)
    second = net_promoter_score([10] * 60 + [0] * 40)
    found = change(first, second)
    assert found.value == pytest.approx(40.0)
    assert found.low == pytest.approx(
        40.0 - math.hypot(second.estimate.value - second.estimate.low,
                          first.estimate.high - first.estimate.value)
    )  # fmt: skip
    assert found.low > 0.0
    with pytest.raises(OutOfRange, match="level"):
        change(first, net_promoter_score([10], level=0.9))


def test_the_difference_of_two_shares_by_newcombe():
    # Newcombe 1998, table II (b): 9/10 less 3/10, method 10: .1705 to .8090.
    found = difference(wilson(3.0, 10.0, 0.95), wilson(9.0, 10.0, 0.95))
    assert isinstance(found, Interval)
    assert (round(found.low, 4), round(found.high, 4)) == (0.1705, 0.8090)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: net_promoter_score([]), NoData, "answers is empty"),
        (lambda: net_promoter_score([1, np.nan]), NotFinite, r"answers\[1\] is nan"),
        (lambda: net_promoter_score([np.inf]), NotFinite, r"answers\[0\] is inf"),
        (lambda: net_promoter_score([11]), OutOfRange, r"answers\[0\] is 11"),
        (lambda: net_promoter_score([7.5]), OutOfRange, "whole number"),
        (lambda: net_promoter_score([7], level=1.0), OutOfRange, "level"),
        (lambda: net_promoter_score([7], weights=[1.0, 2.0]), WrongShape, "weights"),
        (lambda: net_promoter_score([7], weights=[-1.0]), OutOfRange, r"weights\[0\]"),
        (lambda: net_promoter_score([7], weights=[0.0]), OutOfRange, "at least one answer"),
        (lambda: net_promoter_score([7], weights=[np.nan]), NotFinite, "weights"),
        (lambda: satisfaction_score([0]), OutOfRange, r"answers\[0\] is 0"),
        (lambda: satisfaction_score([3], satisfied_from=1), OutOfRange, "satisfied_from"),
        (lambda: satisfaction_score([3], satisfied_from=6), OutOfRange, "satisfied_from"),
        (lambda: satisfaction_score([3], lowest=5, highest=5), OutOfRange, "highest"),
        (lambda: effort_score([8]), OutOfRange, "at most 7"),
        (lambda: effort_score([8], highest=1000), OutOfRange, "highest"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


@pytest.mark.parametrize("value", [0, 7, 10])
@pytest.mark.parametrize("count", [1, 2, 1000])
def test_one_answer_or_all_the_same_still_has_an_interval(value, count):
    found = net_promoter_score([value] * count)
    assert found.estimate.high - found.estimate.low > (10.0 if count < 3 else 0.3)
    assert found.is_thin == (count < 30)
