"""Velocity: the most that an entity does within any window of time."""

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.contracts import Floats, Integers


def peak_within(
    entity: ArrayLike,
    day: ArrayLike,
    entities: int,
    window_days: float,
    *,
    weight: ArrayLike | None = None,
) -> Floats:
    """The largest sum of weights (the number of events where None) in any window of that length,
    float64 (entities,); 0 for an entity without events.

    `entity`: int64 (n,), codes from 0. `day`: float64 (n,). `weight`: float64 (n,), at least 0. A
    window is half-open, (t - window, t], and it is enough to look at those that end with an event.
    """
    who = checks.codes("entity", entity, entities)
    when = checks.floats("day", day, length=who.shape[0], allow_empty=True)
    checks.number("window_days", window_days, above=0.0)
    amounts = (
        np.ones(who.shape[0])
        if weight is None
        else checks.floats("weight", weight, length=who.shape[0], at_least=0.0, allow_empty=True)
    )
    peaks = np.zeros(entities)
    if who.shape[0] == 0:
        return peaks
    order, first = _ordered(who, when, window_days)
    sums = np.concatenate([[0.0], np.cumsum(amounts[order])])
    within = sums[1:] - sums[first]
    np.maximum.at(peaks, who[order], within)
    return peaks


def sum_before(
    entity: Integers,
    day: Floats,
    weight: Floats,
    asked_entity: Integers,
    asked_day: Floats,
    window_days: float,
) -> Floats:
    """For each asked (entity, day) the sum of weights of that entity's events in the window
    [day - window, day], float64 (asked,)."""
    if entity.shape[0] == 0 or asked_entity.shape[0] == 0:
        return np.zeros(asked_entity.shape[0])
    origin = min(float(day.min()), float(asked_day.min()))
    gap = max(float(day.max()), float(asked_day.max())) - origin + 2.0 * window_days + 1.0
    key = entity * gap + (day - origin)
    order = np.argsort(key, kind="stable")
    key = key[order]
    sums = np.concatenate([[0.0], np.cumsum(weight[order])])
    asked = asked_entity * gap + (asked_day - origin)
    last = np.searchsorted(key, asked, side="right")
    first = np.searchsorted(key, asked - window_days, side="left")
    answer: Floats = sums[last] - sums[first]
    return answer


def _ordered(who: Integers, when: Floats, window_days: float) -> tuple[Integers, Integers]:
    """The events by entity and time, and for each the first event that shares its window."""
    # One axis for all: entities lie further apart than any window reaches.
    origin = float(when.min())
    gap = float(when.max()) - origin + window_days + 1.0
    key = who * gap + (when - origin)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    return order, np.searchsorted(ordered, ordered - window_days, side="right")
