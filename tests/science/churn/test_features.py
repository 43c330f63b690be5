"""Features know what was before the cut, all of it and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.science.churn import facade
from regulars.science.churn.errors import HorizonNotObserved
from regulars.science.contracts import Orders
from regulars.science.errors import NoData, NotFinite, OutOfRange
from regulars.science.lifetime import facade as lifetime
from regulars.science.occasions import histories_before
from tests.science.churn.shops import shop


def orders(rows: list[tuple[int, float, float]], customers: int) -> Orders:
    columns = list(zip(*rows, strict=True))
    return Orders(
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.float64),
        np.array(columns[2], dtype=np.float64),
        customers,
    )


SHOP = orders(
    [
        (0, 10.0, 20.0),
        (0, 10.6, 4.0),
        (0, 30.0, 12.0),
        (0, 100.0, 999.0),
        (1, 99.9, 8.0),
        (2, 100.0, 5.0),
        (3, 50.0, 10.0),
        (3, 60.0, -30.0),
    ],
    5,
)


def test_features_are_those_of_the_days_before_the_cut():
    found = facade.features(SHOP, 100.0, horizon_days=30.0)
    assert found.customer.tolist() == [0, 1, 3]
    by_code = {
        measure.code: found.values[:, place].tolist()
        for place, measure in enumerate(found.measures)
    }
    assert by_code == {
        "days_since_last": [70.0, 1.0, 40.0],
        "orders": [2.0, 1.0, 2.0],
        "tenure_days": [90.0, 1.0, 50.0],
        "average_value": [18.0, 8.0, 0.0],
        "usual_gap": [20.0, 7.0, 10.0],
        "overdue": [3.5, 1 / 7, 4.0],
        "recent_orders": [2.0, 1.0, 2.0],
    }


def test_a_cut_within_a_day_parts_the_orders_of_that_day():
    found = facade.features(SHOP, 10.3, horizon_days=30.0)
    assert found.customer.tolist() == [0]
    assert found.values[0, 3] == 20.0


def test_recent_orders_are_those_of_ninety_days():
    found = facade.features(SHOP, 110.0, horizon_days=30.0)
    assert found.values[:, 6].tolist() == [2.0, 1.0, 1.0, 2.0]
    on_the_day = facade.features(SHOP, 120.0, horizon_days=30.0).values[0, 6]
    day_after = facade.features(SHOP, 121.0, horizon_days=30.0).values[0, 6]
    assert (on_the_day, day_after) == (2.0, 1.0)


def test_who_orders_at_the_end_of_the_horizon_has_churned_and_who_orders_before_has_not():
    data = orders(
        [(0, 1.0, 1.0), (0, 10.0, 1.0), (1, 1.0, 1.0), (1, 19.99, 1.0), (2, 20.0, 1.0)], 4
    )
    everyone = np.arange(4)
    found = facade.churned(data, everyone, 10.0, horizon_days=10.0, observed_until=20.0)
    assert found.tolist() == [False, False, True, True]


def test_a_horizon_that_has_not_passed_is_refused():
    with pytest.raises(HorizonNotObserved, match=r"ends on day 110.0.*known to 109.0") as raised:
        facade.churned(SHOP, np.array([0]), 100.0, horizon_days=10.0, observed_until=109.0)
    assert raised.value.next_step == "Take an earlier cut or a shorter horizon."


@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_the_sequence_of_orders_says_nothing(seed):
    mixed = np.random.default_rng(seed).permutation(SHOP.day.size)
    other = Orders(SHOP.customer[mixed], SHOP.day[mixed], SHOP.value[mixed], SHOP.customers)
    first = facade.features(SHOP, 100.0, horizon_days=30.0)
    second = facade.features(other, 100.0, horizon_days=30.0)
    np.testing.assert_allclose(second.values, first.values, rtol=1e-12)
    assert second.customer.tolist() == first.customer.tolist()


def test_days_may_be_counted_from_anywhere():
    moved = Orders(SHOP.customer, SHOP.day + 10_000.0, SHOP.value, SHOP.customers)
    first = facade.features(SHOP, 100.0, horizon_days=30.0)
    second = facade.features(moved, 10_100.0, horizon_days=30.0)
    np.testing.assert_array_equal(second.values, first.values)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: facade.features(SHOP, 5.0, horizon_days=9.0), NoData, "orders before the cut"),
        (lambda: facade.features(SHOP, np.nan, horizon_days=9.0), OutOfRange, "cut is nan"),
        (lambda: facade.features(SHOP, 100.0, horizon_days=0.0), OutOfRange, "horizon_days is 0.0"),
        (
            lambda: facade.features(orders([(0, np.nan, 1.0)], 1), 5.0, horizon_days=9.0),
            NotFinite,
            r"orders\.day\[0\]",
        ),
        (
            lambda: facade.features(orders([(0, 1.0, np.inf)], 1), 5.0, horizon_days=9.0),
            NotFinite,
            r"orders\.value\[0\]",
        ),
        (
            lambda: facade.features(orders([(7, 1.0, 1.0)], 1), 5.0, horizon_days=9.0),
            OutOfRange,
            r"orders\.customer\[0\] is 7",
        ),
        (
            lambda: facade.churned(
                SHOP, np.array([9]), 10.0, horizon_days=1.0, observed_until=100.0
            ),
            OutOfRange,
            r"customer\[0\] is 9",
        ),
        (
            lambda: facade.churned(
                SHOP, np.array([0]), 10.0, horizon_days=1.0, observed_until=np.nan
            ),
            HorizonNotObserved,
            "nan",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


def test_one_customer_with_zero_value_has_features():
    found = facade.features(orders([(0, 1.0, 0.0)], 1), 3.0, horizon_days=9.0)
    assert found.values.tolist() == [[2.0, 1.0, 2.0, 0.0, 7.0, 2 / 7, 1.0]]


def test_features_of_a_rhythm_are_those_that_the_lifetime_room_scores():
    data = shop(1_000, seed=1)
    history = histories_before(data, 250.0, unit_days=7.0)
    fit = lifetime.fit_beta_geometric(history)
    found = facade.features(data, 250.0, horizon_days=70.0, rhythm=fit)
    scores = lifetime.score(fit, history, 10.0)
    assert [measure.code for measure in found.measures[-2:]] == ["alive", "expected_orders"]
    np.testing.assert_array_equal(found.values[:, -2], scores.alive)
    np.testing.assert_array_equal(found.values[:, -1], scores.expected)
