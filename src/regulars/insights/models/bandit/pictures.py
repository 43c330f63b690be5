"""The pictures of policies: what each would have brought, and what speaks for it."""

from typing import Any

import numpy as np

from regulars.insights.contracts import Plot
from regulars.insights.drawing import charts
from regulars.insights.models.bandit.computing import Judged
from regulars.insights.models.bandit.log import Decided
from regulars.insights.phrasing import between, listed, number


def plots_of(decided: Decided, logged: float, judged: tuple[Judged, ...]) -> tuple[Plot, ...]:
    """All pictures: each policy that could be judged, then the log itself."""
    plots = [
        _forest(f"policy-{place}", one, logged) for place, one in enumerate(judged) if one.estimates
    ]
    return (*plots, _effective(decided, judged), _over_time(decided, logged))


def _forest(name: str, one: Judged, logged: float) -> Plot:
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


def _effective(decided: Decided, judged: tuple[Judged, ...]) -> Plot:
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
