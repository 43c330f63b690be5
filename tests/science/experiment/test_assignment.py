"""Assignment is stable, independent between experiments, and as large as planned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.science.errors import NoData, OutOfRange
from regulars.science.experiment.assignment import places
from regulars.science.experiment.contracts import Design
from regulars.science.experiment.errors import WeakKey, WrongDesign
from regulars.science.experiment.facade import NOT_IN_TEST, assign, ratio_mismatch

KEY = b"0123456789abcdef"
UNITS = [f"m{number}" for number in range(20_000)]
HALVES = Design("welcome", ("control", "gift"), (0.5, 0.5))


def test_the_same_key_name_and_unit_get_the_same_arm_whoever_else_is_there():
    everybody = assign(UNITS, HALVES, key=KEY, holdout_share=0.1)
    backwards = assign(UNITS[::-1][:500], HALVES, key=KEY, holdout_share=0.1)
    assert np.array_equal(backwards.arm, everybody.arm[::-1][:500])
    assert np.array_equal(backwards.holdout, everybody.holdout[::-1][:500])


def test_assignment_stays_what_it_was_between_releases():
    # What these answered when the first experiment ran: a change would move live members.
    assert assign(UNITS[:12], HALVES, key=KEY).arm.tolist() == [1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]
    assert places(["m0"], "arm", "welcome", key=KEY)[0] == 0.8000372131132198


def test_arms_have_their_shares():
    design = Design("thirds", ("a", "b", "c"), (0.2, 0.3, 0.5))
    arm = assign(UNITS, design, key=KEY).arm
    assert not ratio_mismatch(np.bincount(arm, minlength=3), design.shares).mismatch


def test_two_experiments_are_independent():
    first = assign(UNITS, HALVES, key=KEY).arm
    second = assign(UNITS, Design("other", ("a", "b"), (0.5, 0.5)), key=KEY).arm
    table = np.bincount(2 * first + second, minlength=4)
    assert not ratio_mismatch(table, [0.25] * 4).mismatch


def test_another_key_is_another_assignment():
    agreeing = assign(UNITS, HALVES, key=KEY).arm == assign(UNITS, HALVES, key=b"x" * 16).arm
    assert not ratio_mismatch([agreeing.sum(), (~agreeing).sum()], [0.5, 0.5]).mismatch


def test_more_traffic_brings_units_in_and_moves_none():
    few = assign(UNITS, Design("w", ("a", "b"), (0.5, 0.5), traffic=0.2), key=KEY).arm
    many = assign(UNITS, Design("w", ("a", "b"), (0.5, 0.5), traffic=0.7), key=KEY).arm
    inside = few != NOT_IN_TEST
    assert np.array_equal(few[inside], many[inside])
    assert (many != NOT_IN_TEST).mean() == pytest.approx(0.7, abs=0.015)


def test_the_holdout_is_the_same_for_all_experiments_and_gets_none():
    one = assign(UNITS, HALVES, key=KEY, holdout_share=0.05)
    other = assign(UNITS, Design("b", ("a", "b"), (0.5, 0.5)), key=KEY, holdout_share=0.05)
    larger = assign(UNITS, HALVES, key=KEY, holdout_share=0.2)
    assert np.array_equal(one.holdout, other.holdout)
    assert np.all(one.arm[one.holdout] == NOT_IN_TEST)
    assert np.all(larger.holdout[one.holdout])
    assert one.holdout.mean() == pytest.approx(0.05, abs=0.007)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.text(max_size=5))
@settings(max_examples=50, deadline=None)
def test_places_are_within_0_and_1_and_a_function_of_the_unit(units, name):
    found = places([*units, units[0]], "arm", name, key=KEY)
    assert np.all((found >= 0.0) & (found < 1.0))
    assert found[0] == found[-1]


def test_the_bytes_of_name_and_unit_cannot_be_moved_between_them():
    assert places(["bc"], "arm", "a", key=KEY)[0] != places(["c"], "arm", "ab", key=KEY)[0]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: assign([], HALVES, key=KEY), NoData, "units"),
        (lambda: assign(UNITS, HALVES, key=b"short"), WeakKey, "5 bytes"),
        (lambda: assign(UNITS, HALVES, key=b"k" * 65), WeakKey, "65 bytes"),
        (lambda: assign(UNITS, HALVES, key=KEY, holdout_share=1.0), OutOfRange, "below 1"),
        (lambda: assign(UNITS, HALVES, key=KEY, holdout_share=np.nan), OutOfRange, "finite"),
        (lambda: assign(["a"], Design("", ("a", "b"), (0.5, 0.5)), key=KEY), WrongDesign, "name"),
        (lambda: assign(["a"], Design("x", ("a",), (1.0,)), key=KEY), WrongDesign, "fewer"),
        (lambda: assign(["a"], Design("x", ("a", "a"), (0.5, 0.5)), key=KEY), WrongDesign, "twice"),
        (lambda: assign(["a"], Design("x", ("a", "b"), (1.0,)), key=KEY), WrongDesign, "per arm"),
        (lambda: assign(["a"], Design("x", ("a", "b"), (1.0, 0.0)), key=KEY), WrongDesign, "above"),
        (lambda: assign(["a"], Design("x", ("a", "b"), (0.5, 0.6)), key=KEY), WrongDesign, "add"),
        (
            lambda: assign(["a"], Design("x", ("a", "b"), (0.5, np.nan)), key=KEY),
            WrongDesign,
            "abo",
        ),
        (
            lambda: assign(["a"], Design("x", ("a", "b"), (0.5, 0.5), traffic=0.0), key=KEY),
            WrongDesign,
            "traffic",
        ),
    ],
)
def test_a_design_that_cannot_be_run_is_refused(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step
