"""Orders become histories: days, merging, the two sides of the calibration's end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.science.contracts import Orders
from regulars.science.errors import NoData, NotFinite, OutOfRange
from regulars.science.lifetime import facade as lifetime


def orders(*rows: tuple[int, float, float], customers: int = 3) -> Orders:
    customer, day, value = zip(*rows, strict=True)
    return Orders(np.array(customer), np.array(day, float), np.array(value, float), customers)


def test_orders_of_one_day_are_one_and_their_values_add_up():
    found = lifetime.summarise(
        orders((0, 0.1, 5), (0, 0.9, 7), (0, 14.2, 3), (0, 14.8, 4), (0, 21, 9)), 28
    )
    assert found.frequency.tolist() == [2]
    assert found.recency.tolist() == [3.0]
    assert found.age.tolist() == [4.0]
    assert found.value.tolist() == [8.0]


def test_first_order_is_no_repeat_and_its_value_does_not_count():
    found = lifetime.summarise(orders((0, 7, 100), (1, 0, 100), (1, 7, 10)), 14)
    assert found.frequency.tolist() == [0, 1]
    assert found.value.tolist() == [0.0, 10.0]
    assert found.recency.tolist() == [0.0, 1.0]


def test_end_of_calibration_is_its_last_day():
    given_orders = orders((0, 0, 1), (0, 10.99, 1), (0, 11, 1))
    assert lifetime.summarise(given_orders, 10, unit_days=1.0).frequency.tolist() == [1]
    found = lifetime.holdout(given_orders, lifetime.summarise(given_orders, 10), 10, 17)
    assert found.count.tolist() == [1]
    assert found.length == 1.0


def test_customers_who_come_later_are_not_there_yet():
    found = lifetime.summarise(orders((2, 0, 1), (0, 99, 1), (1, 3, 1)), 10)
    assert found.customer.tolist() == [1, 2]


def test_holdout_counts_days_and_totals_of_the_same_customers():
    given_orders = orders((0, 0, 1), (0, 15, 2), (0, 15.5, 3), (0, 40, 9), (2, 1, 1), (1, 20, 1))
    histories = lifetime.summarise(given_orders, 14)
    after = lifetime.holdout(given_orders, histories, 14, 28)
    assert histories.customer.tolist() == [0, 2]
    assert after.count.tolist() == [1, 0]
    assert after.value.tolist() == [5.0, 0.0]


@given(st.permutations(range(6)))
def test_sequence_of_orders_does_not_matter(sequence):
    rows = [(0, 0, 1), (0, 5, 2), (0, 5, 3), (1, 2, 4), (1, 8, 5), (2, 9, 6)]
    found = lifetime.summarise(orders(*(rows[number] for number in sequence)), 20)
    expected = lifetime.summarise(orders(*rows), 20)
    for one, other in zip(columns(found), columns(expected), strict=True):
        assert one.tolist() == other.tolist()


@given(st.integers(-10_000, 10_000))
def test_only_differences_of_days_count(shift):
    rows = [(0, 0, 1), (0, 5, 2), (1, 2, 4), (1, 8, 5)]
    moved = [(customer, day + shift, value) for customer, day, value in rows]
    found = lifetime.summarise(orders(*moved), 20 + shift)
    expected = lifetime.summarise(orders(*rows), 20)
    for one, other in zip(columns(found), columns(expected), strict=True):
        assert one.tolist() == other.tolist()


def columns(histories):
    return (
        histories.customer,
        histories.frequency,
        histories.recency,
        histories.age,
        histories.value,
    )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lifetime.summarise(orders((0, 9, 1)), 5), NoData, "up to day 5"),
        (lambda: lifetime.summarise(orders((0, np.nan, 1)), 5), NotFinite, r"orders\.day\[0\]"),
        (lambda: lifetime.summarise(orders((0, 1, np.inf)), 5), NotFinite, r"orders\.value\[0\]"),
        (lambda: lifetime.summarise(orders((7, 1, 1)), 5), OutOfRange, r"from 0 to 2"),
        (lambda: lifetime.summarise(orders((0, 1, 1)), np.nan), OutOfRange, "calibration_end"),
        (lambda: lifetime.summarise(orders((0, 1, 1)), 5, unit_days=0), OutOfRange, "unit_days"),
        (
            lambda: lifetime.holdout(
                orders((0, 1, 1)), lifetime.summarise(orders((0, 1, 1)), 5), 5, 5
            ),
            OutOfRange,
            "until is 5.0; it has to be after calibration_end",
        ),
        (lambda: lifetime.histories([], [], []), NoData, "is empty"),
        (lambda: lifetime.histories([1], [2.0], [1.0]), OutOfRange, "at most the age"),
        (lambda: lifetime.histories([0], [0.5], [1.0]), OutOfRange, "0 without a repeat"),
        (lambda: lifetime.histories([1], [0.0], [1.0]), OutOfRange, "above 0 with a repeat"),
        (lambda: lifetime.histories([0.5], [0.2], [1.0]), OutOfRange, "whole number"),
        (lambda: lifetime.histories([-1], [0.0], [1.0]), OutOfRange, "at least 0"),
        (lambda: lifetime.histories([0], [0.0], [np.inf]), NotFinite, "age"),
        (lambda: lifetime.histories([0], [0.0], [1.0], [np.nan]), NotFinite, "value"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_would_be_right(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step
