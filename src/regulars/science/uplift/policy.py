"""What it is worth to treat only the best: the value of a policy, estimated from an experiment in
which treatment fell by chance."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats, Interval
from regulars.science.errors import TooFew
from regulars.science.uplift.contracts import PolicyValue
from regulars.science.uplift.evaluation import SHARES


def policy_values(
    score: ArrayLike,
    treated: ArrayLike,
    outcome: ArrayLike,
    *,
    shares: Sequence[float] = SHARES,
    value: float = 1.0,
    cost: float = 0.0,
    level: float = 0.95,
) -> tuple[PolicyValue, ...]:
    """The value of "treat the best share" for each of the shares, per head of all customers.

    `score`, `outcome`: float64 (n,), `treated`: bool (n,), by chance with one probability for all,
    on customers that the score did not learn from. `value`: money per unit of the outcome; `cost`:
    money per treated customer, at least 0. Ties at a limit are cut in the given order.

    The best share s is worth s (value E[Y(1) | best] - cost) + (1 - s) value E[Y(0) | rest], each
    mean by the arm that had it: the inverse-propensity value with weights normalised within the
    two groups (Manski 2004, Econometrica 72, for the empirical success rule). Intervals are normal.

    Raises NoData, WrongShape, NotFinite, OutOfRange; TooFew where best or rest has fewer than two
    customers of an arm.
    """
    values = checks.floats("outcome", outcome)
    scores = checks.floats("score", score, length=values.size)
    arms = checks.flags("treated", treated, length=values.size)
    checks.number("value", value)
    checks.number("cost", cost, at_least=0.0)
    checks.confidence(level)
    order = np.argsort(-scores, kind="stable")
    answered = []
    for share in shares:
        checks.number("shares", share, above=0.0, at_most=1.0)
        best = np.zeros(values.size, dtype=bool)
        best[order[: max(1, round(share * values.size))]] = True
        answered.append(_value(best, arms, value * values, cost, level, share))
    return tuple(answered)


def _value(
    best: Booleans, arms: Booleans, money: Floats, cost: float, level: float, share: float
) -> PolicyValue:
    """Each value is a weighted sum of four means (best and rest by arm); `taken` is the share
    that is really treated, after rounding to whole customers."""
    taken = float(best.mean())
    means, variances = np.zeros(4), np.zeros(4)
    groups = (best & arms, best & ~arms, ~best & arms, ~best & ~arms)
    for place, (group, part) in enumerate(zip(groups, ("best",) * 2 + ("rest",) * 2, strict=True)):
        count = int(group.sum())
        if part == "rest" and taken == 1.0:
            continue
        if count < 2:
            raise TooFew(f"customers of an arm among the {part}", count, 2)
        means[place] = money[group].mean()
        variances[place] = money[group].var(ddof=1) / count
    quantile = float(stats.norm.ppf(0.5 + level / 2.0))

    def interval(weights: tuple[float, float, float, float], paid: float) -> Interval:
        weighted = np.asarray(weights)
        middle = float(weighted @ means) - paid
        half = quantile * float(np.sqrt(weighted**2 @ variances))
        return Interval(middle, middle - half, middle + half, level)

    rest = 1.0 - taken
    return PolicyValue(
        share,
        interval((taken, 0.0, 0.0, rest), taken * cost),
        interval((taken, -taken, 0.0, 0.0), taken * cost),
        interval((0.0, 0.0, -rest, rest), -rest * cost),
        interval((taken * rest, -taken * rest, -rest * taken, rest * taken), 0.0),
    )
