"""`liability`: what open points will cost, how surely, and how well that was foretold before."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Grid, Insight, Plot, Tell
from regulars.insights.drawing import charts
from regulars.insights.orders import day_text
from regulars.insights.phrasing import (
    between,
    listed,
    money,
    number,
    percent,
    plain,
    plain_interval,
)
from regulars.insights.points import PointBook
from regulars.platform.counting import counted
from regulars.science.liability import facade as liability
from regulars.science.liability.contracts import Assumptions, LiabilityForecast

_LIMITS = (
    "It takes tomorrow's members for today's: a new reward, a new expiry rule or a campaign moves "
    "what is redeemed, and no past shows it.",
    "Points that are yet to be earned are not in it: this is what is owed today, not next year's "
    "budget.",
    "A point costs what you say it costs; what it is worth to members, and what they would have "
    "bought anyway, is not in it.",
    "It is an estimate for planning, no accounting standard's figure; agree the method with "
    "whoever audits you.",
)
_WORDS = {
    "rate_factor": "how often members redeem",
    "lapse_factor": "how soon members lapse",
    "amount_factor": "how much they redeem at a time",
}


@dataclass(frozen=True, slots=True)
class LiabilityOptions:
    """`smallest` is the smallest balance with which anything can be redeemed; `draws` futures are
    simulated from `seed`."""

    smallest: float = 0.0
    draws: int = 200
    seed: int = 1


def liability_insight(book: PointBook, options: LiabilityOptions, tell: Tell) -> Insight:
    """What the open points of the file will cost."""
    tell("forecasting, and trying it on the past", 0, 2)
    forecast = liability.forecast_liability(
        book.lots, book.redemptions, as_of=book.end_day, observed_from=book.first_day,
        point_value=book.point_cost, seed=options.seed, draws=options.draws,
        assumptions=Assumptions(redeemable_from=options.smallest),
    )  # fmt: skip
    tell("writing it down", 1, 2)
    owed = forecast.liability
    summary = (
        f"{number(forecast.open_points)} points are open; {percent(1 - forecast.breakage.value)} "
        f"of them will be redeemed and cost {money(owed.value, book.currency)} "
        f"({money(owed.low, book.currency)} to {money(owed.high, book.currency)} at "
        f"{owed.level * 100:.0f}% confidence). {_tested(forecast)}"
    )
    return Insight(
        "liability",
        "What the open points will cost",
        summary,
        f"{book.name}: {len(book.lots.member):,} lots and {len(book.redemptions.member):,} "
        f"redemptions of {book.lots.members:,} members, {day_text(book.first_day)} to "
        f"{day_text(book.end_day - 1)}; a point costs {money(book.point_cost, book.currency)}",
        _facts(book, forecast),
        (_backtests(forecast), _sensitivity(book, forecast), _cohorts(forecast)),
        _plots(book, forecast),
        (*_findings(book, forecast), *_LIMITS),
        _data(forecast),
        {
            "member": list(book.members),
            "open_points": np.bincount(
                book.lots.member[_open(book)], weights=book.lots.unspent[_open(book)],
                minlength=book.lots.members,
            ).tolist(),
            "expected_redeemed": forecast.member_redeemed.tolist(),
        },
    )  # fmt: skip


def _open(book: PointBook) -> Any:
    return book.lots.expires_day > book.end_day


def _tested(forecast: LiabilityForecast) -> str:
    errors = [test.error for test in forecast.backtests if np.isfinite(test.error)]
    if not errors:
        return "The file is too short to try the method on the past."
    worst = max(errors, key=abs)
    return f"Tried on {len(errors)} past days, it was off by {percent(abs(worst))} at most."


def _facts(book: PointBook, forecast: LiabilityForecast) -> tuple[Fact, ...]:
    redeemed = forecast.redeemed
    return (
        Fact("Open points", number(forecast.open_points), "neither redeemed nor expired"),
        Fact("To be redeemed", number(redeemed.value), between(redeemed)),
        Fact("Breakage", percent(forecast.breakage.value), between(forecast.breakage, 1)),
        Fact(
            "Liability",
            money(forecast.liability.value, book.currency),
            f"{money(forecast.liability.low, book.currency)} to "
            f"{money(forecast.liability.high, book.currency)}",
        ),
        Fact(
            "Method's own error",
            percent(forecast.model_error),
            "what backtests missed beyond chance; the intervals contain it",
        ),
    )


def _backtests(forecast: LiabilityForecast) -> Grid:
    return Grid(
        "What the method would have said before",
        ("told until", "points open then", "said", "from", "to", "redeemed since", "off by",
         "spreadsheet off by"),
        tuple(
            (
                day_text(test.origin),
                number(test.open_points),
                number(test.predicted.value),
                number(test.predicted.low),
                number(test.predicted.high),
                number(test.actual),
                f"{test.error:+.1%}",
                f"{test.pooled_hazard_error:+.1%}",
            )
            for test in forecast.backtests
        ),
        "The last column is the usual way: shares redeemed by age of lot, pooled over all members.",
    )  # fmt: skip


def _sensitivity(book: PointBook, forecast: LiabilityForecast) -> Grid:
    return Grid(
        "If an assumption is wrong",
        ("assumption", "at times", "liability", "or at times", "liability then"),
        tuple(
            (
                _WORDS.get(one.assumption, one.assumption),
                f"{one.low_factor:g}",
                money(one.at_low, book.currency),
                f"{one.high_factor:g}",
                money(one.at_high, book.currency),
            )
            for one in forecast.sensitivity
        ),
    )


def _cohorts(forecast: LiabilityForecast) -> Grid:
    cohorts = forecast.cohorts
    return Grid(
        "By when the points were earned",
        ("earned from", "open points", "to be redeemed", "from", "to", "breakage"),
        tuple(
            (
                day_text(start),
                number(float(points)),
                number(float(redeemed)),
                number(float(low)),
                number(float(high)),
                percent(1.0 - float(redeemed) / float(points)),
            )
            for start, points, redeemed, low, high in zip(
                cohorts.start, cohorts.open_points, cohorts.redeemed, cohorts.low, cohorts.high,
                strict=True,
            )
        ),
    )  # fmt: skip


def _plots(book: PointBook, forecast: LiabilityForecast) -> tuple[Plot, ...]:
    plots = [_band(book, forecast), _by_cohort(forecast)]
    if forecast.backtests:
        plots.append(_tests(forecast))
    plots.append(_ranges(book, forecast))
    return tuple(plots)


def _band(book: PointBook, forecast: LiabilityForecast) -> Plot:
    schedule, cost = forecast.schedule, forecast.point_value
    weeks = np.concatenate([[0.0], (schedule.day - forecast.as_of) / 7.0])
    value, low, high = (
        np.concatenate([[0.0], part * cost])
        for part in (schedule.redeemed, schedule.low, schedule.high)
    )
    label = f"redeemed so far, {book.currency}".rstrip(", ")
    return Plot(
        "band",
        "When the points of today will be redeemed",
        "The line is what today's points will have cost by then, the band where it may lie; where "
        "it goes flat what is left will expire.",
        f"Cumulative cost of today's points, at the end {money(float(value[-1]), book.currency)}, "
        f"{money(float(low[-1]), book.currency)} to {money(float(high[-1]), book.currency)}.",
        lambda axes: charts.curves(
            axes, weeks, {"redeemed": value}, spans={"redeemed": charts.Span(low, high)},
            x_label="weeks from now", y_label=label,
        ),
        Grid(
            "The forecast",
            ("until", "redeemed", "from", "to"),
            tuple(
                (day_text(day), number(float(middle)), number(float(least)), number(float(most)))
                for day, middle, least, most in zip(
                    schedule.day, schedule.redeemed, schedule.low, schedule.high, strict=True
                )
            ),
        ),
    )  # fmt: skip


def _by_cohort(forecast: LiabilityForecast) -> Plot:
    cohorts = forecast.cohorts
    months = (cohorts.start - forecast.as_of) / 7.0
    share = cohorts.redeemed / cohorts.open_points * 100
    low, high = (part / cohorts.open_points * 100 for part in (cohorts.low, cohorts.high))
    return Plot(
        "cohorts",
        "Which points will be redeemed",
        "Old points that are still open mostly sit with members who do not redeem; a line that "
        "rises to the right says so.",
        "Expected share redeemed of the open points by when they were earned, with intervals.",
        lambda axes: charts.curves(
            axes, months, {"share": share}, spans={"share": charts.Span(low, high)},
            x_label="earned, in weeks before now", y_label="% that will be redeemed", markers=True,
        ),
    )  # fmt: skip


def _tests(forecast: LiabilityForecast) -> Plot:
    names = [f"since {day_text(test.origin)}" for test in forecast.backtests]
    said = [test.predicted.value / max(test.actual, 1e-12) for test in forecast.backtests]
    low = [test.predicted.low / max(test.actual, 1e-12) for test in forecast.backtests]
    high = [test.predicted.high / max(test.actual, 1e-12) for test in forecast.backtests]
    return Plot(
        "tests",
        "Said before, over what came",
        "Lines that cross 1 would have been right; if all lie on one side, expect today's figure "
        "to be off to that side too.",
        listed(
            "Backtests: predicted over actual redemption, with the model's intervals",
            names,
            [f"{value:.2f}" for value in said],
        ),
        lambda axes: charts.intervals(
            axes, names, said, low, high, x_label="said / redeemed", reference=1.0
        ),
        height=2.4,
    )


def _ranges(book: PointBook, forecast: LiabilityForecast) -> Plot:
    names = [_WORDS.get(one.assumption, one.assumption) for one in forecast.sensitivity]
    middle = [forecast.liability.value] * len(names)
    low = [min(one.at_low, one.at_high) for one in forecast.sensitivity]
    high = [max(one.at_low, one.at_high) for one in forecast.sensitivity]
    return Plot(
        "ranges",
        "What the figure hangs on",
        "The longest line is the assumption worth checking first; the table below has the factors.",
        listed(
            "Liability with each assumption varied",
            names,
            [
                f"{money(least, book.currency)} to {money(most, book.currency)}"
                for least, most in zip(low, high, strict=True)
            ],
        ),
        lambda axes: charts.intervals(
            axes, names, middle, low, high, x_label=f"liability, {book.currency}".rstrip(", ")
        ),
        height=2.4,
    )


def _findings(book: PointBook, forecast: LiabilityForecast) -> list[str]:
    notes = [f"{one.rows:,} rows were left out: {one.reason}." for one in book.left_out]
    if book.uncovered:
        notes.append(
            f"{counted(book.uncovered, 'redemption')} took more than the file shows as earned: it "
            "begins after some points did."
        )
    if not forecast.backtests:
        notes.append("Without backtests the intervals are too narrow: they hold chance alone.")
    if any(abs(test.error) > 0.25 for test in forecast.backtests):
        notes.append(
            "A backtest was off by more than a quarter: something has changed in the file, such as "
            "a campaign or a rule, and the figure of today is as doubtful."
        )
    return notes


def _data(forecast: LiabilityForecast) -> dict[str, Any]:
    return {
        "as_of": day_text(forecast.as_of),
        "open_points": forecast.open_points,
        "redeemed": plain_interval(forecast.redeemed),
        "breakage": plain_interval(forecast.breakage),
        "liability": plain_interval(forecast.liability),
        "model_error": forecast.model_error,
        "backtests": [
            {
                "origin": day_text(test.origin),
                "predicted": plain_interval(test.predicted),
                "actual": test.actual,
                "error": plain([test.error])[0],
                "pooled_hazard_error": plain([test.pooled_hazard_error])[0],
            }
            for test in forecast.backtests
        ],
        "sensitivity": [
            {"assumption": one.assumption, "low_factor": one.low_factor, "at_low": one.at_low,
             "high_factor": one.high_factor, "at_high": one.at_high}
            for one in forecast.sensitivity
        ],
    }  # fmt: skip
