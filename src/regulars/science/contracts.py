"""Types that more than one science room takes or answers.

Arrays are numpy's, owned by the caller and never written to. Times are float64 days since an origin
that the caller chooses (only differences count); money is float64 in major units of one currency,
for science estimates where the core counts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with what it may be instead: `low` <= `value` <= `high` at confidence `level`
    (0.95 means 95 %)."""

    value: float
    low: float
    high: float
    level: float

    def covers(self, truth: float) -> bool:
        """Whether `truth` lies within, both ends included."""
        return self.low <= truth <= self.high


@dataclass(frozen=True, slots=True)
class Orders:
    """Who bought when and for how much: n orders in any sequence.

    `customer`: int64 (n,), codes from 0 to customers - 1; a customer without an order is allowed.
    `day`: float64 (n,), when. `value`: float64 (n,), what was paid, returns netted by the caller.
    """

    customer: Integers
    day: Floats
    value: Floats
    customers: int


@dataclass(frozen=True, slots=True)
class Lines:
    """What was bought: n order lines in any sequence.

    `customer`, `item`: int64 (n,), codes from 0. `day`: float64 (n,).
    `quantity`: float64 (n,), above 0.
    """

    customer: Integers
    item: Integers
    day: Floats
    quantity: Floats
    customers: int
    items: int
