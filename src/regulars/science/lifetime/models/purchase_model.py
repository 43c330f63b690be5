"""What every model of repeat purchases can say, so that scores and diagnostics ask either.

Times are in the unit of the fit. A history is (frequency, recency, age): repeat orders, time from
the first to the last order, time from the first order to now. Both models restart: given that a
customer is still active now, what the future holds depends on frequency and age alone, and a
customer who has just bought for the first time is the history (0, 0, 0).
"""

from typing import ClassVar, Protocol

from regulars.science.contracts import Floats, Integers


class PurchaseModel(Protocol):
    """A fitted model; all arrays are (n,) or broadcast to it."""

    names: ClassVar[tuple[str, ...]]

    @property
    def parameters(self) -> Floats:
        """In the order of `names`."""

    def alive(self, frequency: Integers, recency: Floats, age: Floats) -> Floats:
        """Probability that the customer is still active at `age`."""

    def expected_if_alive(self, frequency: Integers, age: Floats, horizon: Floats) -> Floats:
        """Expected orders in the `horizon` after `age`, of a customer active at `age`."""

    def discounted_if_alive(
        self, frequency: Integers, age: Floats, rate: float, horizon: float
    ) -> Floats:
        """The same until `horizon` (may be infinite), each order discounted continuously at
        `rate` per time unit."""

    def count_probability_if_alive(
        self, count: int, frequency: Integers, age: Floats, horizon: Floats
    ) -> Floats:
        """Probability of exactly `count` orders in the `horizon` after `age`, if active at it."""
