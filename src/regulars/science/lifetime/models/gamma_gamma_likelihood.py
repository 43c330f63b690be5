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
        self._frequency, self._total = frequency.astype(np.float64), frequency * value
        self._log_total = np.log(self._total)
        self._log_value = float(np.log(value).sum())
        customers = np.bincount(frequency)
        self._counts: Integers = np.flatnonzero(customers)
        self._customers = customers[self._counts].astype(np.float64)

    def __call__(self, logarithms: Floats) -> Evaluation:
        """Log-likelihood, gradient (3,) and Hessian (3, 3) at the parameters' logarithms."""
        parameters = np.exp(logarithms)
        p, q, v = parameters
        x = self._frequency
        # The gamma functions depend on the frequency alone: each is computed once for each.
        count, customers = self._counts.astype(np.float64), self._customers
        n = float(customers.sum())
        own, both = p * count, p * count + q
        spread = v + self._total
        inverse = 1.0 / spread
        log_spread = np.log(spread)
        share, all_log_spread = float(x @ (self._log_total - log_spread)), float(log_spread.sum())
        value = float(customers @ (special.gammaln(both) - special.gammaln(own)))
        value += n * float(q * np.log(v) - special.gammaln(q)) - self._log_value
        value += float(p) * share - float(q) * all_log_spread
        psi = special.digamma(both)
        shape = p * x + q
        gradient = np.array(
            [
                (customers * count) @ (psi - special.digamma(own)) + share,
                customers @ psi - all_log_spread + n * (np.log(v) - special.digamma(q)),
                n * q / v - shape @ inverse,
            ]
        )
        trigamma = special.zeta(2.0, both)
        hessian = np.empty((3, 3))
        hessian[P, P] = (customers * count**2) @ (trigamma - special.zeta(2.0, own))
        hessian[P, Q] = hessian[Q, P] = (customers * count) @ trigamma
        hessian[P, V] = hessian[V, P] = -(x @ inverse)
        hessian[Q, Q] = customers @ trigamma - n * special.zeta(2.0, q)
        hessian[Q, V] = hessian[V, Q] = n / v - inverse.sum()
        hessian[V, V] = shape @ inverse**2 - n * q / v**2
        return in_logarithms((value, gradient, hessian), parameters)
