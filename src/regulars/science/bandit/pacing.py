"""Budget pacing: what a unit of cost is worth, so that the money lasts until the end.

The price is the multiplier of the budget in the fluid relaxation of bandits with knapsacks
(Badanidiyuru, Kleinberg & Slivkins 2013, section 4): an arm's score is its reward less price times
cost. It is solved anew at every learning, on the contexts seen last, for what is then left per
remaining decision (re-solving; Agrawal & Devanur 2016), and stays fixed within a model version, so
propensities are exact. Pacing needs an arm that costs less than the others to turn to; without one
only the hard limit in `choose` holds.
"""

from dataclasses import replace

import numpy as np

from regulars.science.bandit.contracts import State
from regulars.science.bandit.probabilities import best_by_draws, with_floor
from regulars.science.contracts import Floats

_DRAWS = 128
_STEPS = 30


def priced(state: State, day: float) -> State:
    """The state with the price that its budget asks for from `day` on; 0 where money is ample."""
    ledger, costs = state.ledger, state.arms.cost
    if np.isinf(state.budget.total) or ledger.recent.shape[0] == 0 or not costs.any():
        return state
    allowed = _allowed_per_decision(state, day)
    return replace(state, ledger=replace(ledger, price=_price(state, allowed)))


def _allowed_per_decision(state: State, day: float) -> float:
    """What may be reserved per decision: what is left, over the decisions that are left, over the
    share of a reservation that was really spent so far (1 until some are settled)."""
    budget, ledger = state.budget, state.ledger
    left = max(budget.total - ledger.spent - ledger.reserved, 0.0)
    elapsed = max(day - budget.start_day, 0.0)
    # The expectation counts as one day of observation.
    daily = (budget.decisions_per_day + ledger.decisions) / (1.0 + elapsed)
    remaining = daily * max(budget.end_day - day, 0.0)
    prior = 20.0 * float(state.arms.cost.max())
    spent_share = (ledger.spent + prior) / (ledger.settled_reserved + prior)
    return left / max(remaining * spent_share, 1e-9)


def _price(state: State, allowed: float) -> float:
    """The least price at which the expected reservation is within what is allowed."""
    if _expected_cost(state, 0.0) <= allowed:
        return 0.0
    scale = float(np.abs(state.draws[:, :, :_DRAWS]).sum(axis=0).mean())
    dearest = float(state.arms.cost.max())
    high = max(scale, 1e-12) / dearest
    for _ in range(_STEPS):
        if _expected_cost(state, high) <= allowed:
            break
        high *= 2.0
    else:
        # Not even the cheapest arms are within it: the floor alone spends more.
        return high
    low = 0.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if _expected_cost(state, middle) <= allowed:
            high = middle
        else:
            low = middle
    return high


def _expected_cost(state: State, price: float) -> float:
    """Mean reservation of a decision at that price, over the contexts seen last."""
    arms = state.arms
    contexts = state.ledger.recent
    open_arms = arms.active & ~arms.paused & (not arms.all_paused)
    usable = np.broadcast_to(open_arms, (contexts.shape[0], open_arms.shape[0]))
    shares = best_by_draws(state.draws[:, :, :_DRAWS], contexts, price * arms.cost, usable)
    mixed: Floats = with_floor(shares, usable, state.settings.floor)
    return float((mixed @ arms.cost).mean()) * (1.0 - state.settings.holdout_share)
