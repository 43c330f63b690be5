"""Computing lifetimes: a fit on the first part of a file, tried on the rest, and one on all of it.

Both parts are told apart everywhere: how well the model foretells is read off the first fit, what
it says of each customer off the second.
"""

from dataclasses import dataclass

import numpy as np

from regulars.insights.errors import Unfit
from regulars.insights.orders import Shop, day_text
from regulars.science.errors import ScienceRefused
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.contracts import (
    CohortDrift,
    FrequencyClasses,
    Histories,
    HoldoutReport,
    PurchaseFit,
    ResidualValue,
    Scores,
    SpendFit,
    Tracking,
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
class Backtest:
    """The first part's fit, and how it met the second."""

    cut: float
    fit: PurchaseFit
    report: HoldoutReport
    tracking: Tracking
    classes: FrequencyClasses
    drift: CohortDrift


@dataclass(frozen=True, slots=True)
class Now:
    """The fit on everything, and what it says of each customer."""

    fit: PurchaseFit
    spend: SpendFit | None
    no_spend: str
    histories: Histories
    scores: Scores
    value: ResidualValue


def backtest(shop: Shop, options: LifetimeOptions) -> Backtest:
    """Fit the first part, up to `options.cut`, and hold the rest against it; `Unfit` where that day
    does not lie within the file."""
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
    return Backtest(
        float(cut),
        fit,
        lifetime.holdout_report(fit, histories, after),
        lifetime.tracking(fit, shop.orders, cut, last, period=float(period)),
        lifetime.frequency_classes(fit, histories),
        lifetime.cohort_drift(fit, histories, after, cohort_length=float(cohort)),
    )


def now(shop: Shop, options: LifetimeOptions) -> Now:
    """Fit the whole file; without spend, but with the reason, where the values do not allow it."""
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
    return Now(fit, spend, reason, histories, lifetime.score(fit, histories, weeks), value)


def _fitted(histories: Histories, options: LifetimeOptions) -> PurchaseFit:
    if options.pareto:
        return lifetime.fit_pareto(histories)
    return lifetime.fit_beta_geometric(histories)
