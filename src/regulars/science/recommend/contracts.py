"""What recommending takes and answers: settings, the fitted model, lists with their reasons, and
how well lists did.

Customers and items are codes from 0. Customers stand in rows, places of a list in columns; a place
that nothing may fill holds the item -1 and the score 0.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from regulars.science.contracts import Booleans, Floats, Integers, Interval

Singles = NDArray[np.float32]


class Kind(IntEnum):
    """Which items a list may hold: all of them, those that the customer has bought before, or
    those that are new to the customer."""

    ALL = 0
    REPEAT = 1
    DISCOVERY = 2


class Source(IntEnum):
    """Why an item stands where it does."""

    NOTHING = 0
    """The place is empty: nothing else may be shown."""
    REPEAT = 1
    """The customer has bought it before."""
    DISCOVERY = 2
    """Customers who bought what this customer bought have bought it."""
    POPULAR = 3
    """The customer's segment buys it; nothing personal speaks for it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the model is told and does not learn; `tuning.choose_settings` picks among several.

    `half_life_days`: after so many days a purchase counts half. `regularization`: the ridge penalty
    of the item weights, in customers. `discovery_weight`: what the evidence of other purchases
    counts against one purchase of today. `trend_half_life_days`, `trend_prior` (purchases): how
    fast and how carefully an item's trend is followed; `repeat_trend_power` and
    `discovery_trend_power`: how strongly it counts, 0 for not at all. `segment_prior`: how many
    purchases of all customers are mixed into a segment's popularity. `items_max`: the most items
    that are fitted, as the item weights are a dense (items, items) inverse: 10,000 take 2.7 GB and
    half a minute of one core, and twice the items four and eight times as much. The values
    here did best for a shop of 3,400 customers and 3,400 items; `regularization` grows with the
    number of customers.
    """

    half_life_days: float = 365.0
    regularization: float = 1000.0
    discovery_weight: float = 4.0
    trend_half_life_days: float = 14.0
    trend_prior: float = 4.0
    repeat_trend_power: float = 0.15
    discovery_trend_power: float = 0.5
    segment_prior: float = 50.0
    items_max: int = 10_000


@dataclass(frozen=True, slots=True)
class History:
    """Who has bought what, as compressed rows: the pairs of customer c stand from `start[c]` to
    `start[c + 1]`, their items ascending.

    `start` int64 (customers + 1,). Per pair: `item` int64; `count` float32, on how many days it was
    bought; `frequency` float32, the same with each day decayed by its age; `last_day` float64, the
    whole day of the latest purchase.
    """

    start: Integers
    item: Integers
    count: Singles
    frequency: Singles
    last_day: Floats
    customers: int
    items: int


@dataclass(frozen=True, slots=True)
class Recommender:
    """The fitted model.

    `at`: the day it stands at; purchases before it are known. `weights` float32 (items, items):
    row i says what a purchase of item i speaks for each other item, 0 on the diagonal. `together`
    float32 (items, items): how many customers bought both; on the diagonal, how many bought it.
    `trend` float64 (items,): recent sales against what the item's whole past would give, 1 for
    unchanged. `popularity` float64 (segments, items): share of a segment's recent purchases, every
    row sums to 1. `segment` int64 (customers,).
    """

    settings: Settings
    at: float
    history: History
    weights: Singles
    together: Singles
    trend: Floats
    popularity: Floats
    segment: Integers


@dataclass(frozen=True, slots=True)
class Constraints:
    """What may be shown to the n customers asked about; what is None does not limit.

    `available` bool (items,): in stock and on offer. `price` float64 (items,) with `budget` float64
    (n,): shown where price <= budget, in one unit, points or money. `tier_needed` int64 (items,)
    with `tier` int64 (n,): shown where tier >= tier_needed. `excluded` bool (n, items): never
    shown, for instance what is owned already and bought once in a life.
    """

    available: Booleans | None = None
    price: Floats | None = None
    budget: Floats | None = None
    tier_needed: Integers | None = None
    tier: Integers | None = None
    excluded: Booleans | None = None


@dataclass(frozen=True, slots=True)
class Recommendations:
    """Ranked lists for n customers, best first.

    `customer` int64 (n,). `item` int64 (n, k), -1 where a place is empty. `score` float64 (n, k):
    comparable within one customer only. `source` int64 (n, k) of `Source`.
    """

    customer: Integers
    item: Integers
    score: Floats
    source: Integers


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why each place of the lists is filled, as numbers to make a sentence of; all (n, k).

    For a repeat: `times` (int64), the days on which the customer bought it, and `days_since`
    (float64), the age of the latest. For a discovery, "because you bought": `because` (int64), the
    item of the customer's history that speaks most for it, -1 for none; `both` (int64), how many
    customers bought the two; `of` (int64), how many bought `because`; `lift` (float64), how many
    times as often as if the two had nothing to do with each other. What does not apply is 0.
    """

    because: Integers
    both: Integers
    of: Integers
    lift: Floats
    times: Integers
    days_since: Floats


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What the n customers of a test window bought in it, for one kind of list.

    `customer` int64 (n,). `start` int64 (n + 1,) and `item`: compressed rows of the relevant items.
    `unknown`: relevant pairs left out because nobody had bought the item before the window.
    """

    customer: Integers
    start: Integers
    item: Integers
    items: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Quality:
    """How well lists of k did over n customers: means with intervals over customers.

    `hit_rate` is the share of customers with at least one hit, `coverage` the share of the items
    that stand in at least one list.
    """

    k: int
    customers: int
    recall: Interval
    ndcg: Interval
    hit_rate: Interval
    coverage: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One model in one test window: all items, and repeat and discovery apart.

    `all`: any item may be shown. `repeat`: only items bought before are shown and counted.
    `discovery`: only items new to the customer are. A kind without a customer is None.
    `repeat_share`: how much of the lists of all items are repeats; high values mean that `all`
    says little about what the model discovers. `unknown`: purchases of items without a past.
    """

    settings: Settings
    all: Quality
    repeat: Quality | None
    discovery: Quality | None
    repeat_share: float
    unknown: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The settings that did best in the validation window, and how all of them did there, in the
    order given."""

    settings: Settings
    tried: tuple[Evaluation, ...]
