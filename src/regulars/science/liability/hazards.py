"""The usual spreadsheet: of points at an age, which share is redeemed in the next month, pooled
over all members. It is kept to be compared with, not to be used.

Why it misleads: spending takes the oldest lot, so whether a lot is redeemed depends on what else
the member holds; the hazard at an age mixes members who redeem with members who never do; and a
history that begins in the middle books redemptions of older, unknown lots on the first lots known.
"""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers
from regulars.science.liability.contracts import Lots, Redemptions
from regulars.science.liability.history import (
    checked_lots,
    checked_redemptions,
    spending_order,
    take_lots,
)

BIN_DAYS = 30.0
DAYS_MOST = 100_000.0
LOTS_AT_ONCE = 50_000


def pooled_hazard_forecast(
    lots: Lots, redemptions: Redemptions, *, observed_from: float, as_of: float, until: float
) -> float:
    """Points redeemed from the lots open at `as_of` up to `until`, by pooled hazards of lot age:
    the share of what was open at the beginning of a month of age that is redeemed within it (the
    actuarial estimate of Cutler and Ederer 1958, Journal of Chronic Diseases 8, without loss).

    Arguments as in `forecast_liability`; `until` at most 270 years after `as_of`, and no lot as
    much older than it. Raises NoData, WrongShape, NotFinite, OutOfRange.
    """
    checks.day("as_of", as_of)
    checks.number("until", until, at_least=as_of, at_most=as_of + DAYS_MOST)
    checks.number("observed_from", observed_from, below=as_of)
    lots = checked_lots(lots, as_of)
    checks.floats("lots.earned_day", lots.earned_day, at_least=as_of - DAYS_MOST)
    if checks.rows("redemptions.member", redemptions.member) == 0:
        return 0.0
    redemptions = checked_redemptions(redemptions, lots.members, as_of)
    ordered = take_lots(lots, spending_order(lots))
    row, day, amount = _booked(ordered, redemptions, observed_from)
    longest = as_of - ordered.earned_day.min()
    bins = int(longest // BIN_DAYS) + 1
    age = ((day - ordered.earned_day[row]) // BIN_DAYS).astype(np.int64)
    redeemed = np.bincount(np.clip(age, 0, bins - 1), amount, minlength=bins)
    at_risk = _at_risk(ordered, row, age, amount, bins, observed_from, as_of)
    hazard = np.divide(redeemed, at_risk, out=np.zeros(bins), where=at_risk > 0.0)
    return _applied(ordered, np.minimum(hazard, 1.0), as_of, until)


def _booked(
    ordered: Lots, redemptions: Redemptions, observed_from: float
) -> tuple[Integers, Floats, Floats]:
    """Redemptions on lots, oldest first, from what the window knows: rows of (lot, day, amount)."""
    rows: list[tuple[int, float, float]] = []
    left = ordered.earned.copy()
    start = np.searchsorted(ordered.member, np.arange(ordered.members + 1))
    within = redemptions.day >= observed_from
    for member, day, amount in zip(
        redemptions.member[within],
        redemptions.day[within],
        redemptions.amount[within],
        strict=True,
    ):
        for lot in range(start[member], start[member + 1]):
            usable = ordered.earned_day[lot] <= day < ordered.expires_day[lot] and left[lot] > 0.0
            if usable and amount > 0.0:
                part = min(amount, left[lot])
                left[lot] -= part
                amount -= part
                rows.append((lot, day, part))
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return table[:, 0].astype(np.int64), table[:, 1], table[:, 2]


def _at_risk(
    ordered: Lots,
    row: Integers,
    age: Integers,
    amount: Floats,
    bins: int,
    observed_from: float,
    as_of: float,
) -> Floats:
    """Points open at the beginning of each month of age, while the window was looking."""
    at_risk = np.zeros(bins)
    month = np.clip(age, 0, bins - 1)
    until = np.minimum(as_of, ordered.expires_day)
    for first in range(0, ordered.member.size, LOTS_AT_ONCE):
        part = slice(first, min(first + LOTS_AT_ONCE, ordered.member.size))
        inside = (row >= part.start) & (row < part.stop)
        spent = np.zeros((part.stop - part.start, bins))
        np.add.at(spent, (row[inside] - part.start, month[inside]), amount[inside])
        open_then = ordered.earned[part, None] - np.cumsum(spent, axis=1) + spent
        begins = ordered.earned_day[part, None] + BIN_DAYS * np.arange(bins)
        looking = (begins >= observed_from) & (begins < until[part, None])
        at_risk += np.sum(open_then * looking, axis=0)
    return at_risk


def _applied(ordered: Lots, hazard: Floats, as_of: float, until: float) -> float:
    chosen = (ordered.expires_day > as_of) & (ordered.unspent > 0.0)
    age = (as_of - ordered.earned_day[chosen]) / BIN_DAYS
    end = np.minimum(until, ordered.expires_day[chosen])
    months = np.maximum(end - as_of, 0.0) / BIN_DAYS
    survival = np.ones(age.size)
    for month in range(int(np.ceil(months.max(initial=0.0)))):
        rate = hazard[np.minimum((age + month).astype(np.int64), hazard.size - 1)]
        survival *= 1.0 - rate * np.clip(months - month, 0.0, 1.0)
    return float(np.sum(ordered.unspent[chosen] * (1.0 - survival)))
