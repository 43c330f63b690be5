"""The BG/NBD model: orders come at a rate that differs between customers, and after each repeat
order a customer may be gone.

Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way (Marketing Science 24(2),
275-284), FHL below. Order rates are Gamma(r, alpha) over customers, the probability of leaving
after a repeat order is Beta(a, b), both independent of each other. Where FHL write 2F1 this file
takes the mean over Beta(a, b + frequency) that it stands for (`numerics.quadrature` says why).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.polynomial import chebyshev
from scipy import special

from regulars.science.contracts import Floats, Integers
from regulars.science.lifetime.numerics import quadrature

CELLS_MAX = 1 << 19
"""Values of an intermediate matrix: 4 MB, about what stays in the cache."""
NODES = 48
"""Of a discounted sum: for its integral over time and for the series beneath it."""


@dataclass(frozen=True, slots=True)
class BetaGeometric:
    """Parameters: `r` (no unit), `alpha` (time units), `a`, `b` (no unit), all above 0."""

    r: float
    alpha: float
    a: float
    b: float
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    @property
    def parameters(self) -> Floats:
        """(4,), in the order of `names`."""
        return np.array([self.r, self.alpha, self.a, self.b])

    def alive(self, frequency: Integers, recency: Floats, age: Floats) -> Floats:
        """P(alive | history), Fader, Hardie and Lee's note of 2008, "Computing P(alive) Using the
        BG/NBD Model": 1 without a repeat order, since nobody leaves after the first."""
        answer = np.ones(frequency.shape)
        rows = np.flatnonzero(frequency)
        count, last, now = frequency[rows], recency[rows], age[rows]
        silence = np.log1p((now - last) / (self.alpha + last))
        log_odds_gone = np.log(self.a / (self.b + count - 1.0)) + (self.r + count) * silence
        answer[rows] = special.expit(-log_odds_gone)
        return answer

    def expected_if_alive(self, frequency: Integers, age: Floats, horizon: Floats) -> Floats:
        """FHL equation 10 divided by P(alive); with frequency and age 0, equation 9.

        E[(1 - (1 + p w)^-(r + x)) / p] over p ~ Beta(a, b + x), w = horizon / (alpha + age).
        """
        frequency, age, horizon = np.broadcast_arrays(frequency, age, horizon)
        counts, row = np.unique(frequency, return_inverse=True)
        p, weights = self._leaving(counts)
        reach, shape = horizon / (self.alpha + age), self.r + frequency
        answer = np.empty(age.shape)
        size = max(1, CELLS_MAX // p.shape[1])
        for start in range(0, age.shape[0], size):
            part = slice(start, start + size)
            nodes = p[row[part]]
            passed = -np.expm1(-shape[part, None] * np.log1p(nodes * reach[part, None])) / nodes
            answer[part] = np.einsum("ik,ik->i", passed, weights[row[part]])
        return answer

    def discounted_if_alive(
        self, frequency: Integers, age: Floats, rate: float, horizon: float
    ) -> Floats:
        """The increments of FHL equation 10 over P(alive), discounted and summed in the limit of
        short periods: the integral over t of e^(-rate t) E[(r + x) / (alpha + age)
        (1 + p t / (alpha + age))^-(r + x + 1)], p ~ Beta(a, b + x).

        With t = (alpha + age)(e^v - 1) the mean over p depends on frequency and v alone: its
        logarithm is tabulated once for each frequency and interpolated by a Chebyshev series.
        """
        counts, row = np.unique(frequency, return_inverse=True)
        scale = self.alpha + age
        limit = min(horizon, quadrature.TAIL / rate) if rate > 0.0 else horizon
        end = np.log1p(limit / scale)
        series, last = self._log_survival(counts, float(end.max()))
        end = np.minimum(end, last[row])
        nodes, lengths = quadrature.legendre(NODES)
        answer = np.empty(age.shape)
        size = CELLS_MAX // NODES
        for start in range(0, age.shape[0], size):
            part = slice(start, start + size)
            v = end[part, None] * nodes**2
            place = nodes * np.sqrt(end[part] / last[row[part]])[:, None]
            log_survival = chebyshev.chebval(
                2.0 * place - 1.0, series[:, row[part]][..., None], tensor=False
            )
            discount = np.exp(v - rate * scale[part, None] * np.expm1(v) + log_survival)
            answer[part] = 2.0 * end[part] * (discount @ (lengths * nodes))
        return answer * (self.r + frequency.astype(np.float64))

    def _leaving(self, counts: Integers) -> tuple[Floats, Floats]:
        """Nodes and weights, (k, n), for the probability of leaving, if active after x orders."""
        first = np.full(counts.shape, self.a)
        return quadrature.beta_rule(first, self.b + counts.astype(np.float64))

    def _log_survival(self, counts: Integers, end: float) -> tuple[Floats, Floats]:
        """Chebyshev coefficients (NODES, k) of log E[(1 + p (e^v - 1))^-(r + x + 1)], one column
        for each of the k frequencies x, in the square root of v over its end; the ends (k,) are
        answered too: `end`, or where what is integrated has fallen by e^-40. The root because for
        frequent customers all happens near 0."""
        p, weights = self._leaving(counts)
        points = (chebyshev.chebpts1(NODES) + 1.0) / 2.0
        inverse = np.linalg.inv(chebyshev.chebvander(2.0 * points - 1.0, NODES - 1))
        series, last = np.empty((NODES, counts.shape[0])), np.full(counts.shape, end)
        for number, count in enumerate(counts):

            def log_mean(v: Floats, number: int = number, power: float = count + 1.0) -> Floats:
                fall = np.log1p(np.outer(np.expm1(v), p[number]))
                mean: Floats = np.exp(-(self.r + power) * fall) @ weights[number]
                return np.log(np.maximum(mean, np.finfo(np.float64).tiny))

            coarse = end * points**2
            fallen = np.flatnonzero(log_mean(coarse) + coarse < -quadrature.TAIL)
            if fallen.size:
                last[number] = coarse[fallen[0]]
            series[:, number] = inverse @ log_mean(last[number] * points**2)
        return series, last

    def count_probability_if_alive(
        self, count: int, frequency: Integers, age: Floats, horizon: Floats
    ) -> Floats:
        """FHL equation 8 with the posterior shapes r + x, alpha + age, a, b + x."""
        shape, scale, b = self.r + frequency, self.alpha + age, self.b + frequency
        share = horizon / (scale + horizon)
        log_count = (
            special.gammaln(shape + count)
            - special.gammaln(shape)
            - special.gammaln(count + 1.0)
            - shape * np.log1p(horizon / scale)
            + special.xlogy(count, share)
        )
        base = special.betaln(self.a, b)
        answer: Floats = np.exp(log_count + special.betaln(self.a, b + count) - base)
        if count > 0:
            left = np.exp(special.betaln(self.a + 1.0, b + count - 1.0) - base)
            answer = answer + left * special.betainc(count, shape, share)
        return answer
