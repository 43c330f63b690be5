"""Sums over customers in the order of their score: what the Qini curve and its relatives are made
of, for the sample itself and for resamples of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats, Integers
from regulars.science.errors import TooFew
from regulars.science.uplift.contracts import QiniCurve


@dataclass(frozen=True, slots=True)
class Ranked:
    """Customers sorted by score, best first; `ends` are the last rows of each distinct score."""

    treated: Booleans
    outcome: Floats
    ends: Integers


@dataclass(frozen=True, slots=True)
class Cumulated:
    """Sums over the best customers at k shares, which start at 0; all float64 (k,)."""

    share: Floats
    treated: Floats
    controls: Floats
    treated_outcome: Floats
    control_outcome: Floats

    def at(self, share: float) -> tuple[float, float, float, float]:
        """The four sums at any share; customers with one score are taken in evenly."""
        return (
            float(np.interp(share, self.share, self.treated)),
            float(np.interp(share, self.share, self.controls)),
            float(np.interp(share, self.share, self.treated_outcome)),
            float(np.interp(share, self.share, self.control_outcome)),
        )

    @property
    def qini(self) -> Floats:
        """The curve of `QiniCurve.incremental`."""
        control = _quotient(self.control_outcome * self.treated, self.controls)
        answered: Floats = (self.treated_outcome - control) / self.treated[-1]
        return answered

    @property
    def uplift(self) -> Floats:
        """Share times the difference of means among the best; an empty arm counts as 0."""
        answered: Floats = self.share * (
            _quotient(self.treated_outcome, self.treated)
            - _quotient(self.control_outcome, self.controls)
        )
        return answered

    @property
    def effect(self) -> float:
        """The difference of means over all."""
        return float(
            self.treated_outcome[-1] / self.treated[-1]
            - self.control_outcome[-1] / self.controls[-1]
        )

    def uplift_at(self, share: float) -> float:
        """The difference of means among the best share; an empty arm counts as 0."""
        treated, controls, of_treated, of_controls = self.at(share)
        above = of_treated / treated if treated > 0.0 else 0.0
        return above - (of_controls / controls if controls > 0.0 else 0.0)


def qini_curve(score: ArrayLike, treated: ArrayLike, outcome: ArrayLike) -> QiniCurve:
    """The Qini curve of a score: `score`, `outcome` float64 (n,), `treated` bool (n,).

    Raises NoData, WrongShape, NotFinite; TooFew where an arm is empty.
    """
    sums = cumulated(ranked(score, treated, outcome))
    return QiniCurve(sums.share, sums.qini)


def area_over_random(share: Floats, curve: Floats) -> float:
    """The area between a curve and the straight line to its last point (trapezoids)."""
    return float(np.trapezoid(curve, share) - curve[-1] / 2.0)


def ranked(score: ArrayLike, treated: ArrayLike, outcome: ArrayLike) -> Ranked:
    """Check, and sort by falling score."""
    values = checks.floats("outcome", outcome)
    scores = checks.floats("score", score, length=values.size)
    arms = checks.flags("treated", treated, length=values.size)
    for chosen, what in ((arms, "treated customers"), (~arms, "control customers")):
        if not chosen.any():
            raise TooFew(what, 0, 1)
    order = np.argsort(-scores, kind="stable")
    sorted_scores = scores[order]
    ends = np.flatnonzero(np.append(sorted_scores[1:] != sorted_scores[:-1], True))
    return Ranked(arms[order], values[order], ends.astype(np.int64))


def cumulated(rows: Ranked, weight: Floats | None = None) -> Cumulated:
    """The sums at each distinct score; `weight` is how often a resample has each row."""
    treated = rows.treated.astype(np.float64)
    controls = 1.0 - treated
    if weight is not None:
        treated, controls = treated * weight, controls * weight
    sums = [
        np.concatenate([[0.0], np.cumsum(column)[rows.ends]])
        for column in (treated, controls, treated * rows.outcome, controls * rows.outcome)
    ]
    return Cumulated((sums[0] + sums[1]) / (sums[0][-1] + sums[1][-1]), *sums)


def resampled_weights(treated: Booleans, random: np.random.Generator) -> Floats:
    """How often each row is drawn when each arm is drawn anew from itself."""
    weight = np.empty(treated.size)
    for chosen in (treated, ~treated):
        count = int(chosen.sum())
        weight[chosen] = np.bincount(random.integers(0, count, count), minlength=count)
    return weight


def _quotient(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0.0)
