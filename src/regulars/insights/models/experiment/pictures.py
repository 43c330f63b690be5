"""The pictures of an experiment: differences, how they came about over time, and group sizes."""

from typing import Any

import numpy as np

from regulars.insights.contracts import Grid, Plot
from regulars.insights.drawing import charts
from regulars.insights.models.experiment.computing import Comparison, Found
from regulars.insights.phrasing import between, listed, number
from regulars.insights.trials import Trial
from regulars.science.experiment.contracts import Monitoring


def plots_of(trial: Trial, found: Found) -> tuple[Plot, ...]:
    """All pictures: each outcome, each group over time, the sizes of the groups."""
    plots = [
        _forest(f"effect-{place}", name, [one for one in found.comparisons if one.outcome == name])
        for place, name in enumerate(trial.outcomes)
        if any(one.outcome == name for one in found.comparisons)
    ]
    plots += [
        _over_time(trial, f"time-{place}", group, watched)
        for place, (group, watched) in enumerate(found.monitored)
    ]
    plots.append(_sizes(trial, found))
    return tuple(plots)


def _forest(name: str, outcome: str, comparisons: list[Comparison]) -> Plot:
    names: list[str] = []
    intervals = []
    for one in comparisons:
        names.append(one.group)
        intervals.append(one.effect.difference)
        if one.adjusted is not None:
            names.append("… less noise")
            intervals.append(one.adjusted.effect.difference)
    return Plot(
        name,
        f"Difference in {outcome}",
        "A line that does not touch the dashed one is an effect at this confidence; its length is "
        "what is still unknown.",
        listed(f"Differences from the control in {outcome}", names, map(between, intervals)),
        lambda axes: charts.intervals(
            axes, names, [one.value for one in intervals], [one.low for one in intervals],
            [one.high for one in intervals], x_label=f"{outcome} per unit, less the control's",
            reference=0.0,
        ),
        height=1.5 + 0.32 * len(names),
    )  # fmt: skip


def _over_time(trial: Trial, name: str, group: str, watched: Monitoring) -> Plot:
    ready = np.isfinite(watched.low) & np.isfinite(watched.high)
    seen, estimate = watched.seen[ready], watched.estimate[ready]
    spans = {
        "difference": charts.Span(watched.low[ready], watched.high[ready]),
    }
    outcome = next(iter(trial.outcomes))

    def draw(axes: Any) -> None:
        charts.curves(axes, seen, {"difference": estimate}, spans=spans,
                      x_label="units seen", y_label=f"difference in {outcome}")  # fmt: skip
        charts.level(axes, 0.0)
        charts.limits_of(axes, seen, watched.fixed_low[ready], watched.fixed_high[ready],
                         "for one look only")  # fmt: skip

    return Plot(
        name,
        f"{group}: the interval over time",
        "As soon as the shaded band leaves the dashed zero it may be acted on, however often it "
        "was looked at; the dotted lines are valid at one look only.",
        f"Estimate and always-valid interval of {group} at {len(seen)} looks; at the end "
        f"{number(float(watched.estimate[-1]))}, {number(float(watched.low[-1]))} to "
        f"{number(float(watched.high[-1]))}.",
        draw,
        Grid(
            "Looks",
            ("units", "difference", "from", "to"),
            tuple(
                (f"{count:,}", number(float(value)), number(float(low)), number(float(high)))
                for count, value, low, high in zip(
                    seen, estimate, watched.low[ready], watched.high[ready], strict=True
                )
            ),
        ),
    )


def _sizes(trial: Trial, found: Found) -> Plot:
    return Plot(
        "sizes",
        "Units in each group",
        "Each pair of bars should be of one length; if not by chance, the assignment is broken and "
        "everything above with it.",
        "Units in each group, counted and planned.",
        lambda axes: charts.paired_bars_down(
            axes,
            trial.groups,
            {"counted": found.mismatch.observed, "planned": found.mismatch.expected},
        ),
    )
