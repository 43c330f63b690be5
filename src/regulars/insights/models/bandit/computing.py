"""Computing what other ways of choosing would have brought.

Every policy is judged on the logged rows by several estimators; the intervals and warnings say how
far the log can speak for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regulars.insights.contracts import Floats, Tell
from regulars.insights.errors import Unfit
from regulars.insights.models.bandit.log import Decided
from regulars.science.bandit import facade as bandit
from regulars.science.bandit.contracts import Estimate, Log
from regulars.science.errors import ScienceRefused


@dataclass(frozen=True, slots=True)
class BanditOptions:
    """`floor` is the chance of each arm that the learnt policy keeps; `target` is a second log
    whose way of choosing is judged on the first; `seed` parts the log."""

    floor: float = 0.01
    target: Path | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """One policy with its estimates, those that could be made."""

    name: str
    estimates: tuple[Estimate, ...]
    refused: str
    truth: float | None


def judge(
    decided: Decided, target: Decided | None, options: BanditOptions, tell: Tell
) -> tuple[Judged, ...]:
    """Judge three policies that every log allows, and the target's where one is given; `Unfit`
    where the target chose what the log never did."""
    tell("learning rewards", 0, 2)
    arms = len(decided.arms)
    contexts = _with_position(decided)
    expected = bandit.expected_rewards(contexts, decided.log, arms, seed=options.seed)
    uniform = np.full((len(decided.log.arm), arms), 1.0 / arms)
    policies: list[tuple[str, Floats, float | None]] = [
        ("each arm alike", uniform, None),
        ("the best arm on average", _best_on_average(decided, options), None),
        ("the best arm for the context", _greedy(expected, options.floor), None),
    ]
    if target is not None:
        truth = float(target.log.reward.mean())
        policies.append((f"as in {target.name}", _as_in(target, decided), truth))
    tell("judging policies", 1, 2)
    return tuple(
        _judge_one(name, decided.log, policy, expected, truth, options.seed)
        for name, policy, truth in policies
    )


def at_odds(one: Judged) -> bool:
    """Whether the estimators that weigh rows contradict each other. The direct one is left out: its
    interval takes the model for the truth."""
    weighed = [estimate.value for estimate in one.estimates if estimate.method != "direct"]
    return any(
        abs(first.value - other.value) > max(first.high - first.low, other.high - other.low) / 2
        for first in weighed
        for other in weighed
    )


def _with_position(decided: Decided) -> Floats:
    """The context with the position, which changes rewards whatever is shown there."""
    places = [
        (decided.position == place).astype(np.float64) for place in range(1, len(decided.positions))
    ]
    columns = np.column_stack([decided.contexts, *places]) if places else decided.contexts
    if not columns.shape[1]:
        return np.zeros((len(decided.log.arm), 1))
    return columns.astype(np.float64)


def _greedy(expected: Floats, floor: float) -> Floats:
    """The arm of the largest expected reward, with a floor under every other."""
    rows, arms = expected.shape
    kept = min(floor, 1.0 / arms)
    policy = np.full((rows, arms), kept)
    policy[np.arange(rows), expected.argmax(axis=1)] += 1.0 - kept * arms
    return policy


def _best_on_average(decided: Decided, options: BanditOptions) -> Floats:
    """The arm with the best weighted mean reward in the other half of the log, for each half."""
    rows, arms = len(decided.log.arm), len(decided.arms)
    half = np.random.default_rng(options.seed).permutation(rows) % 2
    kept = min(options.floor, 1.0 / arms)
    policy = np.full((rows, arms), kept)
    for mine in (0, 1):
        other = half != mine
        weights = 1.0 / decided.log.propensity[other]
        arm, reward = decided.log.arm[other], decided.log.reward[other]
        total = np.bincount(arm, weights=weights, minlength=arms)
        gained = np.bincount(arm, weights=weights * reward, minlength=arms)
        # An arm that was hardly shown is pulled towards the mean of all.
        prior = float(weights.sum()) / arms
        mean = (gained + prior * float(reward.mean())) / (total + prior)
        policy[half == mine, int(mean.argmax())] += 1.0 - kept * arms
    return policy


def _as_in(target: Decided, decided: Decided) -> Floats:
    """How often the other log chose each arm at each position, as a policy for these rows."""
    place_of = {label: place for place, label in enumerate(decided.arms)}
    unknown = [label for label in target.arms if label not in place_of]
    if unknown:
        raise Unfit(
            f"{target.name} has the arm {unknown[0]}, which {decided.name} never chose",
            "Judge a policy on a log that has made all of its choices.",
        )
    shares = np.zeros((len(decided.positions), len(decided.arms)))
    spots = {label: place for place, label in enumerate(decided.positions)}
    for code, label in enumerate(target.positions):
        if label in spots:
            there = target.position == code
            arms = np.array([place_of[name] for name in target.arms])[target.log.arm[there]]
            shares[spots[label]] = np.bincount(arms, minlength=len(decided.arms))
    totals = shares.sum(axis=1, keepdims=True)
    if (totals == 0).any():
        raise Unfit(
            f"{target.name} has no decision at some position of {decided.name}",
            "Give two logs of the same positions.",
        )
    policy: Floats = (shares / totals)[decided.position]
    return policy


def _judge_one(
    name: str, log: Log, policy: Floats, expected: Floats, truth: float | None, seed: int
) -> Judged:
    estimators: tuple[Callable[[], Estimate], ...] = (
        lambda: bandit.inverse_propensity(log, policy, seed=seed),
        lambda: bandit.self_normalised(log, policy, seed=seed),
        lambda: bandit.direct(policy, expected, seed=seed),
        lambda: bandit.doubly_robust(log, policy, expected, seed=seed),
    )
    found, refused = [], ""
    for estimate in estimators:
        try:
            found.append(estimate())
        except ScienceRefused as reason:
            refused = f"{name}: {reason}. {reason.next_step}"
    return Judged(name, tuple(found), refused, truth)
