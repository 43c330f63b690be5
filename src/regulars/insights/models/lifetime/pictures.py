"""The pictures of lifetimes: how the forecast met what came, and what is to come."""

from typing import Any

import numpy as np

from regulars.insights.contracts import Floats, Grid, Plot
from regulars.insights.drawing import charts
from regulars.insights.models.lifetime.computing import Backtest, Now
from regulars.insights.orders import Shop, day_text
from regulars.insights.phrasing import number, percent
from regulars.science.lifetime import facade as lifetime


def plots_of(shop: Shop, backtest: Backtest, now: Now) -> tuple[Plot, ...]:
    """All pictures, those of the second part first."""
    plots = [*_tracking(backtest), _by_class(backtest), _frequencies(backtest), _heat(now)]
    plots.append(_cohorts(shop, backtest))
    if now.spend is not None:
        plots.append(_deciles(now.value.value))
    return tuple(plots)


def _tracking(backtest: Backtest) -> list[Plot]:
    track = backtest.tracking
    end = track.calibration_end
    weekly = {"ordered": track.observed, "expected": track.expected}
    summed = {"ordered": track.observed_cumulative, "expected": track.expected_cumulative}
    grid = Grid(
        "Repeat orders by week",
        ("until week", "ordered", "expected", "ordered so far", "expected so far"),
        tuple(
            tuple(number(float(value)) for value in row)
            for row in zip(track.time, *weekly.values(), *summed.values(), strict=True)
        ),
    )
    last = f"{track.observed_cumulative[-1]:,.0f} against {track.expected_cumulative[-1]:,.0f}"

    def draw(axes: Any, series: dict[str, Floats], label: str) -> None:
        charts.curves(axes, track.time, series, x_label="weeks since the first order",
                      y_label=label)  # fmt: skip
        axes.set_ylim(bottom=0)
        charts.mark(axes, end, "forecast from here")

    return [
        Plot(
            "tracking", "Repeat orders so far",
            "The two lines should lie on each other; right of the mark the model has not seen "
            "what happened.",
            f"Cumulative repeat orders, ordered and expected; at the end {last}.",
            lambda axes: draw(axes, summed, "repeat orders so far"), grid,
        ),
        Plot(
            "weekly", "Repeat orders by week",
            "Peaks that the dashed line does not follow are seasons and campaigns, which the "
            "model does not know.",
            "Repeat orders in each period, ordered and expected.",
            lambda axes: draw(axes, weekly, "repeat orders"),
        ),
    ]  # fmt: skip


def _class_names(frequency: Any) -> list[str]:
    names = [f"{value:.0f}" for value in frequency]
    return [*names[:-1], f"{names[-1]}+"]


def _by_class(backtest: Backtest) -> Plot:
    report = backtest.report
    names = _class_names(report.frequency)
    series = {"ordered": report.observed_mean, "expected": report.expected_mean}
    return Plot(
        "classes",
        "Orders in the second part, by repeat orders in the first",
        "Each pair of bars should be of one height: the model then knows the rare and the frequent "
        "customers alike.",
        "Mean orders in the second part, ordered and expected, for customers by their number of "
        "repeat orders in the first part.",
        lambda axes: charts.paired_bars(
            axes, names, series, x_label="repeat orders in the first part",
            y_label="orders per customer",
        ),
        Grid(
            "Second part by class",
            ("repeat orders", "customers", "ordered", "expected"),
            tuple(
                (name, f"{count:,}", number(float(seen)), number(float(said)))
                for name, count, seen, said in zip(
                    names, report.customers, *series.values(), strict=True
                )
            ),
        ),
    )  # fmt: skip


def _frequencies(backtest: Backtest) -> Plot:
    classes = backtest.classes
    names = _class_names(classes.frequency)
    series = {"customers": classes.observed, "model": classes.expected}
    return Plot(
        "frequencies",
        "How often customers came back in the first part",
        "Bars of one height say that the model describes the period that it was fitted on; no "
        "forecast is tested here.",
        "Customers by number of repeat orders, counted and by the model.",
        lambda axes: charts.paired_bars(
            axes, names, series, x_label="repeat orders", y_label="customers"
        ),
        Grid(
            "Customers by repeat orders",
            ("repeat orders", "customers", "model"),
            tuple(
                (name, f"{seen:,}", number(float(said)))
                for name, seen, said in zip(names, *series.values(), strict=True)
            ),
        ),
    )


def _heat(now: Now) -> Plot:
    """P(alive) by frequency and recency for customers as old as the oldest."""
    age = float(now.histories.age.max())
    frequent = now.histories.frequency
    most = int(np.clip(np.quantile(frequent[frequent > 0], 0.98), 4, 20))
    frequency = np.arange(1, most + 1)
    quiet = np.linspace(0.0, age * 0.95, 16)
    grid_frequency, grid_quiet = np.meshgrid(frequency, quiet)
    flat = lifetime.histories(
        grid_frequency.ravel(), age - grid_quiet.ravel(), np.full(grid_quiet.size, age)
    )
    alive = lifetime.score(now.fit, flat, 1.0).alive.reshape(grid_quiet.shape)
    rows = [f"{weeks:.0f}" for weeks in quiet]
    columns = [str(value) for value in frequency]
    return Plot(
        "alive",
        "Probability of still being a customer",
        "The fuller the cell, the surer; who used to order often and has been silent for long is "
        "the likeliest to have left.",
        f"P(alive) of customers of {age:.0f} weeks, by repeat orders and weeks of silence; from "
        f"{percent(float(alive.min()), 0)} to {percent(float(alive.max()), 0)}.",
        lambda axes: charts.heat_map(
            axes, alive, rows=rows, columns=columns, x_label="repeat orders so far",
            y_label="weeks since the last order",
        ),
        Grid(
            "P(alive)",
            ("weeks silent", *columns),
            tuple(
                (name, *(percent(float(value), 0) for value in line))
                for name, line in zip(rows, alive, strict=True)
            ),
        ),
    )  # fmt: skip


def _cohorts(shop: Shop, backtest: Backtest) -> Plot:
    drift = backtest.drift
    kept = np.isfinite(drift.low) & np.isfinite(drift.high)
    names = [day_text(shop.first_day + start * 7.0) for start in drift.start[kept]]
    ratio, low, high = drift.ratio[kept], drift.low[kept], drift.high[kept]
    return Plot(
        "cohorts",
        "Orders in the second part over expected, by when customers came",
        "A line that leaves out 1 is a cohort that behaves differently from the customers that the "
        "model was fitted on.",
        f"Ratio of orders done to expected for {len(names)} cohorts, with 95% intervals.",
        lambda axes: charts.intervals(
            axes, names, ratio, low, high, x_label="orders done / expected", reference=1.0
        ),
        Grid(
            "Cohorts",
            ("came from", "customers", "done / expected", "low", "high"),
            tuple(
                (name, f"{count:,}", *(number(float(value)) for value in row))
                for name, count, *row in zip(
                    names, drift.customers[kept], ratio, low, high, strict=True
                )
            ),
        ),
    )


def _deciles(value: Floats) -> Plot:
    ordered = np.sort(value)[::-1]
    parts = [float(part.sum()) for part in np.array_split(ordered, 10)]
    shares = np.array(parts) / max(float(ordered.sum()), 1e-12)
    names = [f"{place}" for place in range(1, 11)]
    return Plot(
        "deciles",
        "Who the value to come is with",
        "The first bar is the tenth of customers with most to come: the higher it is, the more "
        "depends on few.",
        f"Share of the expected value by tenth of customers; the first tenth holds "
        f"{percent(float(shares[0]))}.",
        lambda axes: charts.paired_bars(
            axes, names, {"share": shares * 100}, x_label="tenths of customers, most to come first",
            y_label="% of the value to come",
        ),
        Grid("Value by tenth", ("tenth", "share"),
             tuple((name, percent(float(share))) for name, share in zip(names, shares,
                                                                       strict=True))),
    )  # fmt: skip
