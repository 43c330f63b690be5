"""The counts and weights of a fitted recommender are what their formulas say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from regulars.science.contracts import Lines
from regulars.science.errors import NoData, NotFinite, OutOfRange, TooLarge, WrongShape
from regulars.science.recommend.facade import Settings, fit, recommend
from regulars.science.recommend.history import history
from regulars.science.recommend.item_weights import item_weights, together_counts
from tests.science.recommend.shops import lines, shop_with_tastes


def test_lines_of_one_day_count_once_and_older_days_less():
    past = history(
        lines((0, 1, 10.0), (0, 1, 10.9), (0, 1, 20.0), (1, 0, 15.0), customers=3), 30.0, 10.0
    )
    assert past.start.tolist() == [0, 1, 2, 2]
    assert past.item.tolist() == [1, 0]
    assert past.count.tolist() == [2.0, 1.0]
    assert past.last_day.tolist() == [20.0, 15.0]
    np.testing.assert_allclose(past.frequency, [0.25 + 0.5, 2**-1.5], rtol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    some.lists(
        some.tuples(some.integers(0, 4), some.integers(0, 5), some.integers(0, 3)),
        min_size=1,
        max_size=40,
    )
)
def test_history_is_the_distinct_days_of_every_pair_in_any_order_of_lines(rows):
    past = history(lines(*[(c, i, float(d)) for c, i, d in rows], customers=5, items=6), 4.0, 1.0)
    expected: dict[tuple[int, int], set[int]] = {}
    for customer, item, day in rows:
        expected.setdefault((customer, item), set()).add(day)
    found = {
        (customer, int(past.item[pair])): float(past.count[pair])
        for customer in range(5)
        for pair in range(past.start[customer], past.start[customer + 1])
    }
    assert found == {pair: float(len(days)) for pair, days in expected.items()}


@settings(max_examples=25, deadline=None)
@given(some.integers(0, 10_000), some.floats(0.5, 500.0))
def test_weights_are_the_ridge_regression_of_each_item_on_the_others(seed, regularization):
    random = np.random.default_rng(seed)
    bought = (random.random((12, 7)) < 0.4).astype(np.float64)
    weights = item_weights((bought.T @ bought).astype(np.float32), regularization)
    assert np.diag(weights).tolist() == [0.0] * 7
    for item in range(7):
        others = np.delete(np.arange(7), item)
        predictors = bought[:, others]
        expected = np.linalg.solve(
            predictors.T @ predictors + regularization * np.eye(6), predictors.T @ bought[:, item]
        )
        np.testing.assert_allclose(weights[others, item], expected, atol=2e-5)


def test_together_counts_customers_and_not_purchases():
    past = history(lines((0, 0, 1.0), (0, 0, 2.0), (0, 1, 1.0), (1, 1, 1.0)), 3.0, 10.0)
    assert together_counts(past, 10).tolist() == [[1.0, 1.0], [1.0, 2.0]]


def test_a_trend_is_recent_sales_against_the_share_of_all_sales():
    shop = lines((0, 0, 0.0), (1, 0, 0.0), (0, 1, 99.0), (1, 1, 99.0), customers=2, items=3)
    model = fit(shop, 100.0, Settings(trend_half_life_days=1.0, trend_prior=4.0))
    # Two purchases of a day ago count 1 in all; of four purchases half were of each item.
    np.testing.assert_allclose(model.trend, [4.0 / 4.5, 5.0 / 4.5, 1.0], rtol=1e-6)


def test_a_small_segment_leans_on_all_customers_and_an_empty_one_is_all_customers():
    shop = lines((0, 0, 9.0), (1, 1, 9.0), (2, 1, 9.0), (3, 1, 9.0), customers=5)
    model = fit(
        shop,
        10.0,
        Settings(segment_prior=1.0, trend_half_life_days=1.0),
        segment=np.array([0, 1, 1, 1, 2]),
        segments=3,
    )
    np.testing.assert_allclose(
        model.popularity,
        [[(0.5 + 0.25) / 1.5, 0.75 / 1.5], [0.25 / 2.5, (1.5 + 0.75) / 2.5], [0.25, 0.75]],
    )


_ONE = lines((0, 0, 1.0))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: fit(Lines(*[np.array([])] * 4, 0, 0), 2.0), NoData, "lines is empty"),
        (lambda: fit(lines((0, 0, np.nan)), 2.0), NotFinite, r"lines\.day\[0\]"),
        (lambda: fit(lines((0, 0, np.inf)), 2.0), NotFinite, r"lines\.day\[0\]"),
        (lambda: fit(_ONE, 1.0), OutOfRange, r"lines\.day\[0\] is 1\.0.*before 1\.0"),
        (lambda: fit(_ONE, np.nan), OutOfRange, "at is nan"),
        (lambda: fit(_ONE, 2.0, segment=np.array([0, 0])), WrongShape, "segment"),
        (lambda: fit(_ONE, 2.0, segment=np.array([1])), OutOfRange, r"segment\[0\]"),
        (lambda: fit(_ONE, 2.0, Settings(half_life_days=0.0)), OutOfRange, "half_life_days"),
        (lambda: fit(_ONE, 2.0, Settings(regularization=0.0)), OutOfRange, "regularization"),
        (lambda: fit(_ONE, 2.0, Settings(discovery_weight=-1.0)), OutOfRange, "discovery_weight"),
        (lambda: fit(_ONE, 2.0, Settings(trend_prior=0.0)), OutOfRange, "trend_prior"),
        (lambda: fit(_ONE, 2.0, Settings(repeat_trend_power=3.0)), OutOfRange, "at most 2"),
        (lambda: fit(_ONE, 2.0, Settings(half_life_days=np.nan)), OutOfRange, "finite"),
        (lambda: fit(_ONE, 2.0, weights=np.zeros((2, 2), np.float32)), WrongShape, "weights"),
        (
            lambda: fit(lines((0, 3, 1.0)), 2.0, Settings(items_max=3)),
            TooLarge,
            "4 items, at most 3",
        ),
        (
            lambda: fit(
                lines(*[(c, i, 1.0) for c in range(9) for i in range(9)]),
                2.0,
                Settings(regularization=1e-30),
            ),
            OutOfRange,
            "regularization is 1e-30",
        ),
    ],
)  # fmt: skip
def test_what_no_model_can_be_made_of_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


@pytest.mark.parametrize(
    "shop",
    [
        pytest.param(lines((0, 0, 1.0)), id="one customer, one item"),
        pytest.param(lines((0, 2, 1.0), customers=3, items=5), id="items that nobody bought"),
        pytest.param(lines(*[(c, i, 1.0) for c in range(4) for i in range(3)]), id="all equal"),
        pytest.param(
            lines(*[(0, i, 1.0) for i in range(30)], customers=2), id="more items than customers"
        ),
        pytest.param(lines((0, 0, -4e5), (1, 1, -4e5)), id="so old that all has decayed to zero"),
    ],
)
def test_odd_shops_have_finite_answers(shop):
    model = fit(shop, 2.0)
    for array in (model.weights, model.trend, model.popularity, model.together):
        assert np.isfinite(array).all()
    np.testing.assert_allclose(model.popularity.sum(axis=1), 1.0)
    lists = recommend(model, np.arange(shop.customers), 10)
    assert np.isfinite(lists.score).all()
    for row in lists.item:
        filled = row[row >= 0]
        assert filled.size == np.unique(filled).size == min(10, shop.items)


def test_the_same_lines_in_another_order_give_the_same_model():
    shop = shop_with_tastes(1, customers=50)
    order = np.random.default_rng(2).permutation(shop.customer.size)
    shuffled = Lines(
        shop.customer[order], shop.item[order], shop.day[order], shop.quantity, 50, shop.items
    )
    first, second = fit(shop, 200.0), fit(shuffled, 200.0)
    np.testing.assert_array_equal(first.history.frequency, second.history.frequency)
    np.testing.assert_array_equal(first.weights, second.weights)
    np.testing.assert_array_equal(first.popularity, second.popularity)
