"""What an experiment is given and what it answers.

Every `difference` is treatment minus control, per unit, in the unit of the outcome. Units are what
was assigned (members, as a rule): one row each.
"""

from dataclasses import dataclass

from regulars.science.contracts import Booleans, Floats, Integers, Interval


@dataclass(frozen=True, slots=True)
class Design:
    """Who is to get what: `shares` of the units in the test go to `arms`, and only a share
    `traffic` of all units is in the test. The name is part of every hash: two experiments with
    different names are independent of each other."""

    name: str
    arms: tuple[str, ...]
    shares: tuple[float, ...]
    traffic: float = 1.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """What each of n units gets.

    `arm`: int64 (n,), the place in the design's arms, or -1 for who is not in the test.
    `holdout`: bool (n,), who is in the permanent holdout, and so in no test at all.
    """

    arm: Integers
    holdout: Booleans


@dataclass(frozen=True, slots=True)
class RatioMismatch:
    """Whether the arms have the sizes that they should have.

    `p_value` is Pearson's, for one look. `e_value` may be looked at every day: under the planned
    shares it ever reaches 1 / a with probability a at most. `mismatch`: do not read the results.
    """

    observed: Integers
    expected: Floats
    p_value: float
    e_value: float
    mismatch: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """The difference that treatment made.

    `control`, `treatment`: the means (or ratios of means) of the arms; `controls`, `treated`: their
    units. `relative` is treatment / control - 1, None where the control cannot be told from zero
    at the level, so that the ratio could be anything. `p_value` is two-sided, for one look.
    """

    control: float
    treatment: float
    controls: int
    treated: int
    difference: Interval
    relative: Interval | None
    standard_error: float
    p_value: float


@dataclass(frozen=True, slots=True)
class AdjustedEffect:
    """An effect with less noise, by what was known of the units before.

    `coefficients`: float64 (k,), one per covariate. `variance_reduction`: the share of the variance
    of the difference that the covariates took away. `imbalance_p_value`: that the covariates differ
    this much between the arms by chance; near zero they were measured after the start, or
    assignment is broken.
    """

    effect: Effect
    unadjusted: Effect
    coefficients: Floats
    variance_reduction: float
    imbalance_p_value: float


@dataclass(frozen=True, slots=True)
class Monitoring:
    """An experiment as it looked at each of k looks; arrays are (k,).

    `seen`: int64, units so far. `low` to `high` is always valid: all of them cover the truth at
    once with the level's probability, however often one looks and whenever one stops.
    `fixed_low` to `fixed_high` holds for one look chosen before. A look at which no outcome had
    varied yet has infinite ends. `p_value`: always valid, never rising. `decided_at`: the first
    look whose always-valid interval leaves zero out, or None.
    """

    seen: Integers
    estimate: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    fixed_low: Floats
    fixed_high: Floats
    p_value: Floats
    level: float
    decided_at: int | None


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """How many units of both arms together find `minimum_effect` with probability `power`.

    `expected_units`: how many are used on average where the effect is the minimum one and the test
    stops as soon as it may; equal to `units` for a single look. `looks` is 1 for a fixed horizon.
    """

    units: int
    expected_units: float
    minimum_effect: float
    power: float
    level: float
    looks: int


@dataclass(frozen=True, slots=True)
class Discoveries:
    """Which of m metrics moved, at a share of false ones among them of `rate` at most.

    `adjusted`: float64 (m,), adjusted p-values. `found`: bool (m,). `interval_level`: the level at
    which the intervals of the found metrics are to be read, so that the expected share of those
    that miss is `rate` at most; 1 - rate where none was found.
    """

    adjusted: Floats
    found: Booleans
    rate: float
    interval_level: float


@dataclass(frozen=True, slots=True)
class Return:
    """What treatment brought in money, over all treated units.

    `margin` and `cost` are incremental, `net` is their difference. `on_investment` is net / cost
    (0.5: each unit of cost came back with half of it on top); None where the cost cannot be told
    from zero at the level.
    """

    margin: Interval
    cost: Interval
    net: Interval
    on_investment: Interval | None
    treated: int
