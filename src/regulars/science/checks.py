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
    NotNumbers,
    NoVariation,
    OneClass,
    OutOfRange,
    WrongShape,
)

MAGNITUDE_MOST = 1e60
"""No amount, day or count is further from zero, and the fourth powers that variances of variances
are made of still fit a float64, sums over all customers included."""
CODE_MOST = 1 << 62
"""Where only the caller knows how many codes there are."""
LEVEL_LEAST = 1e-9
MAGNITUDE_ANY = float(np.finfo(np.float64).max)
"""For methods that scale what they are given first."""
DAY_MOST = 1e9
"""Days further from their origin are seconds, or no days at all; codes times days fit an int64."""


def floats(
    argument: str,
    values: ArrayLike,
    *,
    length: int | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    allow_empty: bool = False,
    magnitude_most: float = MAGNITUDE_MOST,
) -> Floats:
    """A finite float64 vector within the bounds given."""
    array = numbers(argument, values)
    _vector(argument, array, length, allow_empty)
    finite(argument, array, magnitude_most)
    _bounds(argument, array, at_least, at_most, above)
    return array


def days(
    argument: str, values: ArrayLike, *, length: int | None = None, at_most: float = DAY_MOST
) -> Floats:
    """A vector of days, near enough to their origin for whole ones to be counted."""
    return floats(argument, values, length=length, at_least=-DAY_MOST, at_most=at_most)


def codes(
    argument: str, values: ArrayLike, count: int, *, length: int | None = None, least: int = 0
) -> Integers:
    """An int64 vector of codes from `least` (-1 where that stands for none) to count - 1. Refuses
    fractions."""
    given = read(argument, values)
    if given.dtype.kind not in "iub":
        given = floats(argument, given, length=length, allow_empty=True)
        wrong = np.flatnonzero(given != np.floor(given))
        if wrong.size:
            raise OutOfRange(argument, int(wrong[0]), float(given[wrong[0]]), "a whole number")
    _vector(argument, given, length, allow_empty=True)
    # Before the cast: what an int64 cannot hold is no code either.
    wrong = np.flatnonzero((given < least) | (given >= count))
    if wrong.size:
        row = int(wrong[0])
        raise OutOfRange(argument, row, float(given[row]), f"from {least} to {count - 1}")
    array: Integers = given.astype(np.int64, copy=False)
    return array


def flags(argument: str, values: ArrayLike, *, length: int | None = None) -> Booleans:
    """A vector of yes and no; 0 and 1 are understood."""
    given = read(argument, values)
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
    argument: str,
    values: ArrayLike,
    *,
    rows: int | None = None,
    columns: int | None = None,
    magnitude_most: float = MAGNITUDE_MOST,
) -> Floats:
    """A finite float64 matrix (rows, columns)."""
    array = numbers(argument, values)
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
    finite(argument, array, magnitude_most)
    return array


def finite(argument: str, array: Floats, magnitude_most: float = MAGNITUDE_MOST) -> None:
    """Refuse NaN, infinity and what is nearly so; of a matrix the row is named."""
    # NaN fails both comparisons, so that good arrays are read twice and nothing is copied.
    if not array.size or (array.min() >= -magnitude_most and array.max() <= magnitude_most):
        return
    bad = np.argwhere(~(np.abs(array) <= magnitude_most))[0]
    row, found = int(bad[0]) if bad.size else 0, float(array[tuple(bad)])
    if np.isfinite(found):
        raise OutOfRange(argument, row, found, f"between -{magnitude_most} and {magnitude_most}")
    raise NotFinite(argument, row, found)


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
            (f"at most {MAGNITUDE_MOST} from zero", abs(checked) > MAGNITUDE_MOST),
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


def day(argument: str, value: float) -> float:
    """A day, as near to the origin as those of `days`."""
    return number(argument, value, at_least=-DAY_MOST, at_most=DAY_MOST)


def confidence(level: float, argument: str = "level") -> float:
    """A confidence level, so far from 0 and from 1 that its quantiles are finite and not zero."""
    number(argument, level, above=0.0, below=1.0)
    return number(argument, level, at_least=LEVEL_LEAST, at_most=1.0 - LEVEL_LEAST)


def generator(seed: int, *more: int) -> np.random.Generator:
    """The generator of a seed, or of a seed and what tells its uses apart."""
    checked = whole_seed(seed)
    return np.random.default_rng([checked, *more] if more else checked)


def whole_seed(seed: int) -> int:
    """A whole number from 0; anything else is refused, None above all: nothing is drawn here that
    cannot be drawn again."""
    if not isinstance(seed, int | np.integer):
        raise NotNumbers("seed", type(seed).__name__)
    if seed < 0:
        raise OutOfRange("seed", -1, float(seed), "a whole number from 0")
    return int(seed)


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
    count = rows("orders.customer", given.customer)
    if count == 0:
        raise NoData("orders")
    return Orders(
        codes("orders.customer", given.customer, given.customers, length=count),
        days("orders.day", given.day, length=count),
        floats("orders.value", given.value, length=count),
        given.customers,
    )


def lines(given: Lines) -> Lines:
    """Order lines whose columns fit each other."""
    count = rows("lines.customer", given.customer)
    if count == 0:
        raise NoData("lines")
    return Lines(
        codes("lines.customer", given.customer, given.customers, length=count),
        codes("lines.item", given.item, given.items, length=count),
        days("lines.day", given.day, length=count),
        floats("lines.quantity", given.quantity, length=count, above=0.0),
        given.customers,
        given.items,
    )


def rows(argument: str, values: ArrayLike) -> int:
    """How many rows a column has, which may be none."""
    given = read(argument, values)
    _vector(argument, given, None, allow_empty=True)
    return int(given.shape[0])


def read(argument: str, values: ArrayLike) -> NDArray[Any]:
    """The array that was given; refuses words, times, complex numbers and rows of many lengths."""
    try:
        given = np.asarray(values)
    except ValueError as error:
        raise NotNumbers(argument, "rows of different lengths") from error
    if given.dtype.kind not in "biufO":
        raise NotNumbers(argument, str(given.dtype))
    return given


def numbers(argument: str, values: ArrayLike) -> Floats:
    """What was given as float64, of any shape and value; refuses what are no numbers."""
    given = read(argument, values)
    try:
        return given.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise NotNumbers(argument, str(given.dtype)) from error


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
