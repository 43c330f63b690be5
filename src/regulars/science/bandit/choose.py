"""Choosing: a state, contexts and a seed in, decisions with their exact propensities out."""

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.bandit.contracts import NOTHING, Decisions, State
from regulars.science.bandit.errors import RepeatedId
from regulars.science.bandit.probabilities import chances
from regulars.science.contracts import Booleans, Floats, Integers
from regulars.science.errors import OutOfRange, WrongShape

_LARGEST_ID = 1 << 62
LARGEST_FEATURE = 1e9


def choose(
    state: State,
    contexts: ArrayLike,
    ids: ArrayLike,
    *,
    day: float,
    seed: int,
    eligible: ArrayLike | None = None,
    held_out: ArrayLike | None = None,
) -> Decisions:
    """Choose an arm for every context. The state is not changed: `record` does that.

    `contexts`: float64 (n, features), without the constant, best of about unit scale. `ids`: int64
    (n,), the caller's, one per decision. `day`: now, days since the caller's origin. `eligible`:
    bool (n, arms), what may be offered to whom. `held_out`: bool (n,), where a permanent holdout
    was drawn elsewhere, at random and in the share of the settings; drawn here where None.

    Rows for which no arm is open (retired, paused, not eligible, not affordable) get NOTHING with
    propensity 1. With a budget the rows are served in order: what earlier rows reserve is gone for
    later ones, so the total cannot be exceeded, and the propensity of a row is the one given the
    rows before it. The same arguments give the same decisions.
    """
    size = state.settings.features
    rows = checks.matrix("contexts", contexts, columns=size) if size else _no_features(contexts)
    count = rows.shape[0]
    refuse_huge("contexts", rows, LARGEST_FEATURE)
    names = checks.codes("ids", ids, _LARGEST_ID, length=count)
    refuse_repeated("ids", names)
    checks.day("day", day)
    usable = _usable(state, count, eligible)
    rng = checks.generator(seed)
    held = None if held_out is None else checks.flags("held_out", held_out, length=count)
    points = rng.random((count, 2))
    if np.isinf(state.budget.total):
        whole = chances(state, rows, usable)
        arm = _sample(whole, points, held)
    else:
        whole, arm = _within_budget(state, rows, usable, points, held, day)
    offered = arm != NOTHING
    cost = np.where(offered, state.arms.cost[np.where(offered, arm, 0)], 0.0)
    # The column of "nothing" is the last, which is what -1 finds.
    propensity = whole[np.arange(count), arm]
    return Decisions(names, arm, propensity, whole, rows, cost, float(day), state.version)


def refuse_huge(argument: str, array: Floats, most: float) -> None:
    """Refuse numbers whose squares would not be told apart any more."""
    if np.abs(array).max(initial=0.0) > most:
        place = np.argwhere(np.abs(array) > most)[0]
        found = float(array[tuple(place)])
        raise OutOfRange(argument, int(place[0]), found, f"between -{most:.0e} and {most:.0e}")


def refuse_repeated(argument: str, ids: Integers) -> None:
    """Refuse an id that occurs twice."""
    if ids.shape[0] < 2:
        return
    ordered = np.sort(ids)
    twice = np.flatnonzero(ordered[1:] == ordered[:-1])
    if twice.size:
        raise RepeatedId(argument, int(ordered[twice[0]]))


def _sample(whole: Floats, points: Floats, held: Booleans | None) -> Integers:
    """Sample holdout and arm by two uniforms per row, so that a given holdout leaves the arms of
    the others as they are."""
    nothing = whole[:, -1]
    kept_out = (points[:, 0] < nothing) if held is None else (held | (nothing == 1.0))
    bounds = np.cumsum(whole[:, :-1], axis=1)
    reached = points[:, 1] * bounds[:, -1]
    # An arm without probability has an empty stretch and cannot be met, not even at zero.
    arm = (reached[:, None] >= bounds).sum(axis=1)
    last = whole.shape[1] - 2 - np.argmax(whole[:, -2::-1] > 0.0, axis=1)
    answer: Integers = np.where(kept_out, NOTHING, np.minimum(arm, last)).astype(np.int64)
    return answer


def _within_budget(
    state: State,
    rows: Floats,
    usable: Booleans,
    points: Floats,
    held: Booleans | None,
    day: float,
) -> tuple[Floats, Integers]:
    """Probabilities and arms while the money lasts; an arm closes at the row from which what is
    left cannot pay for it, and the rows from there on are computed again without it."""
    budget, ledger, costs = state.budget, state.ledger, state.arms.cost
    left = budget.total - ledger.spent - ledger.reserved
    if not budget.start_day <= day < budget.end_day:
        left = 0.0
    count = rows.shape[0]
    whole = np.empty((count, costs.shape[0] + 1))
    arm = np.empty(count, dtype=np.int64)
    start = 0
    while start < count:
        affordable = costs <= left
        part = usable[start:] & affordable
        whole[start:] = chances(state, rows[start:], part)
        arm[start:] = _sample(whole[start:], points[start:], None if held is None else held[start:])
        paid = np.where(arm[start:] == NOTHING, 0.0, costs[arm[start:]])
        before = left - np.concatenate([[0.0], np.cumsum(paid)[:-1]])
        dearest = costs[affordable].max(initial=0.0)
        short = np.flatnonzero(before < dearest)
        if short.size == 0:
            break
        # The row at `start` itself can pay for all that is affordable: the stretch is never empty.
        left = float(before[short[0]])
        start += int(short[0])
    return whole, arm


def _usable(state: State, count: int, eligible: ArrayLike | None) -> Booleans:
    arms = state.arms
    open_arms = arms.active & ~arms.paused & (not arms.all_paused)
    whole: Booleans = np.broadcast_to(open_arms, (count, open_arms.shape[0]))
    if eligible is None:
        return whole
    given = checks.read("eligible", eligible)
    if given.shape != whole.shape:
        raise WrongShape("eligible", given.shape, f"({count}, {open_arms.shape[0]})")
    flat = checks.flags("eligible", given.ravel())
    answer: Booleans = whole & flat.reshape(whole.shape)
    return answer


def _no_features(contexts: ArrayLike) -> Floats:
    given = checks.numbers("contexts", contexts)
    if given.ndim != 2 or given.shape[1] != 0:
        raise WrongShape("contexts", given.shape, "(n, 0): the settings have no features")
    return given
