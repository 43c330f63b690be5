"""Log-likelihood of the BG/NBD model with exact first and second derivatives.

Fader, Hardie and Lee 2005 (Marketing Science 24(2)), equation 6, in logarithms: with
S = log(alpha + age), t = log(alpha + recency) and B = b + x - 1, a customer with x > 0 repeat
orders adds -(r + x) S + log(1 + exp d), where d = log a - log B + (r + x)(S - t) are the log-odds
of having left. The sigmoid of d weighs the derivatives. A customer without a repeat adds -r S.
Everything else depends on x alone and is summed over the distinct x.
"""

import numpy as np
from scipy import special

from regulars.science.contracts import Floats, Integers
from regulars.science.lifetime.numerics.newton import Evaluation, in_logarithms
from regulars.science.lifetime.rows import Rows

ROWS_AT_ONCE = 1 << 13
"""Rows whose intermediate vectors stay in the processor's cache."""
R, ALPHA, A, B = range(4)


class BetaGeometricLikelihood:
    """The sum over given rows, as a function of (log r, log alpha, log a, log b)."""

    def __init__(self, rows: Rows) -> None:
        repeated = rows.frequency > 0
        self._age_once, self._weight_once = rows.age[~repeated], rows.weight[~repeated]
        self._frequency = rows.frequency[repeated].astype(np.float64)
        self._recency, self._age = rows.recency[repeated], rows.age[repeated]
        self._weight = rows.weight[repeated]
        totals = np.bincount(rows.frequency, rows.weight)
        self._counts: Integers = np.flatnonzero(totals)
        self._totals = totals[self._counts]

    def __call__(self, logarithms: Floats) -> Evaluation:
        """Log-likelihood, gradient (4,) and Hessian (4, 4) at the parameters' logarithms."""
        parameters = np.exp(logarithms)
        value, gradient, hessian = self._of_counts(parameters)
        for start in range(0, self._age_once.shape[0], ROWS_AT_ONCE):
            value += self._of_once(parameters, start, gradient, hessian)
        for start in range(0, self._age.shape[0], ROWS_AT_ONCE):
            value += self._of_repeated(parameters, start, gradient, hessian)
        hessian = hessian + np.tril(hessian.T, -1)
        return in_logarithms((value, gradient, hessian), parameters)

    def _of_counts(self, parameters: Floats) -> Evaluation:
        """log of Gamma(r + x) alpha^r / Gamma(r) x B(a, b + x) / B(a, b); Hessian upper."""
        r, alpha, a, b = parameters
        x, n = self._counts.astype(np.float64), self._totals
        total = float(n.sum())
        gammaln, psi = special.gammaln, special.digamma
        value = float(n @ (gammaln(r + x) + gammaln(b + x) - gammaln(a + b + x)))
        value += total * (gammaln(a + b) - gammaln(b) - gammaln(r) + r * np.log(alpha))
        gradient, hessian = np.zeros(4), np.zeros((4, 4))
        joint = float(n @ (psi(a + b) - psi(a + b + x)))
        gradient[R] = n @ (psi(r + x) - psi(r)) + total * np.log(alpha)
        gradient[ALPHA] = total * r / alpha
        gradient[A] = joint
        gradient[B] = joint + n @ (psi(b + x) - psi(b))
        joint = float(n @ (_trigamma(a + b) - _trigamma(a + b + x)))
        hessian[R, R] = n @ (_trigamma(r + x) - _trigamma(r))
        hessian[R, ALPHA] = total / alpha
        hessian[ALPHA, ALPHA] = -total * r / alpha**2
        hessian[A, A] = hessian[A, B] = joint
        hessian[B, B] = joint + n @ (_trigamma(b + x) - _trigamma(b))
        return value, gradient, hessian

    def _of_once(self, parameters: Floats, start: int, gradient: Floats, hessian: Floats) -> float:
        r, alpha = parameters[R], parameters[ALPHA]
        part = slice(start, start + ROWS_AT_ONCE)
        weight, time = self._weight_once[part], alpha + self._age_once[part]
        log_time, inverse = float(weight @ np.log(time)), 1.0 / time
        weighted = weight * inverse
        sum_inverse = float(weighted.sum())
        gradient[R] -= log_time
        gradient[ALPHA] -= r * sum_inverse
        hessian[R, ALPHA] -= sum_inverse
        hessian[ALPHA, ALPHA] += r * float(weighted @ inverse)
        return -float(r) * log_time

    def _of_repeated(
        self, parameters: Floats, start: int, gradient: Floats, hessian: Floats
    ) -> float:
        r, alpha, a, b = parameters
        part = slice(start, start + ROWS_AT_ONCE)
        x, n = self._frequency[part], self._weight[part]
        now, last = alpha + self._age[part], alpha + self._recency[part]
        now_inverse, last_inverse = 1.0 / now, 1.0 / last
        log_now, silence = np.log(now), np.log(now * last_inverse)
        left, shape = 1.0 / (b + x - 1.0), r + x
        log_odds = shape * silence + np.log(a * left)
        tail = np.exp(-np.abs(log_odds))
        value = float(n @ (np.maximum(log_odds, 0.0) + np.log1p(tail) - shape * log_now))
        rest = 1.0 / (1.0 + tail)
        dead = n * rest * np.where(log_odds > 0.0, 1.0, tail)
        unsure = n * tail * rest**2
        # Derivatives of d after r, alpha and b; that after a is 1 / a.
        by_alpha = shape * (now_inverse - last_inverse)
        gradient[R] += dead @ silence - n @ log_now
        gradient[ALPHA] += dead @ by_alpha - n @ (shape * now_inverse)
        gradient[A] += dead.sum() / a
        gradient[B] -= dead @ left
        unsure_silence, unsure_alpha = unsure * silence, unsure * by_alpha
        unsure_left, dead_left = unsure * left, dead * left
        squares = last_inverse**2 - now_inverse**2
        hessian[R, R] += unsure_silence @ silence
        hessian[R, ALPHA] += (
            dead @ (now_inverse - last_inverse) - n @ now_inverse + unsure_silence @ by_alpha
        )
        hessian[R, A] += unsure_silence.sum() / a
        hessian[R, B] -= unsure_silence @ left
        hessian[ALPHA, ALPHA] += (
            (dead * shape) @ squares + (n * shape) @ now_inverse**2 + unsure_alpha @ by_alpha
        )
        hessian[ALPHA, A] += unsure_alpha.sum() / a
        hessian[ALPHA, B] -= unsure_alpha @ left
        hessian[A, A] += (unsure.sum() - dead.sum()) / a**2
        hessian[A, B] -= unsure_left.sum() / a
        hessian[B, B] += dead_left @ left + unsure_left @ left
        return value


def _trigamma(argument: Floats) -> Floats:
    answer: Floats = special.zeta(2.0, argument)
    return answer
