"""Learning: rewards find their decisions by id, late or in batches; what never comes expires."""

from dataclasses import replace

import numpy as np

from regulars.science import checks
from regulars.science.bandit import guardrail, pacing
from regulars.science.bandit.choose import refuse_huge, refuse_repeated
from regulars.science.bandit.contracts import (
    NOTHING,
    Learned,
    Ledger,
    Pending,
    Rewards,
    State,
)
from regulars.science.bandit.errors import TimeRunsBack
from regulars.science.bandit.posterior import absorb, discount, draw
from regulars.science.bandit.record import taken
from regulars.science.contracts import Booleans, Floats, Integers

_LARGEST_ID = 1 << 62
_LARGEST_REWARD = 1e12
NO_REWARDS = Rewards(np.zeros(0, dtype=np.int64), np.zeros(0))


def learn(state: State, rewards: Rewards = NO_REWARDS, *, day: float) -> Learned:
    """The state after the rewards that came in until `day`, which is now.

    A reward is learnt once: one whose decision is not pending is counted as unknown and changes
    nothing, so a retried batch is harmless. Decisions older than the expiry and still without a
    reward are settled as the settings say, and what they had reserved is released; an offer that
    costs money even where the customer does nothing is reported as a reward of 0 with that cost.
    Then the guardrail looks, the price of the budget is set anew, and the posterior is drawn
    afresh: one model version per call, so call it per batch. Refuses a day before the last one
    (TimeRunsBack), NaN and infinity (NotFinite), an id twice in one call (RepeatedId).
    """
    checks.day("day", day)
    if day < state.posterior.day:
        raise TimeRunsBack(float(day), state.posterior.day)
    given = _checked(rewards)
    place, found = _places(state.pending, given.id)
    pending, ledger = _noted(state, given, place, found)
    settings = state.settings
    expired = pending.day + settings.expires_after_days <= day
    silent = expired & ~pending.known
    due = expired | (pending.known & (not settings.waits_until_expiry))
    ledger = _released(ledger, pending, silent)
    learnable = due & (pending.known | settings.unrewarded_is_zero)
    settled = taken(pending, learnable)
    offered = settled.arm != NOTHING
    posterior = absorb(
        discount(state.posterior, settings, day),
        settings,
        settled.context[offered],
        settled.arm[offered],
        settled.reward[offered],
        settled.day[offered],
    )
    evidence = guardrail.add(state.evidence, settings, settled)
    arms, evidence, pauses = guardrail.look(state.arms, settings, evidence)
    learnt = replace(
        state,
        arms=arms,
        posterior=posterior,
        pending=taken(pending, ~due),
        evidence=evidence,
        ledger=ledger,
        version=state.version + 1,
    )
    drawn = pacing.priced(draw(learnt), day)
    return Learned(
        drawn,
        learnt=int(learnable.sum()),
        waiting=int((pending.known & ~due).sum()),
        expired=int(silent.sum()),
        unknown=int((~found).sum()),
        pauses=pauses,
    )


def _noted(
    state: State, given: Rewards, place: Integers, found: Booleans
) -> tuple[Pending, Ledger]:
    """Write the rewards beside their decisions and settle their costs; the first one counts."""
    pending = state.pending
    assert given.margin is not None
    known, reward, margin = pending.known.copy(), pending.reward.copy(), pending.margin.copy()
    known[place[found]] = True
    reward[place[found]] = given.reward[found]
    margin[place[found]] = given.margin[found]
    reserved = pending.cost[place[found]]
    actual = reserved if given.cost is None else given.cost[found]
    cost = pending.cost.copy()
    cost[place[found]] = 0.0
    ledger = _settled(state.ledger, float(reserved.sum()), float(actual.sum()))
    return replace(pending, known=known, reward=reward, margin=margin, cost=cost), ledger


def _released(ledger: Ledger, pending: Pending, silent: Booleans) -> Ledger:
    return _settled(ledger, float(pending.cost[silent].sum()), 0.0)


def _settled(ledger: Ledger, reserved: float, actual: float) -> Ledger:
    return replace(
        ledger,
        spent=ledger.spent + actual,
        # Sums in another order may leave a rounding below zero.
        reserved=max(ledger.reserved - reserved, 0.0),
        settled_reserved=ledger.settled_reserved + reserved,
    )


def _places(pending: Pending, ids: Integers) -> tuple[Integers, Booleans]:
    """Where each id waits, and whether it does (without a reward so far)."""
    if pending.id.shape[0] == 0:
        return np.zeros(ids.shape[0], dtype=np.int64), np.zeros(ids.shape[0], dtype=np.bool_)
    place = np.minimum(np.searchsorted(pending.id, ids), pending.id.shape[0] - 1)
    found: Booleans = (pending.id[place] == ids) & ~pending.known[place]
    return place.astype(np.int64), found


def _checked(rewards: Rewards) -> Rewards:
    ids = checks.codes("rewards.id", rewards.id, _LARGEST_ID)
    count = ids.shape[0]
    refuse_repeated("rewards.id", ids)
    reward = _column("rewards.reward", rewards.reward, count)
    margin = reward if rewards.margin is None else _column("rewards.margin", rewards.margin, count)
    cost = None
    if rewards.cost is not None:
        cost = checks.floats(
            "rewards.cost", rewards.cost, length=count, at_least=0.0, allow_empty=True
        )
    return Rewards(ids, reward, margin, cost)


def _column(argument: str, values: Floats, count: int) -> Floats:
    column = checks.floats(argument, values, length=count, allow_empty=True)
    refuse_huge(argument, column, _LARGEST_REWARD)
    return column
