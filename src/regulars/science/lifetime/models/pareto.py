"""The Pareto/NBD model: orders come at a rate that differs between customers, who leave unseen
after a time that differs too.

Schmittlein, Morrison and Colombo 1987 (Management Science 33(1), 1-24), in the notation of Fader
and Hardie's "A Note on Deriving the Pareto/NBD Model and Related Expressions" (2005), FH below.
Order rates are Gamma(r, alpha) over customers, rates of leaving Gamma(s, beta). Where FH write 2F1
this file takes the integral over the unseen time of leaving (`numerics.quadrature` says why).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from regulars.science.contracts import Floats, Integers
from regulars.science.lifetime.numerics import quadrature

NODES = 24
"""Of the integral over the time of leaving; that of a count is sharper."""
COUNT_NODES = 48
DECAY = 38.0
"""An integral over the time of leaving ends where its integrand has fallen by e^-38."""
ROWS_AT_ONCE = 1 << 13


@dataclass(frozen=True, slots=True)
class Pareto:
    """Parameters: `r`, `s` (no unit), `alpha`, `beta` (time units), all above 0."""

    r: float
    alpha: float
    s: float
    beta: float
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    @property
    def parameters(self) -> Floats:
        """(4,), in the order of `names`."""
        return np.array([self.r, self.alpha, self.s, self.beta])

    def alive(self, frequency: Integers, recency: Floats, age: Floats) -> Floats:
        """P(alive | history): the likelihood of having stayed over that of having stayed or left
        between the last order and now (FH, section 5.1)."""
        answer = np.empty(age.shape)
        for start in range(0, age.shape[0], ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            now = age[part]
            stayed = -(self.r + frequency[part]) * np.log(self.alpha + now) - self.s * np.log(
                self.beta + now
            )
            times = leaving_times(self.parameters, frequency[part], recency[part], now)
            log_odds_gone = special.logsumexp(times.log_density, axis=1) - stayed
            answer[part] = special.expit(-log_odds_gone)
        return answer

    def expected_if_alive(self, frequency: Integers, age: Floats, horizon: Floats) -> Floats:
        """FH equation 41 divided by P(alive); with frequency and age 0, equation 27. Written with
        expm1 so that s = 1, where the formula is 0 / 0, is nothing special."""
        rate = (self.r + frequency) / (self.alpha + age)
        scale = self.beta + age
        stay = np.log1p(horizon / scale)
        power = self.s - 1.0
        time = stay if power == 0.0 else -np.expm1(-power * stay) / power
        answer: Floats = rate * scale * time
        return answer

    def discounted_if_alive(
        self, frequency: Integers, age: Floats, rate: float, horizon: float
    ) -> Floats:
        """DERT over P(alive), Fader, Hardie and Lee 2005 (Journal of Marketing Research 42,
        415-430), equation 2: the expected order rate times the discounted time still to stay."""
        orders_per_time = (self.r + frequency) / (self.alpha + age)
        shape = np.full(age.shape, self.s)
        return orders_per_time * quadrature.discounted_power(shape, self.beta + age, rate, horizon)

    def count_probability_if_alive(
        self, count: int, frequency: Integers, age: Floats, horizon: Floats
    ) -> Floats:
        """Fader and Hardie 2014, "Deriving the Conditional PMF of the Pareto/NBD Model" (note),
        equation 16: with the posterior shapes r + x, alpha + age, s, beta + age, the count by the
        end of the horizon if the customer stays, else by the time of leaving.

        Beside the decay of staying, the count's likelihood is a Beta density in e^-L,
        L = log(1 + time / scale): the integral is taken over the ten standard deviations about its
        peak in which it is not negligible.
        """
        frequency, age, horizon = np.broadcast_arrays(frequency, age, horizon)
        shape = self.r + frequency.astype(np.float64)
        scale, decay = self.alpha + age, self.beta + age
        log_base = (
            special.gammaln(shape + count) - special.gammaln(shape) - special.gammaln(count + 1.0)
        )

        def log_count(time: Floats, shape: Floats, scale: Floats) -> Floats:
            answer: Floats = special.xlogy(count, time / (scale + time)) - shape * np.log1p(
                time / scale
            )
            return answer

        stayed = log_count(horizon, shape, scale) - self.s * np.log1p(horizon / decay)
        nodes, weights = quadrature.legendre(COUNT_NODES)
        smaller = np.minimum(scale, decay)
        peak = np.log1p(count / shape)
        spread = 10.0 * np.sqrt(count / shape / (shape + count))
        until = np.minimum(np.log1p(horizon / scale), peak + spread + quadrature.TAIL / shape)
        begin = np.log1p(scale * np.expm1(np.maximum(peak - spread, 0.0)) / smaller)
        length = np.maximum(np.log1p(scale * np.expm1(until) / smaller) - begin, 0.0)
        answer = np.empty(age.shape)
        for start in range(0, age.shape[0], ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            time = smaller[part, None] * np.expm1(begin[part, None] + length[part, None] * nodes)
            left = (
                log_count(time, shape[part, None], scale[part, None])
                - (self.s + 1.0) * np.log1p(time / decay[part, None])
                + np.log((smaller[part, None] + time) / decay[part, None])
            )
            gone = self.s * length[part] * (np.exp(left) @ weights)
            answer[part] = np.exp(log_base[part]) * (np.exp(stayed[part]) + gone)
        return answer


@dataclass(frozen=True, slots=True)
class LeavingTimes:
    """Quadrature over the time of leaving t, matrices (rows, nodes): alpha + t, beta + t, their
    logarithms, and that of the likelihood's density there times the node's weight."""

    alpha_time: Floats
    beta_time: Floats
    log_alpha_time: Floats
    log_beta_time: Floats
    log_density: Floats


def leaving_times(
    parameters: Floats, frequency: Integers, recency: Floats, age: Floats
) -> LeavingTimes:
    """Nodes for s (alpha + t)^-(r + x) (beta + t)^-(s + 1) over t from recency to age: what FH
    equations 18 to 20 evaluate by 2F1.

    In u = log(c + t), c the smaller of alpha and beta, the integrand is analytic in |Im u| < pi.
    It falls at least at the rate it has at recency, so the interval is cut after e^-38.
    """
    r, alpha, s, beta = parameters
    smaller = min(alpha, beta)
    first = smaller + recency
    fall = (r + frequency) * first / (alpha + recency) + (s + 1.0) * first / (beta + recency) - 1.0
    length = np.log1p((age - recency) / first)
    length = np.where(fall * length > DECAY, DECAY / np.where(fall > 0.0, fall, 1.0), length)
    nodes, weights = quadrature.legendre(NODES)
    log_smaller_time = np.log(first)[:, None] + length[:, None] * nodes
    smaller_time = np.exp(log_smaller_time)
    larger_time = smaller_time + abs(alpha - beta)
    log_larger_time = np.log(larger_time)
    alpha_time, beta_time, log_alpha_time, log_beta_time = (
        (smaller_time, larger_time, log_smaller_time, log_larger_time)
        if alpha <= beta
        else (larger_time, smaller_time, log_larger_time, log_smaller_time)
    )
    with np.errstate(divide="ignore"):
        log_length = np.log(s * length)
    log_density = (
        log_smaller_time
        - (r + frequency)[:, None] * log_alpha_time
        - (s + 1.0) * log_beta_time
        + np.log(weights)
        + log_length[:, None]
    )
    return LeavingTimes(alpha_time, beta_time, log_alpha_time, log_beta_time, log_density)
