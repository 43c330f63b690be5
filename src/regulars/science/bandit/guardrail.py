"""The guardrail: an arm, or the whole policy, that earns less margin than the holdout is paused.

What is judged is the arm as it is used. A decision in which arm a had the probability p_a, the
holdout p_0, and in which the margin m was seen, contributes

    m [a was offered] - m [nothing was offered] p_a / p_0 + tolerance p_a

whose expectation given all before is p_a (m_a(x) - m_0(x) + tolerance): the margin that offering
the arm gained over offering nothing, on the very people it goes to. The sum of these terms less
their expectations is a martingale however the bandit adapts, so its mean can be looked at after
every batch: the arm is paused where the one-sided always-valid upper bound

    mean + s sqrt(2 (t q + 1) / (t^2 q) log(1 + sqrt(t q + 1) / (2 alpha)))

is below zero: the one-sided normal mixture of Howard, Ramdas, McAuliffe & Sekhon 2021
("Time-uniform, nonparametric, nonasymptotic confidence sequences", section 3.2) with the standard
deviation s of the terms estimated, which is an asymptotic confidence sequence (Waudby-Smith,
Arbour, Sinha, Kennedy & Ramdas 2021, "Time-uniform central limit theory"); q is tuned to be about
tightest at the first look. The guard level is divided among the arms and the policy as a whole.
When an arm is paused the policy is another one: its evidence starts afresh, at most once per arm,
so that its part is divided again by arms + 1.
"""

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regulars.science.bandit.contracts import NOTHING, Arms, Evidence, Pause, Pending, Settings
from regulars.science.contracts import Floats


def add(evidence: Evidence, settings: Settings, settled: Pending) -> Evidence:
    """The running sums with the settled decisions added. Decisions without a holdout tell
    nothing of it and are left out."""
    chance = settled.probabilities
    compared = (chance[:, -1] > 0.0) & (chance[:, -1] < 1.0)
    chance, arm = chance[compared], settled.arm[compared]
    margin = settled.margin[compared]
    if arm.shape[0] == 0:
        return evidence
    arms = chance[:, :-1]
    nothing = arm == NOTHING
    offered = np.zeros_like(arms)
    rows = np.flatnonzero(~nothing)
    offered[rows, arm[rows]] = 1.0
    against = np.where(nothing, margin / chance[:, -1], 0.0)
    terms = margin[:, None] * offered - arms * against[:, None] + settings.guard_tolerance * arms
    whole: Floats = terms.sum(axis=1)
    possible = arms > 0.0
    anything = np.asarray(possible.any(axis=1))
    return Evidence(
        evidence.rows + _and_whole(possible, anything),
        evidence.total + _and_whole(terms, whole),
        evidence.squares + _and_whole(np.square(terms), np.square(whole)),
        evidence.treated + _and_whole(offered, ~nothing),
        evidence.held + _and_whole(possible & nothing[:, None], nothing),
    )


def look(
    arms: Arms, settings: Settings, evidence: Evidence
) -> tuple[Arms, Evidence, tuple[Pause, ...]]:
    """Pause what the bound is below zero for; pauses that stand already are not told again."""
    mean, upper = bounds(settings, evidence)
    enough = evidence.rows >= settings.guard_rows
    enough &= np.minimum(evidence.held, evidence.treated) >= settings.guard_each
    harmful = enough & (upper < 0.0)
    fresh = np.flatnonzero(harmful & ~np.append(arms.paused, arms.all_paused))
    if fresh.size == 0:
        return arms, evidence, ()
    last = harmful.shape[0] - 1
    pauses = tuple(
        Pause(
            NOTHING if place == last else int(place),
            float(mean[place]),
            float(upper[place]),
            int(evidence.rows[place]),
        )
        for place in fresh
    )
    stopped = replace(
        arms,
        paused=arms.paused | harmful[:-1],
        all_paused=arms.all_paused or bool(harmful[-1]),
    )
    return stopped, evidence if harmful[-1] else forgotten(evidence, last), pauses


def forgotten(evidence: Evidence, place: int) -> Evidence:
    """The sums without those of one arm, or (the last place) of the policy."""
    kept = np.arange(evidence.rows.shape[0]) != place
    return Evidence(
        *(getattr(evidence, column.name) * kept for column in fields(Evidence)),
    )


def bounds(settings: Settings, evidence: Evidence) -> tuple[Floats, Floats]:
    """Mean margin against the holdout per decision, tolerance included, and its always-valid upper
    bound; float64 (arms + 1,), the policy last. Without rows: 0 and infinity."""
    rows = np.maximum(evidence.rows, 1.0)
    mean: Floats = evidence.total / rows
    deviation = np.sqrt(np.maximum(evidence.squares / rows - mean**2, 0.0))
    hypotheses = evidence.rows.shape[0]
    level = np.full(hypotheses, settings.guard_level / hypotheses)
    level[-1] /= hypotheses
    log_level = -2.0 * np.log(2.0 * level)
    tuned = (log_level + np.log(log_level) + 1.0) / settings.guard_rows
    spread = rows * tuned + 1.0
    width = np.sqrt(2.0 * spread / (rows**2 * tuned) * np.log1p(np.sqrt(spread) / (2.0 * level)))
    upper: Floats = np.where(evidence.rows > 0.0, mean + deviation * width, np.inf)
    return mean, upper


def _and_whole(per_arm: NDArray[Any], whole: NDArray[Any]) -> Floats:
    summed = np.append(per_arm.sum(axis=0), whole.sum())
    return summed.astype(np.float64)
