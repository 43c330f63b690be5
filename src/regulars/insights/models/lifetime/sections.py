"""What was found about lifetimes, as facts, tables, things to heed, and data for machines."""

from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Grid
from regulars.insights.models.lifetime.computing import Backtest, LifetimeOptions, Now
from regulars.insights.orders import Shop, day_text
from regulars.insights.phrasing import between, money, number, percent, plain, plain_interval
from regulars.science.contracts import Interval


def facts_of(
    shop: Shop, options: LifetimeOptions, backtest: Backtest, now: Now
) -> tuple[Fact, ...]:
    """What a reader should see first."""
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


def parameters(now: Now) -> Grid:
    """The parameters of the fitted models, with their ranges."""
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


def best(shop: Shop, now: Now) -> Grid:
    """The customers with most to come."""
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


def findings(backtest: Backtest, now: Now) -> list[str]:
    """What to heed in this file."""
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


def data_of(shop: Shop, options: LifetimeOptions, backtest: Backtest, now: Now) -> dict[str, Any]:
    """The same for machines."""
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
