"""`bandit`: what other ways of choosing would have brought, from a log of decisions made by chance.

Every policy is judged on the logged rows by several estimators; the intervals and warnings say how
far the log can speak for it. The log has to hold the probability with which each choice was made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from regulars.insights.contracts import Coded, Fact, Floats, Grid, Insight, Integers, Plot, Tell
from regulars.insights.drawing import charts
from regulars.insights.errors import Unfit
from regulars.insights.mapping import Mapping, require
from regulars.insights.models.features import feature_matrix
from regulars.insights.phrasing import between, listed, number, percent, plain_interval
from regulars.insights.reading import Wanted, read_rows
from regulars.science.bandit import facade as bandit
from regulars.science.bandit.contracts import Estimate, Log, Warned
from regulars.science.errors import ScienceRefused

_LIMITS = (
    "It can only speak of choices that the log made too: what was never tried, or hardly ever, has "
    "no value here, however good it may be.",
    "The propensities have to be the true ones, written down when the choice was made. Made up "
    "afterwards they give any answer.",
    "Each decision is judged alone. A policy that tires people or fills a shelf has effects that "
    "no single row shows.",
    "A policy that was made to look good on these rows looks better than it is; those that learn "
    "from the log are judged on rows that they had not seen.",
)


@dataclass(frozen=True, slots=True)
class BanditOptions:
    """`floor` is the chance of each arm that the learnt policy keeps; `target` is a second log
    whose way of choosing is judged on the first; `seed` parts the log."""

    floor: float = 0.01
    target: Path | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Decided:
    """A log as a file tells it: `log` for the estimators, `arms` names, `position` (n,) codes from
    0 where the file has several places, `contexts` float64 (n, k), k may be 0."""

    name: str
    log: Log
    arms: tuple[str, ...]
    position: Integers
    positions: tuple[str, ...]
    contexts: Floats


@dataclass(frozen=True, slots=True)
class _Judged:
    """One policy with its estimates, those that could be made."""

    name: str
    estimates: tuple[Estimate, ...]
    refused: str
    truth: float | None


def read_log(path: Path, mapping: Mapping, command: str) -> Decided:
    """The decisions in a file, sorted by time where it has one."""
    require(mapping, command, "action", "reward", "propensity")
    columns = mapping.columns
    wanted = [
        Wanted("action", columns.action or "", "word"),
        Wanted("reward", columns.reward or "", "number"),
        Wanted("propensity", columns.propensity or "", "number"),
        *(Wanted("features", name, "feature") for name in columns.features),
    ]
    if columns.time is not None:
        wanted.append(Wanted("time", columns.time, "day"))
    if columns.position is not None:
        wanted.append(Wanted("position", columns.position, "word"))
    rows = read_rows(path, mapping, wanted)
    order = np.arange(rows.count)
    if "time" in rows.numbers:
        order = np.argsort(rows.numbers["time"], kind="stable")
    nowhere = Coded(np.zeros(rows.count, dtype=np.int64), ("",))
    position, action = rows.words.get("position", nowhere), rows.words["action"]
    contexts, _ = feature_matrix(rows)
    return Decided(
        rows.name,
        Log(
            action.codes[order],
            rows.numbers["reward"][order],
            rows.numbers["propensity"][order],
        ),
        action.labels,
        position.codes[order],
        position.labels,
        contexts[order],
    )


def bandit_insight(
    decided: Decided, target: Decided | None, options: BanditOptions, tell: Tell
) -> Insight:
    """What other policies would have brought on the log."""
    judged = _judged(decided, target, options, tell)
    logged = float(decided.log.reward.mean())
    error = float(decided.log.reward.std(ddof=1) / np.sqrt(len(decided.log.reward)))
    answered = [one for one in judged if one.estimates]
    if not answered:
        raise Unfit(judged[0].refused, "Look at the propensities and the rewards of the log.")
    trusted = [one for one in answered if not _at_odds(one)] or answered
    best = max(trusted, key=lambda one: one.estimates[-1].value.value)
    value = best.estimates[-1].value
    sure = "more" if value.low > logged else "not surely more"
    summary = (
        f"The logged choices brought {number(logged)} per decision. Of the policies looked at, "
        f"“{best.name}” would have brought {number(value.value)} ({between(value)}), which is "
        f"{sure}."
    )
    return Insight(
        "bandit",
        "What other choices would have brought",
        summary,
        f"{decided.name}: {len(decided.log.arm):,} decisions among {len(decided.arms):,} arms",
        _facts(decided, logged, error, judged),
        (_estimates(judged), _arms(decided)),
        _plots(decided, logged, judged),
        (*_findings(decided, judged), *_LIMITS),
        _data(decided, logged, judged),
    )


def _at_odds(one: _Judged) -> bool:
    """Whether the estimators that weigh rows contradict each other. The direct one is left out: its
    interval takes the model for the truth."""
    weighed = [estimate.value for estimate in one.estimates if estimate.method != "direct"]
    return any(
        abs(first.value - other.value) > max(first.high - first.low, other.high - other.low) / 2
        for first in weighed
        for other in weighed
    )


def _judged(
    decided: Decided, target: Decided | None, options: BanditOptions, tell: Tell
) -> tuple[_Judged, ...]:
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
        _judge(name, decided.log, policy, expected, truth, options.seed)
        for name, policy, truth in policies
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


def _judge(
    name: str, log: Log, policy: Floats, expected: Floats, truth: float | None, seed: int
) -> _Judged:
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
    return _Judged(name, tuple(found), refused, truth)


def _facts(
    decided: Decided, logged: float, error: float, judged: tuple[_Judged, ...]
) -> tuple[Fact, ...]:
    facts = [
        Fact("Decisions", f"{len(decided.log.arm):,}", f"among {len(decided.arms)} arms"),
        Fact("As logged", number(logged), f"per decision, ± {number(1.96 * error)}"),
        Fact(
            "Least probable choice",
            percent(float(decided.log.propensity.min()), 2),
            "that was logged: one row counts for as many as its inverse",
        ),
    ]
    for one in judged:
        if one.estimates:
            last = one.estimates[-1]
            facts.append(
                Fact(
                    one.name.capitalize(),
                    number(last.value.value),
                    f"{between(last.value)}; {last.effective_rows:,.0f} rows speak for it"
                    + (f"; it really got {number(one.truth)}" if one.truth is not None else ""),
                )
            )
    return tuple(facts)


def _estimates(judged: tuple[_Judged, ...]) -> Grid:
    return Grid(
        "What each policy would have brought, per decision",
        ("policy", "estimator", "value", "from", "to", "effective rows", "mean weight",
         "to heed"),
        tuple(
            (
                one.name,
                estimate.method.replace("_", " "),
                number(estimate.value.value, 4),
                number(estimate.value.low),
                number(estimate.value.high),
                f"{estimate.effective_rows:,.0f}",
                f"{estimate.weight_mean:.2f}",
                ", ".join(warning.value.replace("_", " ") for warning in estimate.warnings) or "—",
            )
            for one in judged
            for estimate in one.estimates
        ),
        "The mean weight should be 1. Where estimators disagree by more than their intervals, "
        "believe none of them.",
    )  # fmt: skip


def _arms(decided: Decided) -> Grid:
    counts = np.bincount(decided.log.arm, minlength=len(decided.arms))
    gained = np.bincount(decided.log.arm, weights=decided.log.reward, minlength=len(decided.arms))
    order = np.argsort(-gained / np.maximum(counts, 1), kind="stable")[:10]
    return Grid(
        "The arms with the highest mean reward",
        ("arm", "chosen", "mean reward"),
        tuple(
            (decided.arms[arm], f"{counts[arm]:,}", number(float(gained[arm] / counts[arm])))
            for arm in order
        ),
        "The best of many looks better than it is.",
    )


def _plots(decided: Decided, logged: float, judged: tuple[_Judged, ...]) -> tuple[Plot, ...]:
    plots = [
        _forest(f"policy-{place}", one, logged) for place, one in enumerate(judged) if one.estimates
    ]
    return (*plots, _effective(decided, judged), _over_time(decided, logged))


def _forest(name: str, one: _Judged, logged: float) -> Plot:
    names = [estimate.method.replace("_", " ") for estimate in one.estimates]
    shown = [estimate.value for estimate in one.estimates]

    def draw(axes: Any) -> None:
        charts.intervals(
            axes, names, [value.value for value in shown], [value.low for value in shown],
            [value.high for value in shown], x_label="reward per decision", reference=logged,
        )  # fmt: skip
        if one.truth is not None:
            charts.cross(axes, one.truth, "what it really got")

    return Plot(
        name,
        one.name.capitalize(),
        "Lines right of the dashed one, which is what was logged, say that this policy is better; "
        "estimators that do not overlap say that the log cannot tell.",
        listed(f"Estimates of {one.name}", names, map(between, shown)),
        draw,
        height=2.6,
    )


def _effective(decided: Decided, judged: tuple[_Judged, ...]) -> Plot:
    shown = [one for one in judged if one.estimates]
    names = [one.name for one in shown]
    rows = [one.estimates[0].effective_rows for one in shown]
    return Plot(
        "effective",
        "How many rows speak for each policy",
        f"Of {len(decided.log.arm):,} rows; a short bar is a policy that is too different from the "
        "log for an answer.",
        listed("Effective rows", names, [f"{count:,.0f}" for count in rows]),
        lambda axes: charts.bars_down(
            axes, names, rows, x_label="effective rows", texts=[f"{count:,.0f}" for count in rows]
        ),
        height=2.6,
    )


def _over_time(decided: Decided, logged: float) -> Plot:
    parts = np.array_split(decided.log.reward, min(20, len(decided.log.reward)))
    mean = np.array([float(part.mean()) for part in parts])
    error = np.array([float(part.std() / np.sqrt(len(part))) for part in parts])
    ends = np.cumsum([len(part) for part in parts])

    def draw(axes: Any) -> None:
        charts.curves(
            axes, ends, {"reward": mean},
            spans={"reward": charts.Span(mean - 1.96 * error, mean + 1.96 * error)},
            x_label="decisions so far", y_label="reward per decision",
        )  # fmt: skip
        charts.level(axes, logged)

    return Plot(
        "time",
        "The logged reward over time",
        "A line that drifts away from the dashed mean says that the world changed while the log "
        "was written, and that one number for all of it is doubtful.",
        f"Mean reward in {len(parts)} parts of the log, with intervals; mean {number(logged)}.",
        draw,
    )


def _findings(decided: Decided, judged: tuple[_Judged, ...]) -> list[str]:
    notes = [one.refused for one in judged if one.refused]
    notes += [
        f"The estimators contradict each other about “{one.name}”: believe none of them."
        for one in judged
        if _at_odds(one)
    ]
    seen: set[Warned] = set()
    for one in judged:
        for estimate in one.estimates:
            for warning in estimate.warnings:
                if warning not in seen and warning != Warned.MODEL_TAKEN_AS_TRUE:
                    seen.add(warning)
                    notes.append(f"{one.name.capitalize()}, {estimate.method}: {warning.words}")
    if not decided.contexts.shape[1]:
        notes.append(
            "The mapping names no features: the best arm for the context is the best one on "
            "average at each position."
        )
    return notes


def _data(decided: Decided, logged: float, judged: tuple[_Judged, ...]) -> dict[str, Any]:
    return {
        "decisions": len(decided.log.arm),
        "arms": len(decided.arms),
        "logged": logged,
        "policies": [
            {
                "policy": one.name,
                "really": one.truth,
                "estimates": [
                    {
                        "method": estimate.method,
                        **plain_interval(estimate.value),
                        "effective_rows": estimate.effective_rows,
                        "warnings": [warning.value for warning in estimate.warnings],
                    }
                    for estimate in one.estimates
                ],
            }
            for one in judged
        ],
    }
