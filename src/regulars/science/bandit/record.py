"""Recording decisions: they wait for their rewards, and reserve what they may cost."""

from dataclasses import fields, replace

import numpy as np

from regulars.science import checks
from regulars.science.bandit.choose import refuse_repeated
from regulars.science.bandit.contracts import NOTHING, Decisions, Pending, State
from regulars.science.contracts import Booleans, Floats, Integers
from regulars.science.errors import WrongShape

_RECENT = 64


def record(state: State, decisions: Decisions) -> State:
    """The state in which the decisions are pending. A decision whose id already waits is refused
    (RepeatedId): two different offers cannot share their reward. Refuses columns that do not fit
    each other or the state (WrongShape, NotFinite, OutOfRange)."""
    pending = state.pending
    decisions = _checked(state, decisions)
    count = decisions.id.shape[0]
    added = Pending(
        decisions.id,
        decisions.context,
        decisions.arm,
        _widened(decisions.probabilities, pending.probabilities.shape[1]),
        decisions.cost,
        np.full(count, decisions.day),
        np.zeros(count, dtype=np.bool_),
        np.zeros(count),
        np.zeros(count),
    )
    together = _joined(pending, added)
    refuse_repeated("decisions.id", together.id)
    ledger = state.ledger
    recent = np.concatenate([ledger.recent, decisions.context])[-_RECENT:]
    return replace(
        state,
        pending=taken(together, np.argsort(together.id, kind="stable")),
        ledger=replace(
            ledger,
            reserved=ledger.reserved + float(decisions.cost.sum()),
            decisions=ledger.decisions + count,
            recent=recent,
        ),
    )


def _checked(state: State, given: Decisions) -> Decisions:
    """Decisions of no row pass: whoever had nobody to decide for has nothing to record."""
    count = checks.rows("decisions.id", given.id)
    arms, features = state.arms.cost.shape[0], state.settings.features
    if count == 0:
        return replace(given, context=np.zeros((0, features)), probabilities=np.zeros((0, 1)))
    chance = checks.matrix("decisions.probabilities", given.probabilities, rows=count)
    if chance.shape[1] > arms + 1:
        raise WrongShape("decisions.probabilities", chance.shape, f"({count}, {arms + 1})")
    context = np.zeros((count, 0))
    if features:
        context = checks.matrix("decisions.context", given.context, rows=count, columns=features)
    return replace(
        given,
        id=checks.codes("decisions.id", given.id, checks.CODE_MOST, length=count),
        arm=checks.codes(
            "decisions.arm", given.arm, chance.shape[1] - 1, length=count, least=NOTHING
        ),
        probabilities=chance,
        context=context,
        cost=checks.floats("decisions.cost", given.cost, length=count, at_least=0.0),
        day=checks.day("decisions.day", given.day),
    )


def taken(pending: Pending, rows: Integers | Booleans) -> Pending:
    """Those rows, in their order."""
    return Pending(*(getattr(pending, column.name)[rows] for column in fields(Pending)))


def _joined(first: Pending, second: Pending) -> Pending:
    return Pending(
        *(
            np.concatenate([getattr(first, column.name), getattr(second, column.name)])
            for column in fields(Pending)
        )
    )


def _widened(probabilities: Floats, columns: int) -> Floats:
    """Decisions made before an arm was added knew nothing of it."""
    missing = columns - probabilities.shape[1]
    if missing <= 0:
        return probabilities
    zeros = np.zeros((probabilities.shape[0], missing))
    whole: Floats = np.concatenate([probabilities[:, :-1], zeros, probabilities[:, -1:]], axis=1)
    return whole
