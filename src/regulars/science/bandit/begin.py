"""How a bandit begins, and how its arms come, go and return."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regulars.science import checks
from regulars.science.bandit.contracts import (
    NOTHING,
    Arms,
    Budget,
    Evidence,
    Ledger,
    Pending,
    Posterior,
    Settings,
    State,
)
from regulars.science.bandit.guardrail import forgotten
from regulars.science.bandit.posterior import draw
from regulars.science.errors import OutOfRange

NOISE_SHAPE_LEAST = 0.1
"""Below, the inverse gamma distribution of the noise reaches beyond every float64."""


def begin(
    settings: Settings,
    arm_costs: ArrayLike,
    *,
    seed: int,
    day: float = 0.0,
    budget: Budget | None = None,
) -> State:
    """A bandit that knows nothing yet.

    `arm_costs`: float64 (arms,), what an offer of each arm reserves of the budget; zeros where
    nothing is paid. `day`: now. Refuses settings outside of their meaning (OutOfRange) and no arms
    (NoData).
    """
    _check_settings(settings)
    costs = checks.floats("arm_costs", arm_costs, at_least=0.0)
    account = _checked_budget(budget) if budget is not None else Budget()
    checks.day("day", day)
    arms, features = costs.shape[0], settings.features
    size = features + 1
    state = State(
        settings=settings,
        budget=account,
        arms=Arms(costs, np.ones(arms, dtype=np.bool_), np.zeros(arms, dtype=np.bool_), False),
        posterior=Posterior(
            np.zeros((arms, size, size)),
            np.zeros((arms, size)),
            np.zeros(arms),
            np.zeros(arms),
            float(day),
        ),
        draws=np.zeros((arms, settings.draws, size)),
        pending=no_pending(arms, features),
        evidence=Evidence(*(np.zeros(arms + 1) for _ in range(5))),
        ledger=Ledger(0.0, 0.0, 0.0, 0.0, 0, np.zeros((0, features))),
        seed=seed,
        version=0,
    )
    return draw(state)


def add_arm(state: State, cost: float = 0.0) -> State:
    """The state with one more arm, which knows nothing; its code is the number of arms before."""
    checks.number("cost", cost, at_least=0.0)
    arms, posterior, pending = state.arms, state.posterior, state.pending
    size = state.settings.features + 1
    widened = replace(
        state,
        arms=Arms(
            np.append(arms.cost, cost),
            np.append(arms.active, True),
            np.append(arms.paused, False),
            arms.all_paused,
        ),
        posterior=Posterior(
            np.concatenate([posterior.gram, np.zeros((1, size, size))]),
            np.concatenate([posterior.projection, np.zeros((1, size))]),
            np.append(posterior.squares, 0.0),
            np.append(posterior.weight, 0.0),
            posterior.day,
        ),
        # The column of "nothing" stays the last one.
        pending=replace(
            pending,
            probabilities=np.insert(
                pending.probabilities, pending.probabilities.shape[1] - 1, 0.0, axis=1
            ),
        ),
        evidence=Evidence(
            *(
                np.insert(getattr(state.evidence, column.name), arms.cost.shape[0], 0.0)
                for column in fields(Evidence)
            )
        ),
        version=state.version + 1,
    )
    return draw(widened)


def retire_arm(state: State, arm: int) -> State:
    """The state in which that arm is never offered again; what it taught stays, and so does its
    code. Rewards of its pending decisions are still learnt."""
    _check_arm(state, arm)
    return replace(state, arms=replace(state.arms, active=_with(state.arms.active, arm, False)))


def return_arm(state: State, arm: int) -> State:
    """A retired arm is offered again, with what it had taught."""
    _check_arm(state, arm)
    return replace(state, arms=replace(state.arms, active=_with(state.arms.active, arm, True)))


def resume(state: State, arm: int) -> State:
    """Take back a pause of the guardrail, of an arm or (NOTHING) of the whole policy.

    A person has looked at it: the evidence starts afresh, and with it the probability of a wrong
    pause.
    """
    if arm != NOTHING:
        _check_arm(state, arm)
    last = state.arms.cost.shape[0]
    fresh = forgotten(state.evidence, last if arm == NOTHING else arm)
    arms = state.arms
    if arm == NOTHING:
        arms = replace(arms, all_paused=False)
    else:
        arms = replace(arms, paused=_with(arms.paused, arm, False))
    return replace(state, arms=arms, evidence=fresh)


def no_pending(arms: int, features: int) -> Pending:
    """Nothing waits."""
    return Pending(
        np.zeros(0, dtype=np.int64),
        np.zeros((0, features)),
        np.zeros(0, dtype=np.int64),
        np.zeros((0, arms + 1)),
        np.zeros(0),
        np.zeros(0),
        np.zeros(0, dtype=np.bool_),
        np.zeros(0),
        np.zeros(0),
    )


def _with(values: NDArray[Any], place: int, value: float | bool) -> NDArray[Any]:
    changed = values.copy()
    changed[place] = value
    return changed


def _check_arm(state: State, arm: int) -> None:
    arms = state.arms.cost.shape[0]
    if not 0 <= arm < arms:
        raise OutOfRange("arm", -1, float(arm), f"from 0 to {arms - 1}")


def _check_settings(settings: Settings) -> None:
    checks.number("settings.features", settings.features, at_least=0)
    checks.number("settings.floor", settings.floor, at_least=0.0, at_most=1.0)
    checks.number("settings.holdout_share", settings.holdout_share, at_least=0.0, below=1.0)
    checks.number("settings.draws", settings.draws, at_least=1)
    checks.number("settings.exploration", settings.exploration, at_least=0.0)
    checks.number("settings.prior_precision", settings.prior_precision, above=0.0)
    checks.number("settings.noise_shape", settings.noise_shape, at_least=NOISE_SHAPE_LEAST)
    checks.number("settings.noise_scale", settings.noise_scale, above=0.0)
    for name in ("half_life_days", "expires_after_days"):
        value = getattr(settings, name)
        if not value > 0.0:
            raise OutOfRange(f"settings.{name}", -1, float(value), "above 0, or infinite")
    checks.number("settings.guard_level", settings.guard_level, above=0.0, below=1.0)
    checks.number("settings.guard_tolerance", settings.guard_tolerance, at_least=0.0)
    checks.number("settings.guard_rows", settings.guard_rows, at_least=2)
    checks.number("settings.guard_each", settings.guard_each, at_least=1)


def _checked_budget(budget: Budget) -> Budget:
    checks.number("budget.total", budget.total, at_least=0.0)
    checks.number("budget.start_day", budget.start_day)
    checks.number("budget.end_day", budget.end_day, above=budget.start_day)
    checks.number("budget.decisions_per_day", budget.decisions_per_day, above=0.0)
    return budget
