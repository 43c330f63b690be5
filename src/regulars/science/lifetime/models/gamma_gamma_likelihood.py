"""Log-likelihood of the Gamma-Gamma model with exact first and second derivatives.

Fader and Hardie 2013 ("The Gamma-Gamma Model of Monetary Value"), equation 1a, of the mean value m
of a customer's x repeat orders.
"""

import numpy as np
from scipy import special

from regulars.science.contracts import Floats, Integers
from regulars.science.lifetime.numerics.newton import Evaluation, in_logarithms

P, Q, V = range(3)


class GammaGammaLikelihood:
    """The sum over customers with x > 0 and m > 0, as a function of (log p, log q, log v)."""

    def __init__(self, frequency: Integers, value: Floats) -> None:
        self._frequency, self._value = frequency.astype(np.float64), value
        self._log_total = np.log(frequency * value)
        self._log_value = float(np.log(value).sum())

    def __call__(self, logarithms: Floats) -> Evaluation:
        """Log-likelihood, gradient (3,) and Hessian (3, 3) at the parameters' logarithms."""
        parameters = np.exp(logarithms)
        p, q, v = parameters
        x, n = self._frequency, float(self._frequency.shape[0])
        own, both = p * x, p * x + q
        spread = v + x * self._value
        log_spread = np.log(spread)
        share = self._log_total - log_spread
        value = float(
            np.sum(special.gammaln(both) - special.gammaln(own) + own * share - q * log_spread)
        )
        value += n * float(q * np.log(v) - special.gammaln(q)) - self._log_value
        psi = special.digamma(both)
        gradient = np.array(
            [
                x @ (psi - special.digamma(own) + share),
                np.sum(psi - log_spread) + n * (np.log(v) - special.digamma(q)),
                n * q / v - np.sum(both / spread),
            ]
        )
        trigamma = special.zeta(2.0, both)
        hessian = np.empty((3, 3))
        hessian[P, P] = x**2 @ (trigamma - special.zeta(2.0, own))
        hessian[P, Q] = hessian[Q, P] = x @ trigamma
        hessian[P, V] = hessian[V, P] = -np.sum(x / spread)
        hessian[Q, Q] = np.sum(trigamma) - n * special.zeta(2.0, q)
        hessian[Q, V] = hessian[V, Q] = n / v - np.sum(1.0 / spread)
        hessian[V, V] = np.sum(both / spread**2) - n * q / v**2
        return in_logarithms((value, gradient, hessian), parameters)
