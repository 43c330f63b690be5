"""Recency, frequency and monetary scores and the named segments made of them.

Scores are fifths (Hughes 1994, "Strategic Database Marketing", chapter 6), with two rules that make
them mean the same for every customer: equal values have equal scores, and a single order has the
frequency score 1, however many customers have only one. A scale learned at one date can be applied
at another, so that a customer moves by what that customer did.
"""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers, Orders
from regulars.science.errors import OutOfRange, WrongShape
from regulars.science.occasions import occasions_before
from regulars.science.segments.contracts import Purchases, RfmScale, RfmScores, Segment

SCORES = 5
SEGMENTS = (
    Segment("champions", "Champions", "Bought lately and often"),
    Segment("loyal", "Loyal customers", "Buy often, and not long ago"),
    Segment("potential_loyalists", "Potential loyalists", "Bought lately, and more than once"),
    Segment("new", "New customers", "Bought lately for the first time"),
    Segment("promising", "Promising", "A first order not long ago"),
    Segment("need_attention", "Need attention", "Middling in recency and frequency"),
    Segment("about_to_sleep", "About to sleep", "Few orders, and slowly growing silent"),
    Segment("at_risk", "At risk", "Bought repeatedly, but long ago"),
    Segment("cannot_lose", "Can't lose them", "Bought most often of all, but long ago"),
    Segment("hibernating", "Hibernating", "Few orders, the last long ago"),
)
"""The ten segments over recency and frequency that are in general use since Putler's RFM map."""
_CODES = {segment.code: place for place, segment in enumerate(SEGMENTS)}
_MAP = (
    ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    ("promising", "potential_loyalists", "potential_loyalists", "loyal", "loyal"),
    ("new", "potential_loyalists", "potential_loyalists", "champions", "champions"),
)
"""Rows: recency 1 to 5; columns: frequency 1 to 5."""


def purchases(orders: Orders, day: float) -> Purchases:
    """Recency, frequency and value of each customer with an order before `day`."""
    given = checks.orders(orders)
    checks.day("day", day)
    known = occasions_before(given, day)
    return Purchases(day, known.customer, known.days_since_last, known.count, known.value)


def learn_scale(known: Purchases) -> RfmScale:
    """The thresholds of the scores, from these customers.

    A value's score is 1 + floor(5 x the share of customers below it, those equal to it counted
    half), which is the mid-distribution rank (Parzen 2004, Statistical Science 19(4), section 3):
    it gives equal values one score, and the middle score where everyone is equal.
    """
    recency, frequency, monetary = _columns(known)
    often = _thresholds(frequency)
    return RfmScale(_thresholds(recency), np.maximum(often, 2.0), _thresholds(monetary))


def score_rfm(known: Purchases, scale: RfmScale | None = None) -> RfmScores:
    """Scores by `scale`, or by one learned from these very customers, and the named segment."""
    columns = _columns(known)
    chosen = scale or learn_scale(known)
    scores = [
        _scores(name, column, thresholds)
        for name, column, thresholds in zip(
            ("recency", "frequency", "monetary"),
            columns,
            (chosen.recency, chosen.frequency, chosen.monetary),
            strict=True,
        )
    ]
    names = np.array([[_CODES[code] for code in row] for row in _MAP], dtype=np.int64)
    segment: Integers = names[scores[0] - 1, scores[1] - 1]
    return RfmScores(known.customer, scores[0], scores[1], scores[2], segment, SEGMENTS, chosen)


def segment_of(recency: int, frequency: int) -> Segment:
    """The named segment of two scores from 1 to 5.

    >>> segment_of(5, 5).title
    'Champions'
    """
    checks.number("recency", recency, at_least=1, at_most=SCORES)
    checks.number("frequency", frequency, at_least=1, at_most=SCORES)
    return SEGMENTS[_CODES[_MAP[recency - 1][frequency - 1]]]


def _columns(known: Purchases) -> tuple[Floats, Floats, Floats]:
    """The three values, more being better."""
    silence = checks.floats("days_since_last", known.days_since_last, at_least=0.0)
    checks.codes("customer", known.customer, checks.CODE_MOST, length=silence.size)
    return (
        -silence,
        checks.floats("orders", known.orders, length=silence.size, at_least=1.0),
        checks.floats("value", known.value, length=silence.size),
    )


def _thresholds(column: Floats) -> Floats:
    """The smallest value of each score from 2 to SCORES, infinity where none has it."""
    values, counts = np.unique(column, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / column.size
    reached = 1 + np.floor(SCORES * middle)
    place = np.searchsorted(reached, np.arange(2, SCORES + 1))
    return np.append(values, np.inf)[place]


def _scores(name: str, column: Floats, thresholds: Floats) -> Integers:
    given = checks.numbers(f"scale.{name}", thresholds)
    if given.shape != (SCORES - 1,):
        raise WrongShape(f"scale.{name}", given.shape, f"({SCORES - 1},)")
    # NaN is not ascending either; infinity is a threshold that nobody reached.
    wrong = np.flatnonzero(~(given >= np.append(-np.inf, given[:-1])))
    if wrong.size:
        row = int(wrong[0])
        raise OutOfRange(f"scale.{name}", row, float(given[row]), "at least the one before")
    return np.searchsorted(given, column, side="right").astype(np.int64) + 1
