"""Robust z and velocity: by hand, against a slow count, and what a crowd of outliers does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.science.anomaly.facade import peak_within, robust_z
from regulars.science.anomaly.velocity import sum_before
from regulars.science.errors import NoData, NotFinite, OutOfRange, WrongShape


def test_robust_z_by_hand():
    z, typical = robust_z([1.0, 2.0, 3.0, 4.0, 100.0])
    # The median is 3, the absolute deviations are 2, 1, 0, 1, 97 with the median 1.
    assert z.tolist() == pytest.approx([-1.348980, -0.674490, 0.0, 0.674490, 65.425506], abs=1e-5)
    assert typical.tolist() == [3.0] * 5


def test_robust_z_is_the_plain_one_where_values_are_normal():
    values = np.random.default_rng(1).normal(10.0, 2.0, 100_000)
    z, _ = robust_z(values)
    assert np.abs(z - (values - 10.0) / 2.0).max() < 0.1


def test_a_third_of_outliers_does_not_hide_them():
    values = np.concatenate([np.random.default_rng(1).normal(0.0, 1.0, 200), np.full(100, 50.0)])
    assert (robust_z(values)[0][200:] > 20.0).all()
    # The plain z of the same values is below 2.
    assert ((values[200:] - values.mean()) / values.std() < 2.0).all()


def test_where_most_values_are_the_same_the_mean_deviation_stands_in():
    z, typical = robust_z([0.0] * 9 + [5.0])
    assert z[-1] == pytest.approx(5.0 / (1.2533141373155003 * 0.5))
    assert (z[:-1] == 0.0).all()
    assert (typical == 0.0).all()


def test_groups_are_compared_within_themselves():
    values = [1.0, 2.0, 3.0, 1_001.0, 1_002.0, 1_003.0]
    z, typical = robust_z(values, groups=[0, 0, 0, 1, 1, 1])
    assert z.tolist() == pytest.approx(2 * [-0.674490, 0.0, 0.674490], abs=1e-5)
    assert typical.tolist() == [2.0] * 3 + [1_002.0] * 3


def test_the_unit_keeps_a_single_event_from_being_odd():
    values = [0.0] * 99 + [1.0]
    assert robust_z(values)[0][-1] > 50.0
    assert robust_z(values, unit=1.0)[0][-1] == 1.0


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0], [0.0] * 50])
def test_values_that_are_all_the_same_have_no_distance(values):
    assert (robust_z(values)[0] == 0.0).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: robust_z([]), NoData, "values is empty"),
        (lambda: robust_z([1.0, np.nan]), NotFinite, r"values\[1\] is nan"),
        (lambda: robust_z([np.inf]), NotFinite, r"values\[0\] is inf"),
        (lambda: robust_z([[1.0]]), WrongShape, "values"),
        (lambda: robust_z([1.0], unit=-1.0), OutOfRange, "unit"),
        (lambda: robust_z([1.0, 2.0], groups=[0]), WrongShape, "groups"),
        (lambda: peak_within([0], [np.nan], 1, 1.0), NotFinite, "day"),
        (lambda: peak_within([1], [0.0], 1, 1.0), OutOfRange, "entity"),
        (lambda: peak_within([0], [0.0], 1, 0.0), OutOfRange, "window_days"),
        (lambda: peak_within([0], [0.0], 1, 1.0, weight=[-1.0]), OutOfRange, "weight"),
    ],
)
def test_bad_input_is_refused_with_what_would_be_right(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


def test_velocity_counts_the_busiest_window_of_each():
    entity = [0, 0, 0, 1, 0, 2]
    day = [0.0, 0.5, 0.9, 0.6, 7.0, 3.0]
    assert peak_within(entity, day, 4, 1.0).tolist() == [3.0, 1.0, 1.0, 0.0]
    assert peak_within(entity, day, 4, 0.45).tolist() == [2.0, 1.0, 1.0, 0.0]
    points = [5.0, 0.0, 1.0, 9.0, 5.5, 2.0]
    assert peak_within(entity, day, 4, 1.0, weight=points).tolist() == [6.0, 9.0, 2.0, 0.0]


def test_a_window_is_open_at_its_beginning():
    assert peak_within([0, 0], [0.0, 1.0], 1, 1.0).tolist() == [1.0]
    assert peak_within([0, 0], [0.0, 0.99], 1, 1.0).tolist() == [2.0]


def test_nobody_did_anything():
    assert peak_within([], [], 3, 1.0).tolist() == [0.0] * 3
    none = np.zeros(0)
    codes = np.zeros(0, dtype=np.int64)
    assert sum_before(codes, none, none, np.array([0]), np.array([1.0]), 1.0).tolist() == [0.0]


events = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 9)), min_size=1, max_size=40
)


@given(events, st.integers(1, 12))
@settings(max_examples=80, deadline=None)
def test_velocity_agrees_with_counting_every_window(rows, window):
    # Quarters of a day are exact in binary, so that both see the same window edges.
    entity, day, weight = (np.array(column) for column in zip(*rows, strict=True))
    day = day / 4.0
    found = peak_within(entity, day, 4, window / 4.0, weight=weight.astype(float))
    for who in range(4):
        own = [(when, points) for one, when, points in zip(entity, day, weight, strict=True)
               if one == who]  # fmt: skip
        slow = max(
            (sum(p for at, p in own if end - window / 4.0 < at <= end) for end, _ in own),
            default=0.0,
        )
        assert found[who] == slow
    asked = np.repeat(np.arange(4), 3)
    when = np.tile([1.0, 4.25, 9.0], 4)
    sums = sum_before(entity, day, weight.astype(float), asked, when, window / 4.0)
    for place, (who, end) in enumerate(zip(asked, when, strict=True)):
        inside = (entity == who) & (day >= end - window / 4.0) & (day <= end)
        assert sums[place] == weight[inside].sum()
