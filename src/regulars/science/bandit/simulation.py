"""A made-up audience, to see how a bandit would do before anyone is shown anything.

Contexts are standard normal. An arm's expected reward is linear in the context, or the probability
of a click that is logistic in it (which the linear model only approximates). The bandit meets the
audience in batches, with rewards that arrive later; what the best arm would have brought is known.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from regulars.science import checks
from regulars.science.bandit.begin import begin
from regulars.science.bandit.choose import choose
from regulars.science.bandit.contracts import NOTHING, Budget, Log, Rewards, Settings, State
from regulars.science.bandit.learn import learn
from regulars.science.bandit.record import record
from regulars.science.contracts import Floats

Kind = Literal["clicks", "linear"]


@dataclass(frozen=True, slots=True)
class World:
    """Expected rewards: `coefficients` (arms, features) and `constants` (arms,), taken as they are
    ("linear", plus normal noise of `noise`) or as the logit of a click ("clicks")."""

    kind: Kind
    coefficients: Floats
    constants: Floats
    noise: float = 1.0

    def means(self, contexts: Floats) -> Floats:
        """Expected reward of every arm, float64 (n, arms)."""
        scores = contexts @ self.coefficients.T + self.constants
        answer: Floats = scores if self.kind == "linear" else 1.0 / (1.0 + np.exp(-scores))
        return answer

    def rewards(self, means: Floats, rng: np.random.Generator) -> Floats:
        """What comes of decisions with these expected rewards."""
        if self.kind == "linear":
            return means + self.noise * rng.standard_normal(means.shape)
        clicks: Floats = (rng.random(means.shape) < means).astype(np.float64)
        return clicks


@dataclass(frozen=True, slots=True)
class Played:
    """How it went. `reward`, `best`: float64 (decisions,), the expected reward of what was chosen
    and of the best arm. `log`: what an evaluation would be given, offers only. `contexts`: of the
    log's rows. `state`: at the end."""

    reward: Floats
    best: Floats
    log: Log
    contexts: Floats
    state: State

    def share(self, since: float = 0.5) -> float:
        """Reward as a share of the best possible, in the part of the decisions after `since`."""
        start = int(since * self.reward.shape[0])
        return float(self.reward[start:].sum() / self.best[start:].sum())


def make_world(kind: Kind, arms: int, features: int, *, seed: int, level: float = 0.0) -> World:
    """An audience drawn at random: coefficients that give an arm's score a standard deviation of 1
    over contexts, constants of .3 around `level`."""
    checks.number("arms", arms, at_least=1)
    checks.number("features", features, at_least=1)
    checks.number("level", level)
    rng = checks.generator(seed)
    coefficients = rng.standard_normal((arms, features)) / np.sqrt(features)
    constants = level + 0.3 * rng.standard_normal(arms)
    return World(kind, coefficients, constants)


def play(
    world: World,
    settings: Settings,
    *,
    decisions: int,
    seed: int,
    batch: int = 100,
    batches_per_day: float = 10.0,
    delay_days: float = 0.0,
    costs: Floats | None = None,
    budget: Budget | None = None,
    change: World | None = None,
) -> Played:
    """Let a bandit meet the audience; `change` is the audience in the second half, where it is
    another. Rewards arrive `delay_days` after the decision; the margin is the reward."""
    checks.number("batch", batch, at_least=1)
    checks.number("decisions", decisions, at_least=batch)
    checks.number("batches_per_day", batches_per_day, above=0.0)
    checks.number("delay_days", delay_days, at_least=0.0)
    for one in (world, change or world):
        arms, features = checks.matrix("world.coefficients", one.coefficients).shape
        checks.floats("world.constants", one.constants, length=arms)
        checks.number("world.noise", one.noise, at_least=0.0)
    rng = checks.generator(seed, 1)
    paid = np.zeros(arms) if costs is None else costs
    state = begin(settings, paid, seed=seed, budget=budget)
    chosen, best = np.empty(decisions), np.empty(decisions)
    arm, propensity = np.empty(decisions, dtype=np.int64), np.empty(decisions)
    seen, come = np.empty((decisions, features)), np.empty(decisions)
    chance_of_offer = 1.0 - settings.holdout_share
    waiting: list[tuple[float, Rewards]] = []
    for start in range(0, decisions, batch):
        rows = slice(start, min(start + batch, decisions))
        day = start / batch / batches_per_day
        now = change if change is not None and start >= decisions // 2 else world
        contexts = rng.standard_normal((rows.stop - rows.start, features))
        ids = np.arange(rows.start, rows.stop)
        made = choose(state, contexts, ids, day=day, seed=start)
        state = record(state, made)
        means = now.means(contexts)
        # Nothing offered brings nothing.
        means_with_nothing = np.concatenate([means, np.zeros((ids.shape[0], 1))], axis=1)
        expected = means_with_nothing[np.arange(ids.shape[0]), made.arm]
        rewards = np.where(made.arm == NOTHING, 0.0, now.rewards(expected, rng))
        waiting.append((day + delay_days, Rewards(ids, rewards)))
        while waiting and waiting[0][0] <= day:
            state = learn(state, waiting.pop(0)[1], day=day).state
        chosen[rows], best[rows] = expected, means.max(axis=1)
        arm[rows], propensity[rows] = made.arm, made.propensity
        seen[rows], come[rows] = contexts, rewards
    offered = arm != NOTHING
    given_an_offer = np.minimum(propensity[offered] / chance_of_offer, 1.0)
    log = Log(arm[offered], come[offered], given_an_offer)
    return Played(chosen, best, log, seen[offered], state)
