"""Who moved from which segment to which between two dates."""

import numpy as np
from scipy.stats import binomtest

from regulars.science import checks
from regulars.science.contracts import Floats, Integers
from regulars.science.errors import NoData, OutOfRange, WrongShape
from regulars.science.segments.contracts import Moves


def moves(
    before: Integers, after: Integers, names: tuple[str, ...], *, level: float = 0.95
) -> Moves:
    """The moves of n customers. `before`, `after`: int64 (n,), places in `names`, or -1 where the
    customer was not there yet or is not there any more; row i is the same customer in both.

    Shares are estimates of what customers of a segment do, with Wilson's intervals (1927, JASA 22).
    """
    if not names:
        raise WrongShape("names", (0,), "(k,) with k at least 1")
    checks.confidence(level)
    count = len(names)
    old = _places("before", before, count, None)
    new = _places("after", after, count, old.size)
    if old.size == 0:
        raise NoData("before")
    counts = np.bincount(old * (count + 1) + new, minlength=(count + 1) ** 2)
    counts = counts.reshape(count + 1, count + 1).astype(np.int64)
    share, low, high = _shares(counts, level)
    both = counts[:count, :count]
    return Moves(
        names=names,
        counts=counts,
        share=share,
        low=low,
        high=high,
        net=counts[:, :count].sum(axis=0) - counts[:count].sum(axis=1),
        stayed=float(np.trace(both) / both.sum()) if both.sum() else 1.0,
        level=level,
    )


def align(
    customer_before: Integers,
    before: Integers,
    customer_after: Integers,
    after: Integers,
    customers: int,
) -> tuple[Integers, Integers]:
    """Two segmentations of different customers as vectors over all codes from 0 to customers - 1,
    -1 where a customer is in none: int64 (customers,) twice. Refuses a customer who is there twice
    (OutOfRange)."""
    answers = []
    for argument, customer, segment in (
        ("customer_before", customer_before, before),
        ("customer_after", customer_after, after),
    ):
        rows = checks.codes(argument, customer, customers)
        places = checks.codes(
            argument.removeprefix("customer_"),
            segment,
            checks.CODE_MOST,
            length=rows.size,
            least=-1,
        )
        again = np.flatnonzero(np.bincount(rows, minlength=1) > 1)
        if again.size:
            row = int(np.flatnonzero(rows == again[0])[1])
            raise OutOfRange(argument, row, float(again[0]), "a customer who is not there yet")
        answer = np.full(customers, -1, dtype=np.int64)
        answer[rows] = places
        answers.append(answer)
    return answers[0], answers[1]


def _places(argument: str, given: Integers, count: int, length: int | None) -> Integers:
    """Codes with those not there moved behind the last."""
    places = checks.codes(argument, given, count, length=length, least=-1)
    return np.where(places < 0, count, places)


def _shares(counts: Integers, level: float) -> tuple[Floats, Floats, Floats]:
    """Shares of each row with their intervals; an empty row may be anything."""
    share, low, high = np.zeros(counts.shape), np.zeros(counts.shape), np.ones(counts.shape)
    totals = counts.sum(axis=1)
    for (row, column), count in np.ndenumerate(counts):
        if totals[row] > 0:
            share[row, column] = count / totals[row]
            ends = binomtest(int(count), int(totals[row])).proportion_ci(level, method="wilson")
            low[row, column], high[row, column] = ends.low, ends.high
    return share, low, high
