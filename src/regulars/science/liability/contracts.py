"""What is known of points, and what is forecast of them.

Days are float64 on one axis that the caller chooses; amounts are points. Open points are those
not yet redeemed and not yet expired; breakage is what of them never will be redeemed.
"""

from dataclasses import dataclass

from regulars.science.contracts import Floats, Integers, Interval


@dataclass(frozen=True, slots=True)
class Lots:
    """n lots of points as they stand on the day of the forecast.

    `member`: int64 (n,), codes from 0 to members - 1. `earned_day`, `expires_day`: float64 (n,);
    a lot that never expires has infinity. `earned`: float64 (n,), above 0, points in the lot when
    it was earned. `unspent`: float64 (n,), what of it was never redeemed: open still, or lost where
    the lot has expired. Fully spent and expired lots belong in here too as far back as they are
    known: the backtest needs them.
    """

    member: Integers
    earned_day: Floats
    expires_day: Floats
    earned: Floats
    unspent: Floats
    members: int


@dataclass(frozen=True, slots=True)
class Redemptions:
    """m redemptions: who, when (float64 (m,)) and how many points (float64 (m,), above 0)."""

    member: Integers
    day: Floats
    amount: Floats


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the data cannot say.

    `redeemable_from`: the smallest balance with which anything can be redeemed, in points.
    `horizon_days`: points redeemed later than this are counted as breakage; it only matters for
    lots that live longer. The factors multiply the redemption rates, the rate at which members
    lapse, and the size of a redemption that does not empty the balance: 1 is as estimated.
    """

    redeemable_from: float = 0.0
    horizon_days: float = 1826.25
    rate_factor: float = 1.0
    lapse_factor: float = 1.0
    amount_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class RedemptionModel:
    """How members redeem, as fitted; rates are per day with a redeemable balance.

    A member's rate is Gamma(`rate_shape`, `rate_scale_days`), so that the mean of all is shape /
    scale_days; it is multiplied by exp(`opening_slope` z), z = log(1 + balance at the beginning of
    the window / `amount`). `emptying_share`: of the redemptions, those that take the whole balance.
    `amount`: the median of the others, in points. `lapse_shape`, `lapse_scale_days`: a member's
    rate of lapsing is Gamma(shape, scale_days) per day (Pareto/NBD); infinite scale where too few
    activities are known to say, and nobody is then taken to lapse. `members` with a redeemable
    balance at some time, and `redemptions`, are what the rates are from.
    """

    rate_shape: float
    rate_scale_days: float
    opening_slope: float
    emptying_share: float
    amount: float
    lapse_shape: float
    lapse_scale_days: float
    members: int
    redemptions: int


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Open points by when they were earned; arrays are (k,). `start`: the first day of each
    cohort. `redeemed` is expected, `low` to `high` its interval at the forecast's level."""

    start: Floats
    open_points: Floats
    redeemed: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Schedule:
    """Open points redeemed up to each day, cumulative; arrays are (k,)."""

    day: Floats
    redeemed: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What the liability would be, in money, with one assumption at `low_factor` and at
    `high_factor` of its estimate."""

    assumption: str
    low_factor: float
    high_factor: float
    at_low: float
    at_high: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """What the same method, told only what was known on the day `origin`, said of the redemptions
    up to the day `until` out of the points open at the origin, and what they were.

    `error` is predicted / actual - 1; `pooled_hazard_error` the same of redemption hazards by age
    of lot, pooled over members: the usual spreadsheet, here as a measure of what the model adds.
    Both are infinite where nothing was redeemed. `predicted` is of the model alone: its interval is
    not yet widened by the errors that backtests show.
    """

    origin: float
    until: float
    open_points: float
    predicted: Interval
    actual: float
    error: float
    pooled_hazard_error: float


@dataclass(frozen=True, slots=True)
class LiabilityForecast:
    """What open points will cost.

    `redeemed`: points of `open_points` that will be redeemed; `breakage`: the share of them that
    will not; `liability`: redeemed times the value of a point, in money. Their intervals contain
    chance, the uncertainty of the rates and, as `model_error` (standard deviation of the
    logarithm), what the backtests missed beyond that; without backtests it is 0 and the intervals
    are too narrow. `member_redeemed`: float64 (members,), expected per member. `lot_redeemed`:
    float64 (n,), expected per lot as given, 0 for what is not open.
    """

    as_of: float
    point_value: float
    open_points: float
    redeemed: Interval
    breakage: Interval
    liability: Interval
    model_error: float
    cohorts: Cohorts
    schedule: Schedule
    member_redeemed: Floats
    lot_redeemed: Floats
    sensitivity: tuple[Sensitivity, ...]
    backtests: tuple[Backtest, ...]
    model: RedemptionModel
    assumptions: Assumptions
