"""Bayesian linear regression per arm, with unknown noise, discounted over time.

For one arm with contexts x (the constant included), rewards r and weights w the posterior is
normal-inverse-gamma (Bishop 2006, "Pattern Recognition and Machine Learning", ex. 3.12; as used for
Thompson sampling by Riquelme, Tucker & Snoek 2018, "Deep Bayesian Bandits Showdown", eq. 1):

    L = lambda I + sum w x x'      m = L^-1 sum w x r
    a = a0 + sum w / 2             b = b0 + (sum w r r - m' L m) / 2

with sigma^2 ~ InverseGamma(a, b) and theta | sigma^2 ~ N(m, sigma^2 L^-1). Weights fall by half per
half-life, the prior does not (discounted linear bandits: Russac, Vernade & Cappe 2019, section 3).
"""

from dataclasses import replace

import numpy as np

from regulars.science import checks
from regulars.science.bandit.contracts import Posterior, Settings, State
from regulars.science.contracts import Floats, Integers

_ROUNDING = 1e-13


def draw(state: State) -> State:
    """The state with the posterior draws that belong to its seed and version."""
    rng = checks.generator(state.seed, state.version)
    mean, cholesky, shape, scale = moments(state.posterior, state.settings)
    arms, size = mean.shape
    count = state.settings.draws
    noise = scale[:, None] / rng.gamma(shape[:, None], size=(arms, count))
    normal = rng.standard_normal((arms, size, count))
    # L = C C', so that C'^-1 z has the covariance L^-1.
    spread = np.linalg.solve(np.swapaxes(cholesky, 1, 2), normal)
    deviation = state.settings.exploration * np.sqrt(noise)
    draws = mean[:, :, None] + deviation[:, None, :] * spread
    return replace(state, draws=np.ascontiguousarray(np.swapaxes(draws, 0, 1)))


def moments(posterior: Posterior, settings: Settings) -> tuple[Floats, Floats, Floats, Floats]:
    """Per arm the mean m (arms, size), the Cholesky factor of L, and the noise's a and b."""
    size = posterior.gram.shape[1]
    # What rounding takes from sums of large features is given back, or the factor would not exist.
    largest = np.einsum("aii->ai", posterior.gram).max(axis=1)
    prior = settings.prior_precision + _ROUNDING * largest
    precision = posterior.gram + prior[:, None, None] * np.eye(size)
    cholesky = np.asarray(np.linalg.cholesky(precision), dtype=np.float64)
    solved = np.linalg.solve(precision, posterior.projection[:, :, None])[:, :, 0]
    mean = np.asarray(solved, dtype=np.float64)
    explained = np.einsum("ai,ai->a", mean, posterior.projection)
    shape: Floats = settings.noise_shape + posterior.weight / 2
    # The residual is not negative but for rounding.
    residual = np.maximum(posterior.squares - explained, 0.0)
    scale: Floats = settings.noise_scale + residual / 2
    return mean, cholesky, shape, scale


def discount(posterior: Posterior, settings: Settings, day: float) -> Posterior:
    """The sums as seen from a later day."""
    factor = 0.5 ** (max(day - posterior.day, 0.0) / settings.half_life_days)
    return Posterior(
        posterior.gram * factor,
        posterior.projection * factor,
        posterior.squares * factor,
        posterior.weight * factor,
        max(day, posterior.day),
    )


def absorb(
    posterior: Posterior,
    settings: Settings,
    contexts: Floats,
    arms: Integers,
    rewards: Floats,
    days: Floats,
) -> Posterior:
    """The sums with the observations added, each discounted by its own age."""
    gram, projection = posterior.gram.copy(), posterior.projection.copy()
    squares, weight = posterior.squares.copy(), posterior.weight.copy()
    features = with_constant(contexts)
    ages = np.maximum(posterior.day - days, 0.0)
    weights = 0.5 ** (ages / settings.half_life_days)
    for arm in np.unique(arms):
        rows = arms == arm
        x, r, w = features[rows], rewards[rows], weights[rows]
        weighted = x * w[:, None]
        gram[arm] += weighted.T @ x
        projection[arm] += weighted.T @ r
        squares[arm] += float(w @ (r * r))
        weight[arm] += float(w.sum())
    return Posterior(gram, projection, squares, weight, posterior.day)


def with_constant(contexts: Floats) -> Floats:
    """The contexts with a last column of ones."""
    features = np.empty((contexts.shape[0], contexts.shape[1] + 1))
    features[:, :-1] = contexts
    features[:, -1] = 1.0
    return features
