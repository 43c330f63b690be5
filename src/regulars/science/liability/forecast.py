"""The liability of open points: fit on what is known, simulate what follows, test the same method
on the past, and widen the intervals by what that test missed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from regulars.science import checks
from regulars.science.contracts import Floats, Integers, Interval
from regulars.science.errors import NoData, OutOfRange
from regulars.science.liability.contracts import (
    Assumptions,
    Backtest,
    Cohorts,
    LiabilityForecast,
    Lots,
    Redemptions,
    Schedule,
    Sensitivity,
)
from regulars.science.liability.hazards import pooled_hazard_forecast
from regulars.science.liability.history import (
    as_known_on,
    balances,
    checked_lots,
    checked_redemptions,
    spending_order,
    summed,
)
from regulars.science.liability.rates import Members, fit_members
from regulars.science.liability.simulation import OpenLots, Simulated, simulate
from regulars.science.lifetime.models.pareto import Pareto

DAYS_PER_YEAR = 365.25
COHORT_DAYS = DAYS_PER_YEAR / 12.0
STEPS = 24
FACTOR_MOST = 1e9
VARIED = (("rate_factor", 0.8, 1.25), ("lapse_factor", 0.5, 2.0), ("amount_factor", 0.8, 1.25))


@dataclass(frozen=True, slots=True)
class _Run:
    """One forecast from what was known on one day."""

    rows: Integers
    lots: OpenLots
    members: Members
    simulated: Simulated
    step_days: float
    starts: Floats


def forecast_liability(
    lots: Lots,
    redemptions: Redemptions,
    *,
    as_of: float,
    observed_from: float,
    point_value: float,
    seed: int,
    assumptions: Assumptions | None = None,
    backtest_days: Sequence[float] | None = None,
    draws: int = 200,
    level: float = 0.95,
) -> LiabilityForecast:
    """Redemption, breakage and money liability of the points open on the day `as_of`.

    `lots`, `redemptions`: as they stand at the end of that day. `observed_from`: the day from which
    redemptions are complete; earlier ones are not looked at. `point_value`: money that a redeemed
    point costs, above 0. `backtest_days`: for each, the method is told what was known that many
    days before `as_of` and judged by what was redeemed since; at most half of the window. By
    default an eighth, a quarter and three eighths of the window, of a year at most. `draws`:
    simulated futures, at least 50.

    Raises NoData (no lots, no redemptions, nothing open), WrongShape, NotFinite, OutOfRange; TooFew
    with fewer than ten members who could redeem, or ten redemptions.
    """
    given = assumptions or Assumptions()
    _check(given, as_of, observed_from, point_value, draws, level)
    origins = _backtest_days(backtest_days, as_of - observed_from)
    known = checked_lots(lots, as_of)
    redeemed = checked_redemptions(redemptions, lots.members, as_of)
    run = _run(known, redeemed, given, as_of, observed_from, draws, seed)
    tests = tuple(
        _backtest(
            known,
            redeemed,
            given,
            (as_of - days, as_of),
            observed_from,
            draws,
            level,
            seed + place + 1,
            run.members.pareto,
        )
        for place, days in enumerate(origins)
    )
    error = _model_error(tests, level)
    sensitivity = tuple(
        _sensitivity(run, given, name, low, high, point_value, draws, seed)
        for name, low, high in VARIED
    )
    return _report(known, run, given, tests, sensitivity, error, as_of, point_value, level, seed)


def _run(
    lots: Lots,
    redemptions: Redemptions,
    assumptions: Assumptions,
    as_of: float,
    observed_from: float,
    draws: int,
    seed: int,
    start: Pareto | None = None,
) -> _Run:
    members = fit_members(
        lots,
        balances(
            lots,
            redemptions,
            observed_from=observed_from,
            as_of=as_of,
            redeemable_from=assumptions.redeemable_from,
        ),
        as_of=as_of,
        observed_from=observed_from,
        start=start,
    )
    order = spending_order(lots)
    rows = order[(lots.expires_day[order] > as_of) & (lots.unspent[order] > 0.0)]
    if rows.size == 0:
        raise NoData("lots with open points")
    cohort = np.floor((lots.earned_day[rows] - as_of) / COHORT_DAYS)
    starts, codes = np.unique(cohort, return_inverse=True)
    open_lots = OpenLots(
        lots.member[rows],
        np.minimum(lots.expires_day[rows] - as_of, assumptions.horizon_days),
        lots.unspent[rows],
        np.cumsum(lots.unspent[rows]),
        codes.astype(np.int64),
        starts.size,
    )
    step_days = float(open_lots.days_left.max()) / STEPS
    simulated = simulate(
        open_lots, members, assumptions, step_days=step_days, steps=STEPS, draws=draws, seed=seed
    )
    return _Run(rows, open_lots, members, simulated, step_days, as_of + COHORT_DAYS * starts)


def _backtest(
    lots: Lots,
    redemptions: Redemptions,
    assumptions: Assumptions,
    days: tuple[float, float],
    observed_from: float,
    draws: int,
    level: float,
    seed: int,
    start: Pareto | None,
) -> Backtest:
    origin, until = days
    then, redeemed_then = as_known_on(origin, lots, redemptions)
    run = _run(
        then,
        redeemed_then,
        replace(assumptions, horizon_days=until - origin),
        origin,
        observed_from,
        draws,
        seed,
        start,
    )
    was_open = (then.expires_day > origin) & (then.unspent > 0.0)
    order = spending_order(lots)
    later = lots.unspent[order][lots.earned_day[order] <= origin]
    actual = float(np.sum((then.unspent - later)[was_open]))
    predicted = _interval(run.simulated.cohort.sum(axis=1), level)
    pooled = pooled_hazard_forecast(
        then, redeemed_then, observed_from=observed_from, as_of=origin, until=until
    )
    return Backtest(
        origin,
        until,
        float(run.lots.amount.sum()),
        predicted,
        actual,
        predicted.value / actual - 1.0 if actual > 0.0 else np.inf,
        pooled / actual - 1.0 if actual > 0.0 else np.inf,
    )


def _model_error(tests: tuple[Backtest, ...], level: float) -> float:
    """The standard deviation of log(actual / predicted) that the model's own intervals leave
    unexplained; a bias counts as error, since the next one need not go the same way."""
    judged = [one for one in tests if one.actual > 0.0 and one.predicted.low > 0.0]
    if not judged:
        return 0.0
    missed = np.array([np.log1p(one.error) for one in judged])
    own = np.array([np.log(one.predicted.high / one.predicted.low) for one in judged])
    own /= 2.0 * float(np.sqrt(2.0) * special.erfinv(level))
    return float(np.sqrt(max(np.mean(missed**2) - np.mean(own**2), 0.0)))


def _sensitivity(
    run: _Run,
    assumptions: Assumptions,
    name: str,
    low: float,
    high: float,
    point_value: float,
    draws: int,
    seed: int,
) -> Sensitivity:
    found = [
        float(
            simulate(
                run.lots,
                run.members,
                replace(assumptions, **{name: factor * getattr(assumptions, name)}),
                step_days=run.step_days,
                steps=STEPS,
                draws=max(50, draws // 4),
                seed=seed,
            ).lot.sum()
        )
        for factor in (low, high)
    ]
    return Sensitivity(name, low, high, point_value * found[0], point_value * found[1])


def _report(
    lots: Lots,
    run: _Run,
    assumptions: Assumptions,
    tests: tuple[Backtest, ...],
    sensitivity: tuple[Sensitivity, ...],
    error: float,
    as_of: float,
    point_value: float,
    level: float,
    seed: int,
) -> LiabilityForecast:
    amounts, simulated = run.lots.amount, run.simulated
    total = float(amounts.sum())
    draws = simulated.cohort.shape[0]
    # The error moves a whole future at once: cohorts and months of one draw go together.
    moved = np.exp(error * checks.generator(seed).standard_normal(draws))[:, None]
    open_by = summed(run.lots.cohort, amounts, run.lots.cohorts)
    by_cohort = _quantiles(np.minimum(simulated.cohort * moved, open_by), level)
    by_step = _quantiles(np.minimum(np.cumsum(simulated.step, axis=1) * moved, total), level)
    drawn = np.minimum(simulated.cohort.sum(axis=1) * moved[:, 0], total)
    value = float(simulated.lot.sum())
    redeemed = _interval(drawn, level, value)
    lot_redeemed = np.zeros(lots.member.size)
    lot_redeemed[run.rows] = simulated.lot
    return LiabilityForecast(
        as_of,
        point_value,
        total,
        redeemed,
        Interval(
            1.0 - value / total, 1.0 - redeemed.high / total, 1.0 - redeemed.low / total, level
        ),
        Interval(
            point_value * value, point_value * redeemed.low, point_value * redeemed.high, level
        ),
        error,
        Cohorts(run.starts, open_by, simulated.cohort.mean(axis=0), *by_cohort),
        Schedule(
            as_of + run.step_days * np.arange(1.0, STEPS + 1.0),
            np.cumsum(simulated.step.mean(axis=0)),
            *by_step,
        ),
        summed(run.lots.member, simulated.lot, lots.members),
        lot_redeemed,
        sensitivity,
        tests,
        run.members.model,
        assumptions,
    )


def _interval(drawn: Floats, level: float, value: float | None = None) -> Interval:
    low, high = (float(end) for end in _quantiles(drawn, level))
    middle = float(drawn.mean()) if value is None else value
    return Interval(middle, min(low, middle), max(high, middle), level)


def _quantiles(drawn: Floats, level: float) -> tuple[Floats, Floats]:
    ends: Floats = np.quantile(drawn, [0.5 - level / 2.0, 0.5 + level / 2.0], axis=0)
    return ends[0], ends[1]


def _check(
    assumptions: Assumptions,
    as_of: float,
    observed_from: float,
    point_value: float,
    draws: int,
    level: float,
) -> None:
    checks.day("as_of", as_of)
    checks.day("observed_from", observed_from)
    checks.number("observed_from", observed_from, below=as_of)
    checks.number("point_value", point_value, above=0.0)
    checks.number("draws", draws, at_least=50)
    checks.confidence(level)
    checks.number("redeemable_from", assumptions.redeemable_from, at_least=0.0)
    checks.number("horizon_days", assumptions.horizon_days, above=0.0)
    for name, _, _ in VARIED:
        factor = checks.number(name, getattr(assumptions, name), at_least=0.0, at_most=FACTOR_MOST)
        if 0.0 < factor < 1.0 / FACTOR_MOST:
            raise OutOfRange(name, -1, factor, f"0, or at least {1.0 / FACTOR_MOST}")


def _backtest_days(given: Sequence[float] | None, window: float) -> tuple[float, ...]:
    if given is None:
        return tuple(part * min(window, 2.0 * DAYS_PER_YEAR) for part in (0.125, 0.25, 0.375))
    for row, days in enumerate(given):
        if not 0.0 < days <= window / 2.0:
            raise OutOfRange(
                "backtest_days",
                row,
                float(days),
                f"above 0 and at most {window / 2.0:g}, half of the window",
            )
    return tuple(given)
