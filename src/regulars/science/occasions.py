"""What customers had done before a day: the counts that churn and segments start from.

Orders of a customer on one day are one occasion, as `lifetime` counts them, and days are whole. An
order at the cut belongs to the future, also where the cut is in the middle of a day.
"""

from dataclasses import dataclass

import numpy as np

from regulars.science.contracts import Floats, Integers, Orders
from regulars.science.errors import NoData
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.contracts import Histories


@dataclass(frozen=True, slots=True)
class Occasions:
    """Each customer with an order before the cut, ascending by code; all vectors (n,).

    `count`: days with an order. `recent`: those of them at or after `since`. `days_since_first`,
    `days_since_last`: 1 for an order on the day before a whole cut. `value`: the sum of what was
    paid.
    """

    customer: Integers
    count: Integers
    recent: Integers
    days_since_first: Floats
    days_since_last: Floats
    value: Floats


def occasions_before(orders: Orders, cut: float, *, since: float = -np.inf) -> Occasions:
    """The occasions before `cut` of checked orders; NoData where there is none."""
    past = orders_before(orders, cut)
    days = histories_before(orders, cut, unit_days=1.0)
    value: Floats = np.bincount(past.customer, past.value, minlength=past.customers).astype(
        np.float64, copy=False
    )
    return Occasions(
        customer=days.customer,
        count=days.frequency + 1,
        recent=_occasions_since(past, cut, since)[days.customer],
        days_since_first=days.age + 1.0,
        days_since_last=days.age - days.recency + 1.0,
        value=value[days.customer],
    )


def histories_before(orders: Orders, cut: float, *, unit_days: float) -> Histories:
    """The histories that `lifetime` fits and scores, of orders before `cut`."""
    past = orders_before(orders, cut)
    return lifetime.summarise(past, np.ceil(cut) - 1.0, unit_days=unit_days)


def orders_before(orders: Orders, cut: float) -> Orders:
    """The orders before `cut`; NoData where there is none."""
    past = orders.day < cut
    if not past.any():
        raise NoData("orders before the cut")
    return Orders(orders.customer[past], orders.day[past], orders.value[past], orders.customers)


def _occasions_since(past: Orders, cut: float, since: float) -> Integers:
    """Occasions of every customer code from `since` on: int64 (customers,)."""
    count = np.zeros(past.customers, dtype=np.int64)
    late = past.day >= since
    if late.any():
        recent = Orders(past.customer[late], past.day[late], past.value[late], past.customers)
        days = histories_before(recent, cut, unit_days=1.0)
        count[days.customer] = days.frequency + 1
    return count
