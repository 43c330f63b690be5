"""What is known of a customer before a cut: recency, frequency, value, gaps, and the rhythm that a
BG/NBD model reads from them.

Everything is computed from orders with a day below the cut; an order at the cut belongs to the
future. Orders of a customer on the same day are one occasion, as in the counting models (Fader,
Hardie & Lee 2005, Marketing Science 24(2), section 2). The outcome is read from the other side.
"""

from dataclasses import dataclass

import numpy as np

from regulars.science import checks
from regulars.science.churn.contracts import Features, Measure, Rhythm, Scale
from regulars.science.churn.errors import HorizonNotObserved
from regulars.science.contracts import Booleans, Floats, Integers, Orders
from regulars.science.errors import NoData

RECENT_DAYS = 90.0
"""How far back "recent" orders go."""
WEEK_DAYS = 7.0
GAP_LEAST_DAYS = 7.0
"""Two orders a day apart make no rhythm: a usual gap counts as a week at least."""

MEASURES: tuple[Measure, ...] = (
    Measure("days_since_last", "days", Scale.LOG, +1),
    Measure("orders", "orders", Scale.LOG, -1),
    Measure("tenure_days", "days", Scale.LOG, 0),
    Measure("average_value", "money", Scale.LOG, -1),
    Measure("usual_gap", "days", Scale.LOG, +1),
    Measure("overdue", "times", Scale.LOG, +1),
    Measure("recent_orders", "orders", Scale.LOG, -1),
)
RHYTHM_MEASURES: tuple[Measure, ...] = (
    Measure("alive", "probability", Scale.PLAIN, -1),
    Measure("expected_orders", "orders", Scale.LOG, -1),
)


def features(
    orders: Orders, cut: float, *, horizon_days: float, rhythm: Rhythm | None = None
) -> Features:
    """What was known at the cut of every customer who had ordered before it, by code.

    Columns: `days_since_last` order; `orders`, occasions so far; `tenure_days` since the first;
    `average_value` paid per occasion, 0 where returns outweigh it; `usual_gap`, mean days between
    occasions, of a customer with one the days since it, and a week at least; `overdue`,
    days since the last order over the usual gap; `recent_orders`, occasions in the 90 days before
    the cut. With a `rhythm` also `alive`, the probability of still being a customer, and
    `expected_orders` within `horizon_days`: P(alive) times what is expected of one who is alive
    (Fader, Hardie & Lee 2005, equation 10). NoData where nobody has ordered before the cut.
    """
    given = checks.orders(orders)
    checks.number("cut", cut)
    checks.number("horizon_days", horizon_days, above=0.0)
    history = histories(given, cut)
    since_last = cut - history.last
    tenure = cut - history.first
    span = history.last - history.first
    repeats = history.occasions - 1
    gap = np.where(repeats > 0, span / np.maximum(repeats, 1), tenure)
    gap = np.maximum(gap, GAP_LEAST_DAYS)
    columns = [
        since_last,
        history.occasions.astype(np.float64),
        tenure,
        np.maximum(history.value, 0.0) / history.occasions,
        gap,
        since_last / gap,
        history.recent.astype(np.float64),
    ]
    measures = MEASURES
    if rhythm is not None:
        weeks, horizon = tenure / WEEK_DAYS, np.full(tenure.shape, horizon_days / WEEK_DAYS)
        alive = rhythm.alive(repeats, span / WEEK_DAYS, weeks)
        columns += [alive, alive * rhythm.expected_if_alive(repeats, weeks, horizon)]
        measures = MEASURES + RHYTHM_MEASURES
    return Features(cut, history.customer, np.column_stack(columns), measures)


def churned(
    orders: Orders, customer: Integers, cut: float, *, horizon_days: float, observed_until: float
) -> Booleans:
    """Whether each of `customer` (int64 (n,), codes) placed no order from the cut until
    `horizon_days` later, the end excluded: bool (n,).

    `observed_until` is the day up to which the orders are complete (exclusive). A horizon that
    ends after it is refused: who has not been watched has not churned.
    """
    given = checks.orders(orders)
    checks.number("horizon_days", horizon_days, above=0.0)
    end = cut + horizon_days
    if not end <= observed_until:
        raise HorizonNotObserved(end, observed_until)
    returned = np.zeros(given.customers, dtype=np.bool_)
    returned[given.customer[(given.day >= cut) & (given.day < end)]] = True
    answer: Booleans = ~returned[checks.codes("customer", customer, given.customers)]
    return answer


@dataclass(frozen=True, slots=True)
class Histories:
    """Each customer with an order before the cut, ascending by code; all vectors (n,)."""

    customer: Integers
    first: Floats
    last: Floats
    occasions: Integers
    recent: Integers
    value: Floats


def histories(orders: Orders, cut: float) -> Histories:
    """What happened before the cut, per customer."""
    past = orders.day < cut
    if not past.any():
        raise NoData("orders before the cut")
    customer, day = orders.customer[past], orders.day[past]
    sequence = np.lexsort((day, customer))
    customer, day = customer[sequence], day[sequence]
    is_first = np.empty(customer.size, dtype=np.bool_)
    is_first[0] = True
    is_first[1:] = customer[1:] != customer[:-1]
    is_occasion = is_first.copy()
    is_occasion[1:] |= np.floor(day[1:]) != np.floor(day[:-1])
    starts = np.flatnonzero(is_first)
    value: Floats = np.bincount(
        orders.customer[past], orders.value[past], minlength=orders.customers
    ).astype(np.float64, copy=False)
    return Histories(
        customer[starts],
        day[starts],
        day[np.append(starts[1:], customer.size) - 1],
        np.add.reduceat(is_occasion, starts, dtype=np.int64),
        np.add.reduceat(is_occasion & (day >= cut - RECENT_DAYS), starts, dtype=np.int64),
        value[customer[starts]],
    )
