"""What satisfaction answers: scores with intervals, weights against response bias, drivers."""

from dataclasses import dataclass

from regulars.science.contracts import Floats, Interval

THIN = 30.0
"""Fewer effective answers than this and a score is thin: its interval is honest, but so wide that
only large differences can be told (an NPS of 30 answers is known to within about 30 points)."""


@dataclass(frozen=True, slots=True)
class Score:
    """One score of n answers.

    `estimate` in the unit of the score. `shares` float64: the weighted share of each class, which
    sum to 1; of NPS detractors, passives, promoters; of CSAT not satisfied, satisfied; of CES one
    per point of the scale. `answers`: how many. `effective_answers`: how many equally weighted ones
    would say as much. `is_thin`: fewer than `THIN` effective answers.
    """

    estimate: Interval
    shares: Floats
    answers: int
    effective_answers: float
    is_thin: bool


@dataclass(frozen=True, slots=True)
class ResponseWeights:
    """Weights that make those who answered stand for those who were asked.

    `weight` float64 (answers,), in the order of the answers, mean 1. `propensity` float64 (asked,):
    the estimated chance to answer; empty for post-stratification. `imbalance_before`,
    `imbalance_after` float64 (features,): how far the mean of each feature among those who answered
    lies from that of all asked, in standard deviations; above 0.1 a difference is left. `trimmed`:
    how many weights were cut. `design_effect`: answers / effective answers. `is_converged`: the
    fit got there. `is_thin`: fewer than `THIN` effective answers, or less than half of the answers
    left: a few people speak for all.
    """

    weight: Floats
    propensity: Floats
    imbalance_before: Floats
    imbalance_after: Floats
    answers: int
    effective_answers: float
    design_effect: float
    trimmed: int
    is_converged: bool
    is_thin: bool


@dataclass(frozen=True, slots=True)
class Driver:
    """One feature against the satisfaction.

    `effect`: standardised regression coefficient, the difference in standard deviations of
    satisfaction that goes with one of the feature, the others held. `importance`: its part of the
    explained variance (LMG); the parts of all drivers sum to `Drivers.explained`. `mean`: the
    feature's weighted mean, in its own unit.
    """

    effect: Interval
    importance: Interval
    mean: float


@dataclass(frozen=True, slots=True)
class Drivers:
    """What goes with satisfaction, in the order of the columns. `explained`: the share of its
    variance, R squared."""

    drivers: tuple[Driver, ...]
    explained: Interval
    answers: int
    effective_answers: float
    is_thin: bool
