"""What crosses the door of segments: scores, named segments, clusters, profiles, moves and states.

A segment code is a place in the tuple of names that comes with it; -1 means not there.
"""

from dataclasses import dataclass
from enum import IntEnum

from regulars.science.contracts import Floats, Integers


@dataclass(frozen=True, slots=True)
class Purchases:
    """Recency, frequency and monetary value of n customers at a day.

    `customer`: int64 (n,), codes. `days_since_last`: float64 (n,). `orders`: int64 (n,), days with
    an order. `value`: float64 (n,), the sum paid, returns netted.
    """

    day: float
    customer: Integers
    days_since_last: Floats
    orders: Integers
    value: Floats


@dataclass(frozen=True, slots=True)
class RfmScale:
    """What is needed for each score from 2 to 5: float64 (4,) each, ascending.

    A score is 1 + how many thresholds the value reaches. Recency thresholds are over minus the days
    since the last order, so that more is better in all three. A threshold of infinity is one that
    no customer reached when the scale was learned.
    """

    recency: Floats
    frequency: Floats
    monetary: Floats


@dataclass(frozen=True, slots=True)
class Segment:
    """A named part of the recency and frequency scores, and what is known of the members in it."""

    code: str
    title: str
    meaning: str


@dataclass(frozen=True, slots=True)
class RfmScores:
    """Scores from 1 (least) to 5 and the named segment of n customers.

    `recency`, `frequency`, `monetary`, `segment`: int64 (n,); `segment` is a place in `segments`.
    """

    customer: Integers
    recency: Integers
    frequency: Integers
    monetary: Integers
    segment: Integers
    segments: tuple[Segment, ...]
    scale: RfmScale


@dataclass(frozen=True, slots=True)
class Stability:
    """How well `clusters` are found again in other customers.

    `prediction_strength` is the mean over `splits` random halves, from 0 to 1, `error` the standard
    error of that mean; `adjusted_rand` the mean agreement of the two ways to put a half into
    clusters, 0 for chance and 1 for the same.
    """

    clusters: int
    prediction_strength: float
    error: float
    adjusted_rand: float
    splits: int


@dataclass(frozen=True, slots=True)
class Clusters:
    """K-means clusters, the largest first.

    `centre`, `spread`: float64 (d,), what the values are standardised with. `centroids`: float64
    (k, d), standardised. `label`: int64 (n,). `explained`: the share of the variance that lies
    between the clusters. `stability`: what the number was chosen by; empty where it was given.
    """

    centre: Floats
    spread: Floats
    centroids: Floats
    label: Integers
    explained: float
    stability: tuple[Stability, ...]

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return int(self.centroids.shape[0])


@dataclass(frozen=True, slots=True)
class Profile:
    """One segment beside all customers, a vector (d,) over the columns that were given.

    `index` is 100 times the mean over the mean of all, 0 where that is 0. `total_share` is the
    segment's part of the column's sum, 0 where that is 0. An empty segment has zeros throughout.
    """

    name: str
    customers: int
    share: float
    mean: Floats
    median: Floats
    index: Floats
    total_share: Floats


@dataclass(frozen=True, slots=True)
class Moves:
    """Who went where between two dates. k segments and, last, those not there at the date.

    `counts`: int64 (k + 1, k + 1), from row to column. `share`, `low`, `high`: float64, the row's
    part that went there with Wilson's interval at `level`; an empty row has share 0 and an interval
    from 0 to 1. `net`: int64 (k,), how many more are in a segment after than before. `stayed`: of
    those there at both dates, the share in the segment they were in; 1 where nobody is.
    """

    names: tuple[str, ...]
    counts: Integers
    share: Floats
    low: Floats
    high: Floats
    net: Integers
    stayed: float
    level: float


class State(IntEnum):
    """Where a member stands. PROSPECT: no order yet."""

    PROSPECT = 0
    NEW = 1
    ACTIVE = 2
    AT_RISK = 3
    LOST = 4


@dataclass(frozen=True, slots=True)
class StateRule:
    """When a member changes state. The risk is any number that grows with silence; `lifecycle`
    takes the days since the last order over the member's usual gap.

    A state is entered at its `enter` and left at its `leave`, which is lower: between the two
    nothing changes. A member is new for `new_days` or until the second order. A change that no
    order has caused waits until the state has lasted `stay_days`. The usual gap of a member is the
    mean of the own gaps and one gap of `usual_gap_days`.
    """

    at_risk_enter: float = 3.0
    at_risk_leave: float = 1.5
    lost_enter: float = 6.0
    lost_leave: float = 4.0
    new_days: float = 60.0
    stay_days: float = 14.0
    usual_gap_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states over time. `days`: float64 (t,). `risk`: float64 (t, n), 0 for a prospect.
    `state`: int64 (t, n), values of State. `changes`: int64 (n,), how often each has changed since
    the first day, becoming new not counted."""

    days: Floats
    risk: Floats
    state: Integers
    changes: Integers
