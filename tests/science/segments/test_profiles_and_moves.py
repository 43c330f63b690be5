"""Profiles add up to everyone; moves keep every customer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.science.errors import NoData, NotFinite, OutOfRange, WrongShape
from regulars.science.segments import facade

NAMES = ("a", "b", "c")


def test_a_profile_compares_a_segment_with_everyone():
    segment = np.array([0, 0, 1, 1])
    values = np.array([[1.0, 0.0], [3.0, 0.0], [4.0, 0.0], [8.0, 0.0]])
    first, second, third = facade.profiles(segment, NAMES, values)
    assert (first.customers, first.share) == (2, 0.5)
    assert first.mean.tolist() == [2.0, 0.0]
    assert second.median.tolist() == [6.0, 0.0]
    assert first.index.tolist() == [50.0, 0.0]
    assert second.total_share.tolist() == [0.75, 0.0]
    assert (third.customers, third.share) == (0, 0.0)
    assert third.mean.tolist() == third.index.tolist() == [0.0, 0.0]


@given(codes=st.lists(st.integers(0, 2), min_size=1, max_size=30))
@settings(deadline=None)
def test_profiles_add_up(codes):
    values = np.arange(1.0, len(codes) + 1)[:, None]
    found = facade.profiles(np.array(codes), NAMES, values)
    assert sum(one.customers for one in found) == len(codes)
    assert sum(one.total_share[0] for one in found) == pytest.approx(1.0)
    weighted = sum(one.share * one.mean[0] for one in found)
    assert weighted == pytest.approx(values.mean())


def test_moves_are_counted_from_row_to_column():
    before = np.array([0, 0, 0, 1, -1, 2])
    after = np.array([0, 1, 1, 1, 2, -1])
    found = facade.moves(before, after, NAMES)
    assert found.counts.tolist() == [[1, 2, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert found.net.tolist() == [-2, 2, 0]
    assert found.stayed == 0.5
    np.testing.assert_allclose(found.share[0], [1 / 3, 2 / 3, 0, 0])


def test_intervals_of_moves_are_wilsons():
    """10 of 20 at 95 %: 0.2993 to 0.7007 (Newcombe 1998, Statistics in Medicine 17, method 3, gives
    the formula)."""
    found = facade.moves(np.zeros(20, int), np.arange(20) % 2, ("a", "b"))
    np.testing.assert_allclose([found.low[0, 0], found.high[0, 0]], [0.2993, 0.7007], atol=1e-4)
    assert (found.low[0, 2], found.share[0, 2]) == (0.0, 0.0)
    assert (found.low[1, 0], found.share[1, 0], found.high[1, 0]) == (0.0, 0.0, 1.0)


@given(pairs=st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), min_size=1, max_size=40))
@settings(deadline=None)
def test_moves_lose_nobody(pairs):
    before, after = np.array(pairs).T
    found = facade.moves(before, after, NAMES)
    assert found.counts.sum() == len(pairs)
    rows = found.counts.sum(axis=1)
    np.testing.assert_allclose(found.share.sum(axis=1), rows > 0)
    assert (found.low <= found.share).all() and (found.share <= found.high + 1e-12).all()
    assert found.net.sum() == (after >= 0).sum() - (before >= 0).sum()


def test_two_lists_of_customers_are_aligned_by_code():
    before, after = facade.align(
        np.array([0, 2]), np.array([1, 0]), np.array([2, 3]), np.array([2, 1]), 4
    )
    assert before.tolist() == [1, -1, 0, -1]
    assert after.tolist() == [-1, -1, 2, 1]


def test_nobody_at_both_dates_has_moved_nowhere():
    assert facade.moves(np.array([-1]), np.array([0]), NAMES).stayed == 1.0


ONE = np.zeros(1, dtype=int)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: facade.profiles(ONE, NAMES, np.empty((0, 1))), NoData, "values"),
        (lambda: facade.profiles(ONE, NAMES, np.array([[np.nan]])), NotFinite, "values"),
        (lambda: facade.profiles(ONE, (), np.ones((1, 1))), WrongShape, "names"),
        (lambda: facade.profiles(ONE + 3, NAMES, np.ones((1, 1))), OutOfRange, "segment"),
        (lambda: facade.profiles(ONE, NAMES, np.ones((2, 1))), WrongShape, "segment"),
        (lambda: facade.moves(ONE[:0], ONE[:0], NAMES), NoData, "before"),
        (lambda: facade.moves(ONE, np.zeros(2, int), NAMES), WrongShape, "after"),
        (lambda: facade.moves(ONE - 2, ONE, NAMES), OutOfRange, "before"),
        (lambda: facade.moves(ONE, ONE + 3, NAMES), OutOfRange, "after"),
        (lambda: facade.moves(ONE, ONE, ()), WrongShape, "names"),
        (lambda: facade.moves(ONE, ONE, NAMES, level=1.0), OutOfRange, "level"),
        (lambda: facade.align(ONE + 4, ONE, ONE, ONE, 4), OutOfRange, "customer_before"),
        (lambda: facade.align(ONE, ONE, ONE, np.zeros(2, int), 4), WrongShape, "after"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step
