"""The table of the science's figures: value, what a peer reached, and what it must be at least.

`reference` is the best peer's value (or the published one that `detail` names), `ratio` how ours
compares with it; `low` and `high` are an interval or a range over runs, which `detail` says.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.report import Figure, Goal

OUT = Path(__file__).parents[1] / "out" / "science.json"


def _at_least(least: float) -> Goal:
    return Goal(least, least)


def _at_most(most: float) -> Goal:
    return Goal(most, most, lower_is_better=True)


GOALS: dict[str, Goal] = {
    "bgnbd_fit_cdnow": _at_most(0.2),
    "bgnbd_fit_1m": _at_most(1.5),
    "bgnbd_speedup_1m": _at_least(8.0),
    "bgnbd_likelihood_gap": _at_most(1e-6),
    "bgnbd_score_1m": _at_most(0.5),
    "recommend_recall_all": _at_least(0.162),
    "recommend_ndcg_all": _at_least(0.353),
    "recommend_recall_new": _at_least(0.063),
    "recommend_ndcg_new": _at_least(0.107),
    "bandit_decisions": _at_least(10_000),
    "bandit_reward_share": _at_least(0.95),
    "churn_auc": _at_least(0.765),
    "churn_brier": _at_most(0.160),
    "churn_calibration": _at_most(0.015),
    "uplift_qini": _at_least(0.0070),
    "cuped_reduction": _at_least(0.40),
}
"""What must come out; figures without a goal are told as they are."""


def verdict(figure: Figure) -> str:
    """How a figure stands against its goal, in a word."""
    goal = GOALS.get(figure.figure)
    if goal is None:
        return ""
    if figure.detail.startswith("skipped: "):
        return "skipped"
    if goal.lower_is_better:
        return "met" if figure.value <= goal.least else "MISSED"
    return "met" if figure.value >= goal.least else "MISSED"


def skipped(figure: str, reason: str) -> Figure:
    """A figure that could not be measured here."""
    return Figure(figure, 0.0, "", detail=f"skipped: {reason}")


def in_order(figures: Sequence[Figure]) -> list[Figure]:
    """Those with a goal first, in the order of the goals; the others after them as they came."""
    order = {name: place for place, name in enumerate(GOALS)}
    return sorted(figures, key=lambda one: order.get(one.figure, len(order)))


def table(figures: Sequence[Figure]) -> str:
    """The figures in columns, for people, and below them what each was measured on."""
    rows = [("figure", "value", "unit", "range", "peer", "ratio", "goal", "")]
    rows += [_row(one) for one in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths[:-1]))
    details = [f"{one.figure}: {one.detail}" for one in figures if one.detail]
    return "\n".join([*lines, "", *details])


def _row(one: Figure) -> tuple[str, ...]:
    goal = GOALS.get(one.figure)
    sign = "" if goal is None else "<=" if goal.lower_is_better else ">="
    return (
        one.figure,
        number(one.value),
        one.unit,
        f"{number(one.low)} - {number(one.high)}" if one.low or one.high else "",
        number(one.reference) if one.reference else "",
        number(one.ratio) if one.ratio else "",
        f"{sign} {number(goal.least)}" if goal is not None else "",
        verdict(one),
    )


def number(value: float) -> str:
    """Four significant digits, whole above a thousand."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
