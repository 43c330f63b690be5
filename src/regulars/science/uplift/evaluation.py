"""How well a score ranks customers by what treatment changes, with bootstrap intervals.

The customers evaluated have to be others than those learnt from: on its own training rows a boosted
score looks several times as good as it is.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats, Interval
from regulars.science.uplift.contracts import (
    QiniCurve,
    ResponseKinds,
    TargetingComparison,
    UpliftAt,
    UpliftEvaluation,
)
from regulars.science.uplift.curves import (
    Cumulated,
    Ranked,
    area_over_random,
    cumulated,
    ranked,
    resampled_weights,
)

SHARES = (0.1, 0.2, 0.3, 0.5)
KINDS = ("persuadable", "sure thing", "lost cause", "sleeping dog")


def evaluate_uplift(
    score: ArrayLike,
    treated: ArrayLike,
    outcome: ArrayLike,
    *,
    seed: int,
    shares: Sequence[float] = SHARES,
    resamples: int = 200,
    level: float = 0.95,
) -> UpliftEvaluation:
    """Qini (Radcliffe 2007, see `QiniCurve`), AUUC (Rzepakowski and Jaroszewicz 2012, Knowledge and
    Information Systems 32) and uplift among the best shares, with percentile intervals (Efron and
    Tibshirani 1993, chapter 13).

    `score`: float64 (n,), higher is treated first. `treated`: bool (n,), by chance with one
    probability for all. `outcome`: float64 (n,). `resamples`: bootstrap samples, at least 50.

    Raises NoData, WrongShape, NotFinite, OutOfRange; TooFew where an arm is empty; NoVariation
    where all outcomes are the same.
    """
    rows = _checked(score, treated, outcome, resamples, level)
    wanted = [checks.number("shares", one, above=0.0, at_most=1.0) for one in shares]

    def measures(sums: Cumulated) -> list[float]:
        return [
            area_over_random(sums.share, sums.qini),
            float(np.trapezoid(sums.uplift, sums.share)),
            sums.effect,
            *(sums.uplift_at(share) for share in wanted),
        ]

    qini, auuc, effect, *at = _bootstrapped(rows, measures, resamples, level, seed)
    sums = cumulated(rows)
    return UpliftEvaluation(
        QiniCurve(sums.share, sums.qini),
        qini,
        auuc,
        effect,
        tuple(_at(sums, share, uplift) for share, uplift in zip(wanted, at, strict=True)),
    )


def compare_targeting(
    uplift: ArrayLike,
    likelihood: ArrayLike,
    treated: ArrayLike,
    outcome: ArrayLike,
    *,
    share: float,
    seed: int,
    resamples: int = 200,
    level: float = 0.95,
) -> TargetingComparison:
    """Whether treating the persuadable beats treating the likely buyers.

    `uplift` and `likelihood`: two scores of the same customers, float64 (n,). The rest as in
    `evaluate_uplift`; both groups are resampled together, so that `gain` is a paired difference.

    Raises as `evaluate_uplift`.
    """
    scores = [checks.floats("uplift", uplift), checks.floats("likelihood", likelihood)]
    rows = [_checked(score, treated, outcome, resamples, level) for score in scores]
    checks.number("share", share, above=0.0, at_most=1.0)
    orders = [np.argsort(-score, kind="stable") for score in scores]
    arms = checks.flags("treated", treated)

    def found(weight: Floats | None) -> tuple[float, float]:
        first, second = (
            cumulated(one, None if weight is None else weight[order]).uplift_at(share)
            for one, order in zip(rows, orders, strict=True)
        )
        return first, second

    random = checks.generator(seed)
    draws = np.array([found(resampled_weights(arms, random)) for _ in range(resamples)])
    values = found(None)
    sums = [cumulated(one) for one in rows]
    best = [order[: max(1, round(share * arms.size))] for order in orders]
    at = [
        _at(one, share, _percentiles(value, drawn, level))
        for one, value, drawn in zip(sums, values, draws.T, strict=True)
    ]
    return TargetingComparison(
        share,
        at[0],
        at[1],
        _percentiles(values[0] - values[1], draws[:, 0] - draws[:, 1], level),
        np.intersect1d(best[0], best[1]).size / best[0].size,
        at[0].control,
        at[1].control,
    )


def response_kinds(
    uplift: ArrayLike, baseline: ArrayLike, *, worthwhile: float = 0.0
) -> ResponseKinds:
    """Sort customers into the four that marketers name: persuadable (uplift above `worthwhile`,
    what a treatment costs in units of the outcome), sleeping dog (uplift below 0: treatment puts
    them off), and of those between, sure thing (a baseline of at least the median) or lost cause.

    `uplift`, `baseline`: float64 (n,), estimates: near a limit the kind is a coin's toss.
    Raises NoData, WrongShape, NotFinite, OutOfRange.
    """
    gains = checks.floats("uplift", uplift)
    likely = checks.floats("baseline", baseline, length=gains.size)
    least = checks.number("worthwhile", worthwhile, at_least=0.0)
    kind = np.select(
        [gains > least, gains < 0.0, likely >= np.median(likely)], [0, 3, 1], default=2
    ).astype(np.int64)
    return ResponseKinds(KINDS, kind, np.bincount(kind, minlength=4).astype(np.int64), kind == 0)


def qini_interval(rows: Ranked, *, resamples: int, level: float, seed: int) -> Interval:
    """The Qini alone, of rows that were checked."""
    return _bootstrapped(
        rows,
        lambda sums: [area_over_random(sums.share, sums.qini)],
        resamples,
        level,
        seed,
    )[0]


def _checked(
    score: ArrayLike, treated: ArrayLike, outcome: ArrayLike, resamples: int, level: float
) -> Ranked:
    rows = ranked(score, treated, outcome)
    checks.varied("outcome", rows.outcome)
    checks.number("resamples", resamples, at_least=50)
    checks.confidence(level)
    return rows


def _bootstrapped(
    rows: Ranked,
    measures: Callable[[Cumulated], list[float]],
    resamples: int,
    level: float,
    seed: int,
) -> list[Interval]:
    random = checks.generator(seed)
    treated: Booleans = rows.treated
    draws = np.array(
        [measures(cumulated(rows, resampled_weights(treated, random))) for _ in range(resamples)]
    )
    return [
        _percentiles(value, drawn, level)
        for value, drawn in zip(measures(cumulated(rows)), draws.T, strict=True)
    ]


def _percentiles(value: float, drawn: Floats, level: float) -> Interval:
    low, high = np.quantile(drawn, [0.5 - level / 2.0, 0.5 + level / 2.0])
    # Of a skewed measure the estimate itself may lie outside of its few resamples.
    return Interval(value, min(float(low), value), max(float(high), value), level)


def _at(sums: Cumulated, share: float, uplift: Interval) -> UpliftAt:
    treated, controls, of_treated, of_controls = sums.at(share)
    return UpliftAt(
        share,
        uplift,
        of_treated / treated if treated > 0.0 else 0.0,
        of_controls / controls if controls > 0.0 else 0.0,
        round(treated + controls),
    )
