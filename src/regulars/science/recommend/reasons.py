"""Why an item stands in a list, in numbers that a sentence can be made of.

A discovery is explained by the one purchase that speaks most for it in the model itself (the
largest weight B_ij among the items i of the customer), and told in counts anybody can check: of
those who bought i, how many bought j too. The sentence may be shorter than the model, never other.
"""

import numpy as np

from regulars.science.contracts import Floats, Integers
from regulars.science.recommend.contracts import (
    Reasons,
    Recommendations,
    Recommender,
    Source,
)


def reasons(model: Recommender, lists: Recommendations) -> Reasons:
    """The reasons of every place of the lists, which the same model gave."""
    because = _strongest(model, lists)
    told = because >= 0
    i, j = np.where(told, because, 0), np.where(told, lists.item, 0)
    both = np.where(told, model.together[i, j], 0.0)
    bought = np.diag(model.together)
    of = np.where(told, bought[i], 0.0)
    # Lift: P(i and j) / (P(i) P(j)) over the customers who bought anything.
    buyers = np.count_nonzero(np.diff(model.history.start))
    lift = np.where(told, both * buyers / np.maximum(bought[i] * bought[j], 1.0), 0.0)
    times, days_since = _repeats(model, lists)
    return Reasons(
        because=because,
        both=np.rint(both).astype(np.int64),
        of=np.rint(of).astype(np.int64),
        lift=lift.astype(np.float64),
        times=times,
        days_since=days_since,
    )


def _strongest(model: Recommender, lists: Recommendations) -> Integers:
    """The purchase that speaks most for each discovery, -1 for other places and where none does."""
    because = np.full(lists.item.shape, -1, dtype=np.int64)
    for row, customer in enumerate(lists.customer):
        places = np.flatnonzero(lists.source[row] == Source.DISCOVERY)
        first, last = model.history.start[customer], model.history.start[customer + 1]
        if not places.size or first == last:
            continue
        bought = model.history.item[first:last]
        speaks = model.weights[bought[:, None], lists.item[row, places][None, :]]
        strongest = np.argmax(speaks, axis=0)
        positive = speaks[strongest, np.arange(places.size)] > 0.0
        because[row, places] = np.where(positive, bought[strongest], -1)
    return because


def _repeats(model: Recommender, lists: Recommendations) -> tuple[Integers, Floats]:
    """How many days a repeat was bought on, and the days since the latest; 0 for other places."""
    times = np.zeros(lists.item.shape, dtype=np.int64)
    days_since = np.zeros(lists.item.shape)
    for row, customer in enumerate(lists.customer):
        places = np.flatnonzero(lists.source[row] == Source.REPEAT)
        first, last = model.history.start[customer], model.history.start[customer + 1]
        pair = first + np.searchsorted(model.history.item[first:last], lists.item[row, places])
        times[row, places] = np.rint(model.history.count[pair]).astype(np.int64)
        days_since[row, places] = model.at - model.history.last_day[pair]
    return times, days_since
