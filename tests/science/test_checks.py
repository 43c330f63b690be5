"""Every check names the argument, the row and what would be right."""

import numpy as np
import pytest

from regulars.science import checks
from regulars.science.contracts import Lines, Orders
from regulars.science.errors import (
    NoData,
    NotFinite,
    NotNumbers,
    NoVariation,
    OneClass,
    OutOfRange,
    ScienceRefused,
    WrongShape,
)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: checks.floats("x", []), NoData, "x is empty"),
        (lambda: checks.floats("x", [1, np.nan]), NotFinite, r"x\[1\] is nan"),
        (lambda: checks.floats("x", [np.inf]), NotFinite, r"x\[0\] is inf"),
        (lambda: checks.floats("x", [[1.0]]), WrongShape, r"shape \(1, 1\)"),
        (lambda: checks.floats("x", [1, 2], length=3), WrongShape, r"\(3,\)"),
        (lambda: checks.floats("x", [1, -2], at_least=0), OutOfRange, r"x\[1\] is -2.0.*least 0"),
        (lambda: checks.floats("x", [3], at_most=2), OutOfRange, "at most 2"),
        (lambda: checks.floats("x", [0], above=0), OutOfRange, "above 0"),
        (lambda: checks.codes("x", [0, 3], 3), OutOfRange, r"x\[1\] is 3.0.*from 0 to 2"),
        (lambda: checks.codes("x", [0.5], 3), OutOfRange, "whole number"),
        (lambda: checks.codes("x", [np.nan], 3), NotFinite, r"x\[0\]"),
        (lambda: checks.flags("x", [0, 2]), OutOfRange, "0 or 1"),
        (lambda: checks.codes("x", [-2], 3, least=-1), OutOfRange, r"x\[0\] is -2.0.*from -1 to 2"),
        (lambda: checks.codes("x", [1e40], 3), OutOfRange, "from 0 to 2"),
        (lambda: checks.codes("x", np.array([2**63], np.uint64), 3), OutOfRange, "from 0 to 2"),
        (lambda: checks.floats("x", [1.0, 2e60]), OutOfRange, r"x\[1\].*between -1e\+60 and"),
        (lambda: checks.floats("x", ["many"]), NotNumbers, "x holds <U4, not numbers"),
        (lambda: checks.floats("x", [1j]), NotNumbers, "x holds complex128"),
        (lambda: checks.floats("x", [[1.0], [1.0, 2.0]]), NotNumbers, "different lengths"),
        (lambda: checks.floats("x", [object()]), NotNumbers, "x holds object"),
        (lambda: checks.days("x", [2e9]), OutOfRange, r"x\[0\].*at most 1000000000.0"),
        (lambda: checks.day("x", -2e9), OutOfRange, "at least -1000000000.0"),
        (lambda: checks.rows("x", 1.0), WrongShape, r"x has the shape \(\)"),
        (lambda: checks.number("x", -2e60), OutOfRange, "at most 1e\\+60 from zero"),
        (lambda: checks.confidence(1.0), OutOfRange, "level is 1.0; it has to be below 1"),
        (lambda: checks.confidence(1e-12), OutOfRange, "at least 1e-09"),
        (lambda: checks.generator(-1), OutOfRange, "seed is -1.0.*whole number from 0"),
        (lambda: checks.generator(None), NotNumbers, "seed holds NoneType"),
        (lambda: checks.matrix("x", [1.0]), WrongShape, r"\(n, k\)"),
        (lambda: checks.matrix("x", [[1, 2], [3, np.nan]]), NotFinite, r"x\[1\]"),
        (lambda: checks.matrix("x", np.empty((0, 2))), NoData, "x is empty"),
        (lambda: checks.number("x", np.nan), OutOfRange, "finite"),
        (lambda: checks.number("x", 1, below=1), OutOfRange, "x is 1.0; it has to be below 1"),
        (lambda: checks.two_classes("x", np.array([True, True])), OneClass, "all of x are 1.0"),
        (lambda: checks.varied("x", np.array([2.0, 2.0])), NoVariation, "all values of x are 2.0"),
    ],
)  # fmt: skip
def test_bad_input_is_named_with_its_row_and_what_would_be_right(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert isinstance(raised.value, ScienceRefused)
    assert raised.value.next_step


def test_good_input_passes_in_the_dtype_of_the_models():
    assert checks.floats("x", [1, 2]).dtype == np.float64
    assert checks.codes("x", np.array([0.0, 2.0]), 3).tolist() == [0, 2]
    assert checks.flags("x", [0, 1]).tolist() == [False, True]
    assert checks.number("x", 0, at_least=0) == 0.0


def test_float64_is_not_copied():
    given = np.array([1.0, 2.0])
    assert checks.floats("x", given) is given


def test_columns_of_orders_and_lines_have_to_fit():
    one = np.array([0])
    with pytest.raises(WrongShape, match=r"orders\.day"):
        checks.orders(Orders(one, np.array([1.0, 2.0]), np.array([1.0]), 1))
    with pytest.raises(NoData, match="orders is empty"):
        checks.orders(Orders(np.array([], int), np.array([]), np.array([]), 1))
    with pytest.raises(OutOfRange, match=r"lines\.quantity"):
        checks.lines(Lines(one, one, np.array([1.0]), np.array([0.0]), 1, 1))
