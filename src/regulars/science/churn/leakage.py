"""Whether features look past their cut: change the future, and see whether anything moves.

A feature that was computed from what came before the cut cannot know what comes at or after it.
Each change below leaves every order before the cut in its place and rewrites the others; the
features must be the same to the last digit that rounding lets one trust.
"""

from collections.abc import Callable

import numpy as np

from regulars.science import checks
from regulars.science.churn.contracts import Features, Leak, Leakage
from regulars.science.contracts import Booleans, Orders
from regulars.science.errors import TooFew

Extract = Callable[[Orders, float], Features]
TOLERANCE = 1e-9
"""Relative: sums of the same numbers may be taken in another order."""


def leaks(extract: Extract, orders: Orders, cut: float, *, seed: int) -> Leakage:
    """Every feature of `extract(orders, cut)` that changes with what happens at or after `cut`.

    The future is taken away; given to other customers; paid for differently; moved in time, one
    order to the very cut; doubled; and everyone who was seen before the cut is made to order right
    at the cut. Refused where there is nothing to change: no order before the cut, or none after.
    """
    given = checks.orders(orders)
    checks.day("cut", cut)
    future = given.day >= cut
    if not future.any():
        raise TooFew("orders at or after the cut", 0, 1)
    if future.all():
        raise TooFew("orders before the cut", 0, 1)
    before = extract(given, cut)
    found: list[Leak] = []
    changed = _futures(given, cut, future, checks.generator(seed))
    for name, rewritten in changed.items():
        found += _differences(before, extract(rewritten, cut), name)
    return Leakage(tuple(found), tuple(changed))


def _futures(
    orders: Orders, cut: float, future: Booleans, random: np.random.Generator
) -> dict[str, Orders]:
    """The same past with other futures."""
    rows = np.flatnonzero(future)
    past = ~future
    customer, day, value = orders.customer.copy(), orders.day.copy(), orders.value.copy()
    customer[rows] = random.integers(0, orders.customers, rows.size)
    dearer = value.copy()
    dearer[rows] = 10.0 * value[rows] + random.uniform(1.0, 1_000.0, rows.size)
    day[rows] = cut + random.uniform(0.0, np.ptp(orders.day) + 1.0, rows.size)
    day[rows[0]] = cut
    seen = np.unique(orders.customer[past])
    return {
        "removed": Orders(
            orders.customer[past], orders.day[past], orders.value[past], orders.customers
        ),
        "other customers": Orders(customer, orders.day, orders.value, orders.customers),
        "other values": Orders(orders.customer, orders.day, dearer, orders.customers),
        "other days": Orders(orders.customer, day, orders.value, orders.customers),
        "doubled": _added(orders, orders.customer[rows], orders.day[rows], orders.value[rows]),
        "everyone at the cut": _added(
            orders, seen, np.full(seen.size, cut), np.full(seen.size, 1.0)
        ),
    }


def _added(orders: Orders, customer: np.ndarray, day: np.ndarray, value: np.ndarray) -> Orders:
    return Orders(
        np.concatenate([orders.customer, customer]),
        np.concatenate([orders.day, day]),
        np.concatenate([orders.value, value]),
        orders.customers,
    )


def _differences(before: Features, after: Features, change: str) -> list[Leak]:
    if not np.array_equal(before.customer, after.customer):
        return [
            Leak("customer", change, -1, float(before.customer.size), float(after.customer.size))
        ]
    if before.measures != after.measures or before.values.shape != after.values.shape:
        return [Leak("measures", change, -1, len(before.measures), len(after.measures))]
    found = []
    for place, measure in enumerate(before.measures):
        first, second = before.values[:, place], after.values[:, place]
        same = np.isclose(first, second, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
        if not same.all():
            row = int(np.flatnonzero(~same)[0])
            found.append(Leak(measure.code, change, row, float(first[row]), float(second[row])))
    return found
