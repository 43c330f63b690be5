"""Order lines become who bought what how often: one purchase per customer, item and day.

Lines of one day count once, whatever their quantity: a wholesaler's thousand pieces say no more
about taste than one. Days are whole: the calendar day is the floor of `Lines.day`.
"""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers, Lines
from regulars.science.errors import OutOfRange
from regulars.science.recommend.contracts import History, Singles


def history(lines: Lines, at: float, half_life_days: float) -> History:
    """The purchases before the day `at`, each decayed by its age.

    The frequency of a pair is the sum over its days d of 2^(-(at - d) / half_life_days): the
    personal item frequency of Hu et al. 2020 (SIGIR, section 4.1) with continuous decay in place of
    their groups of baskets. Refuses a line on or after `at`: a model that stands at a day must not
    have seen it (OutOfRange), besides what `checks.lines` refuses.
    """
    given = checks.lines(lines)
    checks.number("half_life_days", half_life_days, above=0.0)
    day = np.floor(given.day)
    late = np.flatnonzero(given.day >= at)
    if late.size:
        row = int(late[0])
        raise OutOfRange("lines.day", row, float(given.day[row]), f"before {at}")
    pair, purchase_day = _distinct_days(given, day)
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    of_pair = np.cumsum(np.diff(pair, prepend=-1) != 0) - 1
    decay = np.exp2(-(at - purchase_day) / half_life_days)
    distinct = pair[first]
    start = np.searchsorted(distinct, np.arange(given.customers + 1) * given.items)
    return History(
        start=start.astype(np.int64),
        item=distinct % given.items,
        count=np.bincount(of_pair).astype(np.float32),
        frequency=np.bincount(of_pair, weights=decay).astype(np.float32),
        last_day=np.maximum.reduceat(purchase_day, first),
        customers=given.customers,
        items=given.items,
    )


def owners(given: History) -> Integers:
    """The customer of every pair, int64 (pairs,)."""
    return np.repeat(np.arange(given.customers), np.diff(given.start))


def dense(given: History, customer: Integers, values: Singles) -> Singles:
    """The pairs' `values` of the customers as float32 (n, items), 0 where there is no pair."""
    rows = np.zeros((customer.size, given.items), dtype=np.float32)
    length = given.start[customer + 1] - given.start[customer]
    place = positions(given.start[customer], length)
    rows[np.repeat(np.arange(customer.size), length), given.item[place]] = values[place]
    return rows


def positions(start: Integers, length: Integers) -> Integers:
    """The positions start[0] .. start[0] + length[0] - 1, start[1] .. and so on, int64."""
    before = np.cumsum(length) - length
    answer: Integers = np.arange(int(length.sum())) + np.repeat(start - before, length)
    return answer


def _distinct_days(given: Lines, day: Floats) -> tuple[Integers, Floats]:
    """The distinct (pair, day) of the lines, ascending; a pair is customer * items + item."""
    pair = given.customer * given.items + given.item
    order = np.lexsort((day, pair))
    pair, day = pair[order], day[order]
    is_new = (np.diff(pair, prepend=-1) != 0) | (np.diff(day, prepend=np.nan) != 0)
    return pair[is_new], day[is_new]
