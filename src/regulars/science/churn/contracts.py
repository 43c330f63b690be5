"""What crosses the door of churn: features, outcomes, models, reasons, and how good they are.

Churned means: no order from the cut until the horizon has passed. A cut parts the days: what was
before it may be known, what is at or after it may not. All types are frozen and hold numbers,
codes and text only, so that a model can be stored and read back.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from regulars.science.contracts import Booleans, Floats, Integers, Interval
from regulars.science.lifetime.contracts import PurchaseFit


class Scale(StrEnum):
    """How a measure enters a model: as it is, or as log(1 + value), where doubling counts."""

    PLAIN = "plain"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of the features. `direction` is +1 where more of it may only raise the
    probability of churning, -1 where it may only lower it, 0 where it may do either."""

    code: str
    unit: str
    scale: Scale = Scale.PLAIN
    direction: int = 0


@dataclass(frozen=True, slots=True)
class Features:
    """What was known of n customers at the cut: those with an order before it.

    `customer`: int64 (n,), codes as in the orders. `values`: float64 (n, k), one column for each of
    `measures`, in their units. `cut`: day, on the clock of the orders.
    """

    cut: float
    customer: Integers
    values: Floats
    measures: tuple[Measure, ...]


class Learner(StrEnum):
    """Which model: an additive logistic one with a monotone curve per measure, or boosted trees."""

    ADDITIVE = "additive"
    TREES = "trees"


@dataclass(frozen=True, slots=True)
class Curve:
    """A piecewise linear function, constant outside of its knots: float64 (m,), (m - 1,) slopes.
    Without slopes it is 0: the measure was the same for everyone."""

    knots: Floats
    slopes: Floats


@dataclass(frozen=True, slots=True)
class Additive:
    """log-odds = intercept + the sum of one curve per measure, each over the scaled measure."""

    intercept: float
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A learner that was tried: mean log loss on customers held out, and the standard error of its
    difference from the first candidate (0 for the first)."""

    learner: Learner
    log_loss: float
    difference_error: float


@dataclass(frozen=True, slots=True)
class Settings:
    """How to fit. `learner` None chooses; `ridge` is the penalty on squared slopes per standard
    deviation; `segments` the pieces of a curve; trees are tried from `rich_rows` customers on.
    `rhythm` adds what a BG/NBD model says, where the orders suffice to fit one."""

    rhythm: bool = True
    learner: Learner | None = None
    folds: int = 5
    ridge: float = 1.0
    segments: int = 5
    rich_rows: int = 5_000
    rich_each: int = 500
    trees: int = 150
    leaves: int = 8
    learning_rate: float = 0.04
    leaf_rows: int = 100


@dataclass(frozen=True, slots=True)
class ChurnModel:
    """A fitted and calibrated model.

    The calibrated log-odds are `calibration_intercept + calibration_slope x` the learner's.
    `average`: float64 (k,), the average member in the units of the measures (means taken on their
    scales). `trees` is LightGBM's text format.
    """

    learner: Learner
    measures: tuple[Measure, ...]
    average: Floats
    calibration_intercept: float
    calibration_slope: float
    churned_share: float
    rows: int
    candidates: tuple[Candidate, ...]
    additive: Additive | None = None
    trees: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities and where they come from.

    `probability`: float64 (n,). `contributions`: float64 (n, k), what each measure adds to the
    log-odds compared with the average member. The log-odds of row i are
    `average_log_odds + contributions[i].sum()`, exactly.
    """

    customer: Integers
    probability: Floats
    contributions: Floats
    average_log_odds: float
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one member's probability differs from the average member's: the measure, the member's
    value and the average member's, the contribution in log-odds, and the percentage points that the
    probability would fall by (rise by, if negative) without it."""

    code: str
    unit: str
    value: float
    average: float
    log_odds: float
    points: float


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """Customers with similar predictions: what was said, and what came out of it."""

    customers: int
    predicted: float
    observed: Interval


@dataclass(frozen=True, slots=True)
class LiftRow:
    """The `share` of customers with the highest probabilities. `precision` is the churned share
    among them, `lift` that over the churned share of all, `found` the share of all churned that is
    among them, `lift_most` what no model could exceed."""

    share: float
    customers: int
    precision: Interval
    lift: Interval
    found: Interval
    lift_most: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """How good probabilities were, on customers that the model had not seen.

    `calibration_error` is the expected calibration error over bins of equally many customers;
    `calibration_error_by_chance` is what perfectly calibrated probabilities would show on as many
    customers. `calibration_z` is Spiegelhalter's statistic, standard normal under calibration.
    `brier_skill` is 1 - Brier / the Brier score of giving everyone the churned share.
    """

    customers: int
    churned_share: float
    auc: Interval
    brier: Interval
    brier_skill: float
    log_loss: float
    calibration_error: float
    calibration_error_by_chance: float
    calibration_z: float
    calibration: tuple[CalibrationRow, ...]
    lift: tuple[LiftRow, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """A feature that changed when only days at or after the cut had changed. `row` is the first
    customer's row that differs, -1 where the table itself has another shape or other customers."""

    feature: str
    change: str
    row: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Leakage:
    """What a leakage test found. `changes` names what was done to the future."""

    leaks: tuple[Leak, ...]
    changes: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether no feature looked past the cut."""
        return not self.leaks


@dataclass(frozen=True, slots=True)
class Learned:
    """A model for use, and how the same procedure did on customers that it was not fitted on.

    `held_out`: float64 (n,), each customer's probability by a model of the other folds; `churned`:
    bool (n,). `rhythm` computes the features of later dates as the model knows them; where it is
    None, `rhythm_missing` says why.
    """

    model: ChurnModel
    rhythm: PurchaseFit | None
    rhythm_missing: str
    features: Features
    churned: Booleans
    held_out: Floats
    assessment: Assessment
    horizon_days: float
