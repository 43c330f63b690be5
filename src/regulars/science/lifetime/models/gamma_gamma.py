"""The Gamma-Gamma model: what a customer pays per order, when few of the orders have been seen.

Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value" (note), FH below. An order's value
is Gamma(p, nu) with mean p / nu, and nu is Gamma(q, v) over customers. It is held to be independent
of how often the customer orders; the fit reports the correlation that would belie it.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from regulars.science.contracts import Floats, Integers


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Parameters: `p`, `q` (no unit), `v` (money), all above 0. The mean over customers exists
    from q > 1 on."""

    p: float
    q: float
    v: float
    names: ClassVar[tuple[str, ...]] = ("p", "q", "v")

    @property
    def parameters(self) -> Floats:
        """(3,), in the order of `names`."""
        return np.array([self.p, self.q, self.v])

    def expected_value(self, frequency: Integers, value: Floats) -> Floats:
        """E(M | history), FH equation 5: the mean value of a future order, money per order, from
        the mean `value` of `frequency` orders. A customer with p x + q <= 1 has no finite mean:
        infinity, which the fit refuses beforehand."""
        weight = self.p * frequency + self.q - 1.0
        with np.errstate(divide="ignore"):
            answer: Floats = np.where(
                weight > 0.0,
                self.p * (self.v + frequency * value) / np.where(weight > 0.0, weight, 1.0),
                np.inf,
            )
        return answer
