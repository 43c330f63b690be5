"""What an uplift model is asked and answers.

Uplift is the difference that treatment makes to one customer: E[outcome | treated] -
E[outcome | not treated] for customers like this one, in the unit of the outcome. Shares are of
the customers looked at, best score first.
"""

from dataclasses import dataclass
from typing import Literal

from regulars.science.contracts import Booleans, Floats, Integers, Interval

Learner = Literal["t", "x", "dr"]
Base = Literal["linear", "boosted"]


@dataclass(frozen=True, slots=True)
class UpliftScores:
    """For each of n customers, float64 (n,): the expected `uplift`, and the `baseline`, what is
    expected without treatment (who has a high one is a likely buyer, persuadable or not)."""

    uplift: Floats
    baseline: Floats


@dataclass(frozen=True, slots=True)
class QiniCurve:
    """What targeting the best `share` of customers brings; arrays are (k,) and start at 0.

    `incremental`: Q(share) = (Yt - Yc Nt / Nc) / T, where Nt and Nc are the treated and control
    customers among the best share, Yt and Yc their outcomes, T all treated customers: the
    incremental outcome per treated head (Radcliffe 2007, "Using control groups to target on
    predicted lift", Direct Marketing Analytics Journal, the Qini curve, divided by T). Where no
    control is among the best yet, Yc Nt / Nc counts as 0. Customers with one score are one step.
    The random line goes straight from 0 to the last point, which is the average effect.
    """

    share: Floats
    incremental: Floats


@dataclass(frozen=True, slots=True)
class UpliftAt:
    """The effect among the best `share`: mean outcome of its treated less that of its controls.

    `treatment` and `control` are those means; `customers` is how many the share stands for.
    """

    share: float
    uplift: Interval
    treatment: float
    control: float
    customers: int


@dataclass(frozen=True, slots=True)
class UpliftEvaluation:
    """How well a score ranks by uplift, on customers that it did not learn from.

    `qini`: the area between the Qini curve and the random line, per head: the integral of Q over
    shares from 0 to 1, less half of its last point. 0 is random; it is not divided by the area of
    a perfect curve, which for yes-or-no outcomes no score can reach. `auuc`: the area under share
    times uplift among the best share. `effect`: the average effect over all; a random score has
    the AUUC effect / 2. Intervals are percentiles of resamples within the arms.
    """

    curve: QiniCurve
    qini: Interval
    auuc: Interval
    effect: Interval
    at: tuple[UpliftAt, ...]


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """What "treat the best `share`" is worth, per head of all customers, in money.

    `value` is of the policy itself, `over_nobody`, `over_everybody` and `over_random` its gain over
    treating none, all, and as many at random.
    """

    share: float
    value: Interval
    over_nobody: Interval
    over_everybody: Interval
    over_random: Interval


@dataclass(frozen=True, slots=True)
class TargetingComparison:
    """The customers with the highest uplift against as many likely buyers.

    `gain` is the difference of the two effects; `overlap` the share of customers in both groups;
    `baseline_by_uplift` and `baseline_by_likelihood` what each group does without treatment.
    """

    share: float
    by_uplift: UpliftAt
    by_likelihood: UpliftAt
    gain: Interval
    overlap: float
    baseline_by_uplift: float
    baseline_by_likelihood: float


@dataclass(frozen=True, slots=True)
class LearnerScore:
    """How well one learner ranks, by Qini over customers that it had not seen (see
    `UpliftEvaluation`). `learner` is None for the score that only looks for likely buyers."""

    learner: Learner | None
    base: Base
    qini: Interval


@dataclass(frozen=True, slots=True)
class ResponseKinds:
    """Who is worth a treatment. `kind`: int64 (n,), the place in `names`; `count`: int64 (4,)."""

    names: tuple[str, str, str, str]
    kind: Integers
    count: Integers
    worth_treating: Booleans
