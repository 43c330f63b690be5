"""What is known of a customer before a cut: recency, frequency, value, gaps, and the rhythm that a
BG/NBD model reads from them.

Everything is computed from orders with a day below the cut; an order at the cut belongs to the
future. The outcome is read from the other side.
"""

import numpy as np

from regulars.science import checks
from regulars.science.churn.contracts import Features, Measure, Scale
from regulars.science.churn.errors import HorizonNotObserved
from regulars.science.contracts import Booleans, Integers, Orders
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.contracts import PurchaseFit
from regulars.science.occasions import histories_before, occasions_before

RECENT_DAYS = 90.0
"""How far back "recent" orders go."""
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
    orders: Orders, cut: float, *, horizon_days: float, rhythm: PurchaseFit | None = None
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
    checks.day("cut", cut)
    checks.number("horizon_days", horizon_days, above=0.0)
    known = occasions_before(given, cut, since=cut - RECENT_DAYS)
    repeats = known.count - 1
    between = (known.days_since_first - known.days_since_last) / np.maximum(repeats, 1)
    gap = np.where(repeats > 0, between, known.days_since_first)
    gap = np.maximum(gap, GAP_LEAST_DAYS)
    columns = [
        known.days_since_last,
        known.count.astype(np.float64),
        known.days_since_first,
        np.maximum(known.value, 0.0) / known.count,
        gap,
        known.days_since_last / gap,
        known.recent.astype(np.float64),
    ]
    measures = MEASURES
    if rhythm is not None:
        history = histories_before(given, cut, unit_days=rhythm.unit_days)
        scores = lifetime.score(rhythm, history, horizon_days / rhythm.unit_days)
        columns += [scores.alive, scores.expected]
        measures = MEASURES + RHYTHM_MEASURES
    return Features(cut, known.customer, np.column_stack(columns), measures)


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
    end = checks.day("cut", cut) + horizon_days
    if not end <= observed_until:
        raise HorizonNotObserved(end, observed_until)
    returned = np.zeros(given.customers, dtype=np.bool_)
    returned[given.customer[(given.day >= cut) & (given.day < end)]] = True
    answer: Booleans = ~returned[checks.codes("customer", customer, given.customers)]
    return answer
