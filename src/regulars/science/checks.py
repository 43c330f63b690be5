"""Input checks that every science room makes first: shape, finiteness, range, variation.

They answer the array in the dtype that the models compute in, without a copy where it has it
already, and raise the room's typed refusals. A check never repairs.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regulars.science.contracts import Booleans, Floats, Integers, Lines, Orders
from regulars.science.errors import (
    NoData,
    NotFinite,
    NoVariation,
    OneClass,
    OutOfRange,
    WrongShape,
)


def floats(
    argument: str,
    values: ArrayLike,
    *,
    length: int | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    allow_empty: bool = False,
) -> Floats:
    """A finite float64 vector within the bounds given."""
    array: Floats = np.asarray(values, dtype=np.float64)
    _vector(argument, array, length, allow_empty)
    finite(argument, array)
    _bounds(argument, array, at_least, at_most, above)
    return array


def codes(argument: str, values: ArrayLike, count: int, *, length: int | None = None) -> Integers:
    """An int64 vector of codes from 0 to count - 1. Refuses fractions."""
    given = np.asarray(values)
    if given.dtype.kind not in "iub":
        given = floats(argument, given, length=length, allow_empty=True)
        wrong = np.flatnonzero(given != np.floor(given))
        if wrong.size:
            raise OutOfRange(argument, int(wrong[0]), float(given[wrong[0]]), "a whole number")
    array: Integers = given.astype(np.int64, copy=False)
    _vector(argument, array, length, allow_empty=True)
    wrong = np.flatnonzero((array < 0) | (array >= count))
    if wrong.size:
        row = int(wrong[0])
        raise OutOfRange(argument, row, float(array[row]), f"from 0 to {count - 1}")
    return array


def flags(argument: str, values: ArrayLike, *, length: int | None = None) -> Booleans:
    """A vector of yes and no; 0 and 1 are understood."""
    given = np.asarray(values)
    if given.dtype != np.bool_:
        numbers = floats(argument, given, length=length)
        wrong = np.flatnonzero((numbers != 0) & (numbers != 1))
        if wrong.size:
            raise OutOfRange(argument, int(wrong[0]), float(numbers[wrong[0]]), "0 or 1")
        given = numbers == 1
    _vector(argument, given, length)
    answers: Booleans = given
    return answers


def matrix(
    argument: str, values: ArrayLike, *, rows: int | None = None, columns: int | None = None
) -> Floats:
    """A finite float64 matrix (rows, columns)."""
    array = np.asarray(values, dtype=np.float64)
    fits = (
        array.ndim == 2
        and (rows is None or array.shape[0] == rows)
        and (columns is None or array.shape[1] == columns)
    )
    if not fits:
        wanted = f"({'n' if rows is None else rows}, {'k' if columns is None else columns})"
        raise WrongShape(argument, array.shape, wanted)
    if array.size == 0:
        raise NoData(argument)
    finite(argument, array)
    return array


def finite(argument: str, array: Floats) -> None:
    """Refuse NaN and infinity; of a matrix the row is named."""
    if np.isfinite(array).all():
        return
    bad = np.argwhere(~np.isfinite(array))[0]
    raise NotFinite(argument, int(bad[0]), float(array[tuple(bad)]))


def number(
    argument: str,
    value: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """A finite number within the bounds given."""
    checked = float(value)
    wrong = [
        text
        for text, is_wrong in (
            ("finite", not np.isfinite(checked)),
            (f"at least {at_least}", at_least is not None and checked < at_least),
            (f"at most {at_most}", at_most is not None and checked > at_most),
            (f"above {above}", above is not None and checked <= above),
            (f"below {below}", below is not None and checked >= below),
        )
        if is_wrong
    ]
    if wrong:
        raise OutOfRange(argument, -1, checked, wrong[0])
    return checked


def two_classes(argument: str, outcomes: Booleans) -> None:
    """Refuse outcomes that are all yes or all no."""
    if outcomes.all() or not outcomes.any():
        raise OneClass(argument, float(outcomes[0]))


def varied(argument: str, array: Floats) -> None:
    """Refuse values that are all the same."""
    if array.size and np.ptp(array) == 0.0:
        raise NoVariation(argument, float(array.flat[0]))


def orders(given: Orders) -> Orders:
    """Orders whose columns fit each other."""
    count = np.asarray(given.customer).shape[0]
    if count == 0:
        raise NoData("orders")
    return Orders(
        codes("orders.customer", given.customer, given.customers, length=count),
        floats("orders.day", given.day, length=count),
        floats("orders.value", given.value, length=count),
        given.customers,
    )


def lines(given: Lines) -> Lines:
    """Order lines whose columns fit each other."""
    count = np.asarray(given.customer).shape[0]
    if count == 0:
        raise NoData("lines")
    return Lines(
        codes("lines.customer", given.customer, given.customers, length=count),
        codes("lines.item", given.item, given.items, length=count),
        floats("lines.day", given.day, length=count),
        floats("lines.quantity", given.quantity, length=count, above=0.0),
        given.customers,
        given.items,
    )


def _vector(
    argument: str, array: NDArray[Any], length: int | None, allow_empty: bool = False
) -> None:
    if array.ndim != 1 or (length is not None and array.shape[0] != length):
        raise WrongShape(argument, array.shape, f"({'n' if length is None else length},)")
    if array.shape[0] == 0 and not allow_empty:
        raise NoData(argument)


def _bounds(
    argument: str,
    array: Floats,
    at_least: float | None,
    at_most: float | None,
    above: float | None,
) -> None:
    for limit, is_wrong, words in (
        (at_least, np.less, "at least"),
        (at_most, np.greater, "at most"),
        (above, np.less_equal, "above"),
    ):
        if limit is None:
            continue
        wrong = np.flatnonzero(is_wrong(array, limit))
        if wrong.size:
            row = int(wrong[0])
            raise OutOfRange(argument, row, float(array[row]), f"{words} {limit}")
