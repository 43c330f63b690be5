"""The leakage test finds every way to look past the cut that is known here, and no other."""

from dataclasses import replace

import numpy as np
import pytest

from regulars.science.churn import facade
from regulars.science.churn.contracts import Features, Measure
from regulars.science.contracts import Floats, Orders
from regulars.science.errors import NoData, TooFew
from regulars.science.lifetime import facade as lifetime
from regulars.science.occasions import histories_before
from tests.science.churn.shops import shop, table

CUT = 250.0


@pytest.fixture(scope="module")
def orders() -> Orders:
    return shop(300, seed=3)


def honest(orders: Orders, cut: float) -> Features:
    return facade.features(orders, cut, horizon_days=90.0)


def honest_with_rhythm(orders: Orders, cut: float) -> Features:
    fit = lifetime.fit_beta_geometric(histories_before(orders, cut, unit_days=7.0))
    return facade.features(orders, cut, horizon_days=90.0, rhythm=fit)


def with_column(orders: Orders, cut: float, column: Floats) -> Features:
    """The honest features and one more, by customer code."""
    known = honest(orders, cut)
    return replace(
        known,
        values=np.column_stack([known.values, column[known.customer]]),
        measures=(*known.measures, Measure("peeking", "")),
    )


def orders_ever(orders: Orders, cut: float) -> Features:
    return with_column(orders, cut, np.bincount(orders.customer, minlength=orders.customers))


def value_ever(orders: Orders, cut: float) -> Features:
    paid = np.bincount(orders.customer, orders.value, minlength=orders.customers)
    return with_column(orders, cut, paid)


def orders_up_to_and_at_the_cut(orders: Orders, cut: float) -> Features:
    kept = orders.customer[orders.day <= cut]
    return with_column(orders, cut, np.bincount(kept, minlength=orders.customers))


def days_to_the_end_of_the_data(orders: Orders, cut: float) -> Features:
    return with_column(orders, cut, np.full(orders.customers, orders.day.max() - cut))


def standardised_by_everything(orders: Orders, cut: float) -> Features:
    past = orders.day < cut
    paid = np.bincount(orders.customer[past], orders.value[past], minlength=orders.customers)
    return with_column(orders, cut, paid - orders.value.mean())


def will_return_tomorrow(orders: Orders, cut: float) -> Features:
    soon = (orders.day >= cut) & (orders.day < cut + 1.0)
    return with_column(orders, cut, np.bincount(orders.customer[soon], minlength=orders.customers))


@pytest.mark.parametrize(
    "peek",
    [
        orders_ever,
        value_ever,
        orders_up_to_and_at_the_cut,
        days_to_the_end_of_the_data,
        standardised_by_everything,
        will_return_tomorrow,
    ],
)
def test_a_feature_that_looks_past_the_cut_is_caught_and_named(orders, peek):
    found = facade.leaks(peek, orders, CUT, seed=1)
    assert not found.clean
    assert {leak.feature for leak in found.leaks} == {"peeking"}


@pytest.mark.parametrize(
    ("peek", "changes"),
    [
        (orders_up_to_and_at_the_cut, {"other days", "everyone at the cut"}),
        (days_to_the_end_of_the_data, {"removed", "other days"}),
        (value_ever, {"removed", "other customers", "other values", "doubled"}),
    ],
)
def test_each_change_of_the_future_shows_what_it_is_there_for(orders, peek, changes):
    found = facade.leaks(peek, orders, CUT, seed=1)
    assert changes <= {leak.change for leak in found.leaks}
    if peek is orders_up_to_and_at_the_cut:
        assert changes == {leak.change for leak in found.leaks}


def test_a_choice_of_customers_by_what_they_did_later_is_caught(orders):
    def only_who_returned(given: Orders, cut: float) -> Features:
        known = honest(given, cut)
        kept = np.isin(known.customer, given.customer[given.day >= cut])
        return replace(known, customer=known.customer[kept], values=known.values[kept])

    found = facade.leaks(only_who_returned, orders, CUT, seed=1)
    assert "customer" in {leak.feature for leak in found.leaks}


def test_a_number_of_columns_that_depends_on_the_future_is_caught(orders):
    def wider(given: Orders, cut: float) -> Features:
        late = int((given.day >= cut).sum())
        return table(np.zeros((given.customers, 1 + late % 7)))

    found = facade.leaks(wider, orders, CUT, seed=1)
    assert {leak.feature for leak in found.leaks} == {"measures"}


@pytest.mark.parametrize("extract", [honest, honest_with_rhythm])
@pytest.mark.parametrize("cut", [CUT, 250.5])
def test_our_features_do_not_look_past_the_cut(orders, extract, cut):
    found = facade.leaks(extract, orders, cut, seed=1)
    assert found.clean
    assert len(found.changes) == 6


def test_a_leak_tells_what_was_changed_and_by_how_much(orders):
    found = facade.leaks(days_to_the_end_of_the_data, orders, CUT, seed=1)
    removed = next(leak for leak in found.leaks if leak.change == "removed")
    assert removed.row == 0
    assert removed.before == orders.day.max() - CUT
    assert removed.after == orders.day[orders.day < CUT].max() - CUT


@pytest.mark.parametrize(
    ("cut", "error", "words"),
    [
        (500.0, TooFew, "0 orders at or after the cut"),
        (-1.0, TooFew, "0 orders before the cut"),
    ],
)
def test_without_a_past_or_a_future_there_is_nothing_to_test(orders, cut, error, words):
    with pytest.raises(error, match=words):
        facade.leaks(honest, orders, cut, seed=1)


def test_without_orders_there_is_nothing_to_test():
    with pytest.raises(NoData):
        facade.leaks(honest, Orders(np.array([], int), np.array([]), np.array([]), 1), 1.0, seed=1)
