"""What was found about policies, as facts, tables, things to heed, and data for machines."""

from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Grid
from regulars.insights.models.bandit.computing import Judged, at_odds
from regulars.insights.models.bandit.log import Decided
from regulars.insights.phrasing import between, number, percent, plain_interval
from regulars.science.bandit.contracts import Warned


def facts_of(
    decided: Decided, logged: float, error: float, judged: tuple[Judged, ...]
) -> tuple[Fact, ...]:
    """What a reader should see first; `error` is the standard error of the `logged` mean."""
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


def estimates(judged: tuple[Judged, ...]) -> Grid:
    """Every policy by every estimator."""
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


def arms(decided: Decided) -> Grid:
    """The arms that did best in the log."""
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


def findings(decided: Decided, judged: tuple[Judged, ...]) -> list[str]:
    """What to heed in this log."""
    notes = [one.refused for one in judged if one.refused]
    notes += [
        f"The estimators contradict each other about “{one.name}”: believe none of them."
        for one in judged
        if at_odds(one)
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


def data_of(decided: Decided, logged: float, judged: tuple[Judged, ...]) -> dict[str, Any]:
    """The same for machines."""
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
