"""From orders to histories: what happened by the end of calibration, and what came after.

Orders of a customer on one day are one, as Fader, Hardie and Lee 2005 count them; a day is the
whole number that `day` begins with. A customer exists from the first order on.
"""

from dataclasses import dataclass

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers, Orders
from regulars.science.errors import NoData, OutOfRange
from regulars.science.lifetime.contracts import Histories, Holdout

FREQUENCY_MOST = 1e6
"""Whoever has ordered on more days than that is no customer."""
UNIT_DAYS_LEAST, UNIT_DAYS_MOST = 1e-6, 1e6


@dataclass(frozen=True, slots=True)
class OrderDays:
    """Days with orders, sorted by customer and day: `customer`, `day` int64 (m,), `value` (m,)
    their totals. `first` int64 (n,) are the rows that begin a customer."""

    customer: Integers
    day: Integers
    value: Floats
    first: Integers


def order_days(orders: Orders, last_day: int) -> OrderDays:
    """The orders up to and including `last_day`, those of one customer and day merged."""
    given = checks.orders(orders)
    day = np.floor(given.day).astype(np.int64)
    kept = np.flatnonzero(day <= last_day)
    if kept.size == 0:
        raise NoData(f"orders up to day {last_day}")
    origin = int(day[kept].min())
    span = last_day - origin + 1
    key = given.customer[kept] * span + (day[kept] - origin)
    value = given.value[kept]
    if np.any(key[1:] < key[:-1]):
        sequence = np.argsort(key, kind="stable")
        key, value = key[sequence], value[sequence]
    start = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    customer, offset = np.divmod(key[start], span)
    first = np.flatnonzero(np.diff(customer, prepend=customer[0] - 1))
    return OrderDays(customer, offset + origin, np.add.reduceat(value, start), first)


def summarise(orders: Orders, calibration_end: float, unit_days: float) -> Histories:
    """See the facade."""
    unit = checked_unit("unit_days", unit_days)
    end = int(np.floor(checks.day("calibration_end", calibration_end)))
    merged = order_days(orders, end)
    first = merged.first
    length = np.diff(first, append=merged.customer.shape[0])
    begin, last = merged.day[first], merged.day[first + length - 1]
    frequency = length - 1
    repeat_value = np.add.reduceat(merged.value, first) - merged.value[first]
    mean = np.divide(repeat_value, frequency, out=np.zeros(first.shape), where=frequency > 0)
    return Histories(
        merged.customer[first], frequency, (last - begin) / unit, (end - begin) / unit, mean, unit
    )


def holdout(orders: Orders, histories: Histories, calibration_end: float, until: float) -> Holdout:
    """See the facade."""
    end = int(np.floor(checks.day("calibration_end", calibration_end)))
    stop = int(np.floor(checks.day("until", until)))
    unit = checked_unit("histories.unit_days", histories.unit_days)
    if stop <= end:
        raise OutOfRange("until", -1, float(until), f"after calibration_end, {calibration_end}")
    merged = order_days(orders, stop)
    later = merged.day > end
    size = orders.customers
    count = np.bincount(merged.customer[later], minlength=size)
    value: Floats = np.bincount(merged.customer[later], merged.value[later], minlength=size).astype(
        np.float64
    )
    customer = checks.codes("histories.customer", histories.customer, size)
    return Holdout(count[customer], value[customer], (stop - end) / unit)


def checked(histories: Histories) -> Histories:
    """Histories whose columns fit each other and mean something."""
    count = checks.rows("histories.age", histories.age)
    if count == 0:
        raise NoData("histories")
    unit = checked_unit("histories.unit_days", histories.unit_days)
    longest = checks.DAY_MOST / unit
    age = checks.floats("histories.age", histories.age, at_least=0.0, at_most=longest)
    recency = checks.floats("histories.recency", histories.recency, length=count, at_least=0.0)
    value = checks.floats("histories.value", histories.value, length=count)
    frequency = checks.floats(
        "histories.frequency",
        histories.frequency,
        length=count,
        at_least=0.0,
        at_most=FREQUENCY_MOST,
    )
    customer = checks.codes(
        "histories.customer", histories.customer, checks.CODE_MOST, length=count
    )
    for argument, column, is_wrong, expected in (
        ("histories.frequency", frequency, frequency != np.floor(frequency), "a whole number"),
        ("histories.recency", recency, recency > age * (1.0 + 1e-12), "at most the age"),
        ("histories.recency", recency, (frequency == 0) & (recency > 0), "0 without a repeat"),
        ("histories.recency", recency, (frequency > 0) & (recency == 0), "above 0 with a repeat"),
    ):
        wrong = np.flatnonzero(is_wrong)
        if wrong.size:
            raise OutOfRange(argument, int(wrong[0]), float(column[wrong[0]]), expected)
    return Histories(customer, frequency.astype(np.int64), recency, age, value, unit)


def checked_unit(argument: str, days: float) -> float:
    """A unit of time between a tenth of a second and some thousand years."""
    checks.number(argument, days, above=0.0)
    return checks.number(argument, days, at_least=UNIT_DAYS_LEAST, at_most=UNIT_DAYS_MOST)
