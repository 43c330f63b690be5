"""Integrals with positive integrands in place of Gauss's hypergeometric function.

The formulas of these models are published with 2F1. Taken literally they subtract nearly equal
numbers (short horizons, a near 1, age close to recency) and overflow for customers with hundreds of
orders. Every one of them is the mean of a positive function, though, and a sum of positive terms
loses nothing: these rules reach about 1e-12 relative wherever the parameters are.
"""

from functools import lru_cache

import numpy as np
from scipy import special

from regulars.science.contracts import Floats

TAIL = 40.0
"""Integrands are followed until they have fallen by e^-40, 4e-18."""
STEP = 0.1


@lru_cache(maxsize=16)
def legendre(count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights (count,) for the unit interval."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1.0) / 2.0, weights / 2.0


def beta_rule(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Nodes p and weights, both (k, n), for the mean of a function of p ~ Beta(first, second),
    one row for each of the k pairs of shapes; each row of weights sums to 1.

    The trapezoid rule after the substitution logit p = m + s sinh(u): exponentially convergent for
    integrands that are analytic beside the positive axis, whatever the singularities of the density
    at 0 and 1 (Takahasi and Mori 1974, the double exponential formula). m lies where the density
    bends most, s is the standard deviation of logit p or 1, whichever is smaller.
    """
    a, b = first[:, None], second[:, None]
    middle = np.log((a + 1.0) / (b + 1.0))
    spread = np.sqrt(special.polygamma(1, a) + special.polygamma(1, b))
    scale = np.minimum(1.0, spread)
    left = np.arcsinh((TAIL / a + np.log1p(TAIL / b) + 9.0 * scale) / scale)
    right = np.arcsinh((TAIL / b + np.log1p(TAIL / a) + 9.0 * scale) / scale)
    count = int(np.ceil((left + right).max() / STEP))
    u = -left + (left + right) * np.linspace(0.0, 1.0, count + 1)[None, :]
    logit = middle + scale * np.sinh(u)
    log_p, log_q = -np.logaddexp(0.0, -logit), -np.logaddexp(0.0, logit)
    log_density = a * log_p + b * log_q + np.log(np.cosh(u))
    weights = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.exp(np.maximum(log_p, -690.0)), weights


def discounted_power(shape: Floats, scale: Floats, rate: float, horizon: float) -> Floats:
    """The integral of e^(-rate t) (1 + t / scale)^(-shape) over t from 0 to `horizon` (which may be
    infinite), for arrays of shapes and scales that broadcast.

    Up to a factor Tricomi's function U(1, 2 - shape, rate scale) in Fader, Hardie and Lee 2005
    (Journal of Marketing Research 42, 415-430), equation 2. With t = scale (e^v - 1) the integrand
    is entire in v, so that Gauss-Legendre converges faster than geometrically.
    """
    limit = min(horizon, TAIL / rate) if rate > 0.0 else horizon
    last = np.minimum(np.log1p(limit / scale), TAIL / np.maximum(shape - 1.0, 1e-300))
    nodes, weights = legendre(64)
    v = last[..., None] * nodes
    exponent = -rate * scale[..., None] * np.expm1(v) + (1.0 - shape[..., None]) * v
    answer: Floats = scale * last * (np.exp(exponent) @ weights)
    return answer
