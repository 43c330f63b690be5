"""Distinct histories with their weights: the likelihood of a million customers is a sum over a few
ten thousand rows, because orders are counted in whole days.

Histories off the grid of days (simulated in continuous time) stay as they are: sorting floats for
the few duplicates among them costs more than it saves.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from regulars.science.contracts import Floats, Integers
from regulars.science.lifetime.contracts import Histories

GRID_TOLERANCE = 1e-6
TABLE_MAX = 1 << 24
"""Largest direct-address table; beyond it keys are sorted."""


@dataclass(frozen=True, slots=True)
class Rows:
    """m distinct histories, each arrays (m,); `weight` counts the customers."""

    frequency: Integers
    recency: Floats
    age: Floats
    weight: Floats

    def sample(self, rows_max: int) -> "Rows":
        """About `rows_max` rows, every k-th of those with and of those without a repeat order,
        weighted up to all."""
        every = -(-self.frequency.shape[0] // rows_max)
        if every == 1:
            return self
        taken = slice(None, None, every)
        weight = self.weight[taken]
        return Rows(
            self.frequency[taken],
            self.recency[taken],
            self.age[taken],
            weight * (self.weight.sum() / weight.sum()),
        )


def distinct(histories: Histories) -> Rows:
    """The rows of the likelihood, sorted where they lie on the grid of days."""
    recency = days(histories.recency, histories.unit_days)
    age = days(histories.age, histories.unit_days)
    if recency is None or age is None:
        weight = np.ones(histories.age.shape)
        return Rows(histories.frequency, histories.recency, histories.age, weight)
    frequency = histories.frequency
    ages, recencies = int(age.max()) + 1, int(recency.max()) + 1
    if (int(frequency.max()) + 1) * ages * recencies > np.iinfo(np.int64).max // 2:
        weight = np.ones(histories.age.shape)
        return Rows(frequency, histories.recency, histories.age, weight)
    keys, counts = counted((frequency * recencies + recency) * ages + age)
    rest, last_age = np.divmod(keys, ages)
    count, last_recency = np.divmod(rest, recencies)
    unit = histories.unit_days
    return Rows(count, last_recency / unit, last_age / unit, counts.astype(np.float64))


def by_frequency_and_age(
    function: Callable[[Integers, Floats], Floats], histories: Histories
) -> Floats:
    """`function(frequency, age)` for each customer, computed once for each distinct pair."""
    age = days(histories.age, histories.unit_days)
    if age is None:
        return function(histories.frequency, histories.age)
    ages = int(age.max()) + 1
    keys, row = numbered(histories.frequency * ages + age)
    count, pair_age = np.divmod(keys, ages)
    return function(count, pair_age / histories.unit_days)[row]


def days(time: Floats, unit_days: float) -> Integers | None:
    """The times as whole days, where all of them are; else None."""
    scaled = time * unit_days
    whole = np.rint(scaled)
    if np.abs(scaled - whole).max() > GRID_TOLERANCE:
        return None
    return whole.astype(np.int64)


def counted(keys: Integers) -> tuple[Integers, Integers]:
    """Distinct keys >= 0, ascending, and how often each occurs."""
    if int(keys.max()) < min(TABLE_MAX, 32 * keys.shape[0]):
        table = np.bincount(keys)
        found = np.flatnonzero(table)
        return found, table[found]
    found, counts = np.unique_counts(keys)
    return found, counts


def numbered(keys: Integers) -> tuple[Integers, Integers]:
    """Distinct keys >= 0, ascending, and for each key which of them it is."""
    if int(keys.max()) < min(TABLE_MAX, 32 * keys.shape[0]):
        table = np.zeros(int(keys.max()) + 1, dtype=np.bool_)
        table[keys] = True
        number = np.cumsum(table) - 1
        return np.flatnonzero(table), number[keys]
    found, inverse = np.unique_inverse(keys)
    return found, inverse
