"""With what probability Thompson sampling takes each arm.

A state carries a fixed set of posterior draws. An arm's probability for a context is the share of
the draws in which it is the best (Thompson 1933; Agrawal & Goyal 2013, algorithm 1, takes one draw
per decision instead), mixed with the exploration floor. The arm is then sampled from exactly these
probabilities, so what is logged is what was used, not an estimate of it. `best_by_quadrature` is
the limit of infinitely many draws where the posteriors are normal; the tests hold the one against
the other.
"""

import numpy as np
from scipy.special import log_ndtr

from regulars.science import checks
from regulars.science.bandit.contracts import State
from regulars.science.bandit.posterior import with_constant
from regulars.science.contracts import Booleans, Floats
from regulars.science.errors import WrongShape

_CELLS = 1 << 18
_NODES = 64


def best_by_draws(draws: Floats, contexts: Floats, handicap: Floats, usable: Booleans) -> Floats:
    """The share of draws in which each arm is the best, float64 (n, arms).

    `draws` (features + 1, arms, draws), `contexts` (n, features), `handicap` (arms,) is taken off
    every score, `usable` (n, arms). Rows without a usable arm are zeros. Equal scores go to the arm
    of the lower code.
    """
    size, arms, count = draws.shape
    rows = contexts.shape[0]
    flat = draws.reshape(size, arms * count)
    burdened = bool(handicap.any())
    features = with_constant(contexts)
    shares = np.empty((rows, arms))
    step = max(1, _CELLS // (arms * count))
    for start in range(0, rows, step):
        part = slice(start, min(start + step, rows))
        scores = (features[part] @ flat).reshape(-1, arms, count)
        if burdened:
            scores -= handicap[None, :, None]
        open_arms = usable[part]
        if not open_arms.all():
            scores[~open_arms] = -np.inf
        shares[part] = _shares_of_best(scores)
    shares[~usable] = 0.0
    return shares


def _shares_of_best(scores: Floats) -> Floats:
    """How often each arm holds the maximum, (n, arms) of scores (n, arms, draws)."""
    arms, count = scores.shape[1:]
    best = scores.max(axis=1, keepdims=True)
    # Summing bytes is several times as fast as counting truth values.
    wins = np.add.reduce((scores == best).view(np.uint8), axis=2, dtype=np.uint32)
    if np.any(wins.sum(axis=1) != count):
        # A tie was counted for each of its arms: count again, for the lowest code only.
        winner = scores.argmax(axis=1)
        wins = np.stack([np.count_nonzero(winner == arm, axis=1) for arm in range(arms)], axis=1)
    shares: Floats = wins / count
    return shares


def with_floor(shares: Floats, usable: Booleans, floor: float) -> Floats:
    """Mix in the floor: every usable arm gets at least `floor`, or its equal part where the floors
    add up to more than 1; (n, arms), rows sum to 1, or 0 where no arm is usable."""
    count = usable.sum(axis=1, keepdims=True)
    least = np.minimum(floor, 1.0 / np.maximum(count, 1))
    mixed: Floats = np.where(usable, least + (1.0 - least * count) * shares, 0.0)
    return mixed


def chances(state: State, contexts: Floats, usable: Booleans) -> Floats:
    """Every arm's probability and, last, that of offering nothing; float64 (n, arms + 1).

    `contexts`: float64 (n, features); `usable`: bool (n, arms). Raises WrongShape, NotFinite.
    """
    arms, size = state.arms.cost.shape[0], state.settings.features
    if contexts.ndim != 2 or contexts.shape[1] != size:
        raise WrongShape("contexts", contexts.shape, f"(n, {size})")
    if usable.shape != (contexts.shape[0], arms):
        raise WrongShape("usable", usable.shape, f"({contexts.shape[0]}, {arms})")
    checks.finite("contexts", contexts)
    handicap = state.ledger.price * state.arms.cost
    shares = best_by_draws(state.draws, contexts, handicap, usable)
    mixed = with_floor(shares, usable, state.settings.floor)
    held = np.where(usable.any(axis=1), state.settings.holdout_share, 1.0)
    whole: Floats = np.concatenate([mixed * (1.0 - held)[:, None], held[:, None]], axis=1)
    return whole


def best_by_quadrature(mean: Floats, deviation: Floats) -> Floats:
    """P(arm a has the largest of independent normal scores), float64 (n, arms).

    `mean` and `deviation` (above 0) are (n, arms). The integral over a of
    phi((z - mean_a) / deviation_a) times the product over b of Phi((z - mean_b) / deviation_b) by
    the trapezoid rule on the quantiles of each arm's own score; rows are normalised to 1.
    """
    nodes = np.linspace(-8.0, 8.0, 8 * _NODES)
    weights = np.exp(-0.5 * nodes**2)
    arms = mean.shape[1]
    chance = np.empty_like(mean)
    for arm in range(arms):
        points = mean[:, arm, None] + deviation[:, arm, None] * nodes
        logs = np.zeros_like(points)
        for other in range(arms):
            if other != arm:
                logs += log_ndtr((points - mean[:, other, None]) / deviation[:, other, None])
        chance[:, arm] = np.exp(logs) @ weights
    normalised: Floats = chance / chance.sum(axis=1, keepdims=True)
    return normalised
