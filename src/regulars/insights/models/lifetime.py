"""`lifetime`: who is still a customer, how many orders are to come, and what they are worth.

Fits once on the first part of the file and says how it met the rest; then fits on all of it for the
scores. Both parts are told apart everywhere.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Floats, Grid, Insight, Plot, Tell
from regulars.insights.drawing import charts
from regulars.insights.errors import Unfit
from regulars.insights.orders import Shop, day_text
from regulars.insights.phrasing import between, money, number, percent, plain, plain_interval
from regulars.science.contracts import Interval
from regulars.science.errors import ScienceRefused
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.contracts import (
    CohortDrift,
    FrequencyClasses,
    Histories,
    Holdout,
    HoldoutReport,
    PurchaseFit,
    ResidualValue,
    Scores,
    SpendFit,
    Tracking,
)

_WEEKS_PER_YEAR = 365.25 / 7.0
_LIMITS = (
    "The model knows when somebody ordered and nothing else: no season, no campaign, no price. A "
    "forecast over Christmas made from a summer is too low.",
    "Customers are taken to be independent of each other and to keep their habits until they go "
    "for good. Contracts and subscriptions end at a known moment: use a renewal rate there.",
    "BG/NBD takes who has ordered once as a customer for certain, since nobody leaves after "
    "the first order in it; read P(alive) of these by their expected orders instead.",
    "The first order in the file is taken for the customer's first of all. Where a shop is older "
    "than the file, begin with customers who are known to be new.",
    "The value per order is taken to have nothing to do with how often somebody orders. It is the "
    "value of past orders of the file, no margin, unless you gave one.",
)


@dataclass(frozen=True, slots=True)
class LifetimeOptions:
    """`cut`: last day of the first part, None for the middle of the file; `days` ahead; `margin` of
    a value is earned; `rate` discounts a year; `pareto` takes Pareto/NBD instead of BG/NBD."""

    cut: float | None = None
    days: float = 365.0
    margin: float = 1.0
    rate: float = 0.1
    pareto: bool = False


@dataclass(frozen=True, slots=True)
class _Backtest:
    """The first part's fit, and how it met the second."""

    cut: float
    fit: PurchaseFit
    report: HoldoutReport
    tracking: Tracking
    classes: FrequencyClasses
    drift: CohortDrift


@dataclass(frozen=True, slots=True)
class _Now:
    """The fit on everything, and what it says of each customer."""

    fit: PurchaseFit
    spend: SpendFit | None
    no_spend: str
    histories: Histories
    scores: Scores
    value: ResidualValue


def lifetime_insight(shop: Shop, options: LifetimeOptions, tell: Tell) -> Insight:
    """What the file says about the lifetime of its customers."""
    tell("fitting the first part", 0, 3)
    backtest = _backtest(shop, options)
    tell("fitting all of it", 1, 3)
    now = _now(shop, options)
    tell("writing it down", 2, 3)
    spendable = now.spend is not None
    total = float(now.value.value.sum())
    name = "Pareto/NBD" if options.pareto else "BG/NBD"
    summary = (
        f"{len(now.histories.customer):,} customers are expected to place "
        f"{number(float(now.scores.expected.sum()))} orders in the next {options.days:.0f} days"
        + (f", worth {money(total, shop.currency)} today" if spendable else "")
        + f". {_error_told(backtest.report)}"
    )
    return Insight(
        "lifetime",
        "How long customers stay, and what is still to come",
        summary,
        f"{shop.name}: {len(shop.orders.day):,} orders from {day_text(shop.first_day)} to "
        f"{day_text(shop.end_day - 1)}; {name}, first part until {day_text(backtest.cut)}",
        _facts(shop, options, backtest, now),
        (_parameters(now), _best(shop, now)),
        _plots(shop, backtest, now),
        (*_findings(backtest, now), *_LIMITS),
        _data(shop, options, backtest, now),
        {
            "customer": [shop.customers[code] for code in now.histories.customer],
            "orders": (now.histories.frequency + 1).tolist(),
            "alive": now.scores.alive.tolist(),
            "expected_orders": now.scores.expected.tolist(),
            "value": now.value.value.tolist() if spendable else [None] * len(now.value.value),
        },
    )


def _error_told(report: HoldoutReport) -> str:
    """How far the forecast of the second part was off."""
    if report.total_ratio is None:
        return "Nobody ordered in the second part of the file, so no forecast can be tried."
    error = report.total_ratio - 1.0
    return (
        f"Fitted on the first part of the file alone, the model expected {percent(abs(error))} "
        f"{'more' if error > 0 else 'fewer'} orders for the second part than there were."
    )


def _fitted(histories: Histories, options: LifetimeOptions) -> PurchaseFit:
    if options.pareto:
        return lifetime.fit_pareto(histories)
    return lifetime.fit_beta_geometric(histories)


def _backtest(shop: Shop, options: LifetimeOptions) -> _Backtest:
    last = shop.end_day - 1.0
    cut = np.floor((shop.first_day + last) / 2) if options.cut is None else options.cut
    if not shop.first_day < cut < last:
        raise Unfit(
            f"the first part ends on {day_text(cut)}, the file goes from "
            f"{day_text(shop.first_day)} to {day_text(last)}",
            "Give a day between the two with --cut.",
        )
    histories = lifetime.summarise(shop.orders, cut)
    fit = _fitted(histories, options)
    after = lifetime.holdout(shop.orders, histories, cut, last)
    period = max(1.0, np.ceil((last - shop.first_day) / 7.0 / 80.0))
    cohort = max(1.0, (histories.age.max() - histories.age.min()) / 10.0)
    return _Backtest(
        float(cut),
        fit,
        lifetime.holdout_report(fit, histories, after),
        lifetime.tracking(fit, shop.orders, cut, last, period=float(period)),
        lifetime.frequency_classes(fit, histories),
        _drift(fit, histories, after, float(cohort)),
    )


def _drift(fit: PurchaseFit, histories: Histories, after: Holdout, cohort: float) -> CohortDrift:
    return lifetime.cohort_drift(fit, histories, after, cohort_length=cohort)


def _now(shop: Shop, options: LifetimeOptions) -> _Now:
    histories = lifetime.summarise(shop.orders, shop.end_day - 1.0)
    fit = _fitted(histories, options)
    spend: SpendFit | None = None
    reason = ""
    try:
        spend = lifetime.fit_spend(histories)
    except ScienceRefused as refused:
        reason = f"{refused}. {refused.next_step}"
    weeks = options.days / 7.0
    value = lifetime.residual_value(
        fit, spend.fit if spend else None, histories,
        rate_per_year=options.rate, horizon=weeks, margin=options.margin,
    )  # fmt: skip
    return _Now(fit, spend, reason, histories, lifetime.score(fit, histories, weeks), value)


def _facts(
    shop: Shop, options: LifetimeOptions, backtest: _Backtest, now: _Now
) -> tuple[Fact, ...]:
    repeat = float(np.mean(now.histories.frequency > 0))
    ahead = f"in the next {options.days:.0f} days"
    facts = [
        Fact("Customers", f"{len(now.histories.customer):,}", f"{percent(repeat)} came back"),
        Fact("Still customers", number(float(now.scores.alive.sum())), "expected, of all"),
        Fact("Orders to come", number(float(now.scores.expected.sum())), ahead),
    ]
    if now.spend is not None:
        facts.append(
            Fact(
                "Value to come",
                money(float(now.value.value.sum()), shop.currency),
                f"{ahead}, at a margin of {percent(options.margin, 0)} and {percent(options.rate)} "
                "interest",
            )
        )
    report = backtest.report
    if report.total_ratio is not None:
        facts.append(
            Fact(
                "Second part, expected",
                number(report.expected_total),
                f"orders, against {number(report.observed_total)} that came: "
                f"{report.total_ratio - 1.0:+.1%}",
            )
        )
    if report.correlation is not None:
        facts.append(
            Fact(
                "Second part, per customer",
                number(report.correlation),
                "correlation of expected and actual orders; 1 would be perfect",
            )
        )
    return tuple(facts)


def _parameters(now: _Now) -> Grid:
    models: list[tuple[Any, Any]] = [(now.fit, now.fit.model)]
    if now.spend is not None:
        models.append((now.spend.fit, now.spend.fit.model))
    rows = []
    for fit, model in models:
        known: tuple[Interval | None, ...] = (None,) * len(model.names)
        if fit.covariance is not None:
            known = fit.intervals()
        for name, value, interval in zip(model.names, model.parameters, known, strict=True):
            rows.append(
                (
                    f"{type(model).__name__} {name}",
                    number(float(value), 4),
                    between(interval) if interval is not None else "not known",
                )
            )
    rows.append(("log-likelihood", f"{now.fit.log_likelihood:,.1f}", "of orders, over all"))
    return Grid("The fitted models, on the whole file", ("parameter", "value", "range"),
                tuple(rows), "Time is in weeks.")  # fmt: skip


def _best(shop: Shop, now: _Now) -> Grid:
    weight = now.value.value if now.spend is not None else now.scores.expected
    top = np.argsort(-weight, kind="stable")[:10]
    rows = tuple(
        (
            shop.customers[now.histories.customer[row]],
            f"{now.histories.frequency[row] + 1:,}",
            percent(float(now.scores.alive[row])),
            number(float(now.scores.expected[row])),
            money(float(now.value.value[row]), shop.currency) if now.spend is not None else "—",
        )
        for row in top
    )
    return Grid(
        "The ten with most to come",
        ("customer", "days with an order", "still a customer", "orders to come", "value to come"),
        rows,
        "All customers are in the file that --out writes.",
    )


def _plots(shop: Shop, backtest: _Backtest, now: _Now) -> tuple[Plot, ...]:
    plots = [*_tracking(backtest), _by_class(backtest), _frequencies(backtest), _heat(now)]
    plots.append(_cohorts(shop, backtest))
    if now.spend is not None:
        plots.append(_deciles(now.value.value))
    return tuple(plots)


def _tracking(backtest: _Backtest) -> list[Plot]:
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


def _by_class(backtest: _Backtest) -> Plot:
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


def _frequencies(backtest: _Backtest) -> Plot:
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


def _heat(now: _Now) -> Plot:
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


def _cohorts(shop: Shop, backtest: _Backtest) -> Plot:
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


def _findings(backtest: _Backtest, now: _Now) -> list[str]:
    found = []
    for fit in (backtest.fit, now.fit):
        if not fit.converged:
            found.append(f"The fit did not reach its peak ({fit.reason}): read no number here.")
            break
    if float(now.scores.alive.mean()) > 0.99:
        found.append(
            "The model sees next to nobody leave, so P(alive) says nothing here: take a longer "
            "file, or `regulars science churn`."
        )
    if len(backtest.drift.drifted):
        found.append(
            f"{len(backtest.drift.drifted)} of {len(backtest.drift.start)} cohorts order more or "
            "less than the model expects: customers have changed with the time they came."
        )
    if now.spend is None:
        found.append(f"There is no value here: {now.no_spend}")
    elif now.spend.correlation is not None and abs(now.spend.correlation) > 0.2:
        found.append(
            f"How often and how much somebody orders go together (correlation "
            f"{now.spend.correlation:.2f}), which the model of values takes for 0: values of "
            "frequent customers are off."
        )
    return found


def _data(shop: Shop, options: LifetimeOptions, backtest: _Backtest, now: _Now) -> dict[str, Any]:
    report, track = backtest.report, backtest.tracking
    answer: dict[str, Any] = {
        "customers": len(now.histories.customer),
        "orders": len(shop.orders.day),
        "cut": day_text(backtest.cut),
        "first_part": _fit_data(backtest.fit),
        "whole": _fit_data(now.fit),
        "second_part": {
            "observed": report.observed_total,
            "expected": report.expected_total,
            "correlation": report.correlation,
            "cumulative_observed": float(track.observed_cumulative[-1]),
            "cumulative_expected": float(track.expected_cumulative[-1]),
        },
        "ahead": {
            "days": options.days,
            "alive": float(now.scores.alive.sum()),
            "orders": float(now.scores.expected.sum()),
            "value": float(now.value.value.sum()) if now.spend is not None else None,
        },
        "spend": _fit_data(now.spend.fit) if now.spend is not None else None,
    }
    return answer


def _fit_data(fit: Any) -> dict[str, Any]:
    known = fit.intervals() if fit.covariance is not None else ()
    return {
        "parameters": dict(zip(fit.model.names, plain(fit.model.parameters), strict=True)),
        "intervals": dict(zip(fit.model.names, map(plain_interval, known), strict=False)),
        "log_likelihood": fit.log_likelihood,
        "converged": fit.converged,
    }
