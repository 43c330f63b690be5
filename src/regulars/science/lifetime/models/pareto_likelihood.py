"""Log-likelihood of the Pareto/NBD model with exact first and second derivatives.

Fader and Hardie's note of 2005 ("Deriving the Pareto/NBD Model"), the integral that its equations
18 to 20 evaluate by 2F1: L = Gamma(r + x) alpha^r beta^s / Gamma(r) times the sum of having stayed,
(alpha + age)^-(r + x) (beta + age)^-s, and of having left at a time t in (recency, age],
s (alpha + t)^-(r + x) (beta + t)^-(s + 1). Stayed is one more node of the quadrature over t, and
the derivatives of log L are moments over the nodes: mean of the gradients, mean of the Hessians
plus covariance of the gradients (Louis 1982).
"""

import numpy as np
from scipy import special

from regulars.science.contracts import Floats
from regulars.science.lifetime.models.pareto import leaving_times
from regulars.science.lifetime.numerics.newton import Evaluation, in_logarithms
from regulars.science.lifetime.rows import Rows

ROWS_AT_ONCE = 1 << 7
"""Rows whose nodes' matrices stay in the processor's cache."""
R, ALPHA, S, BETA = range(4)


class ParetoLikelihood:
    """The sum over given rows, as a function of (log r, log alpha, log s, log beta)."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        totals = np.bincount(rows.frequency, rows.weight)
        self._counts = np.flatnonzero(totals)
        self._totals = totals[self._counts]

    def __call__(self, logarithms: Floats) -> Evaluation:
        """Log-likelihood, gradient (4,) and Hessian (4, 4) at the parameters' logarithms."""
        parameters = np.exp(logarithms)
        r, alpha, s, beta = parameters
        x, n = self._counts.astype(np.float64), self._totals
        total = float(n.sum())
        value = float(n @ (special.gammaln(r + x) - special.gammaln(r)))
        value += total * float(r * np.log(alpha) + s * np.log(beta))
        gradient, hessian = np.zeros(4), np.zeros((4, 4))
        gradient[R] = n @ (special.digamma(r + x) - special.digamma(r)) + total * np.log(alpha)
        gradient[ALPHA] = total * r / alpha
        gradient[S], gradient[BETA] = total * np.log(beta), total * s / beta
        hessian[R, R] = n @ (special.zeta(2.0, r + x) - special.zeta(2.0, r))
        hessian[R, ALPHA], hessian[S, BETA] = total / alpha, total / beta
        hessian[ALPHA, ALPHA] = -total * r / alpha**2
        hessian[BETA, BETA] = -total * s / beta**2
        for start in range(0, self._rows.age.shape[0], ROWS_AT_ONCE):
            value += self._of_rows(parameters, start, gradient, hessian)
        hessian = np.triu(hessian) + np.triu(hessian, 1).T
        return in_logarithms((value, gradient, hessian), parameters)

    def _of_rows(self, parameters: Floats, start: int, gradient: Floats, hessian: Floats) -> float:
        """Adds the upper half of the derivatives of log(stayed + left) over a block of rows."""
        r, alpha, s, beta = parameters
        part = slice(start, start + ROWS_AT_ONCE)
        rows, weight = self._rows, self._rows.weight[part]
        age = rows.age[part]
        times = leaving_times(parameters, rows.frequency[part], rows.recency[part], age)
        log_alpha = np.column_stack([times.log_alpha_time, np.log(alpha + age)])
        log_beta = np.column_stack([times.log_beta_time, np.log(beta + age)])
        shape = r + rows.frequency[part]
        stayed = -shape * log_alpha[:, -1] - s * log_beta[:, -1]
        terms = np.column_stack([times.log_density, stayed])
        top = terms.max(axis=1, keepdims=True)
        terms = np.exp(terms - top)
        sums = terms.sum(axis=1, keepdims=True)
        value = float(weight @ (top + np.log(sums))[:, 0])
        share = terms / sums * weight[:, None]
        inverse_alpha = 1.0 / np.column_stack([times.alpha_time, alpha + age])
        inverse_beta = 1.0 / np.column_stack([times.beta_time, beta + age])
        drop = np.full(share.shape[1], s + 1.0)
        drop[-1] = s
        onset = np.full(share.shape[1], 1.0 / s)
        onset[-1] = 0.0
        slopes = (
            -log_alpha,
            -shape[:, None] * inverse_alpha,
            onset - log_beta,
            -drop * inverse_beta,
        )
        weighted = [share * slope for slope in slopes]
        means = np.stack([each.sum(axis=1) for each in weighted])
        gradient += means.sum(axis=1)
        for one in range(4):
            for other in range(one, 4):
                hessian[one, other] += np.vdot(weighted[one], slopes[other])
        hessian -= (means / weight) @ means.T
        per_alpha, per_beta = share * inverse_alpha, share * inverse_beta
        hessian[R, ALPHA] -= per_alpha.sum()
        hessian[ALPHA, ALPHA] += np.vdot(per_alpha * shape[:, None], inverse_alpha)
        hessian[S, S] -= share[:, :-1].sum() / s**2
        hessian[S, BETA] -= per_beta.sum()
        hessian[BETA, BETA] += np.vdot(per_beta * drop, inverse_beta)
        return value
