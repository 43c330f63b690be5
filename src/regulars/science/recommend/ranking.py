"""Ranked lists: score, take away what may not be shown, order, and spread over kinds of items.

Customers are worked on in blocks, so that memory does not grow with their number.
"""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Integers
from regulars.science.errors import NoData
from regulars.science.recommend.contracts import (
    Constraints,
    Kind,
    Recommendations,
    Recommender,
    Singles,
    Source,
)
from regulars.science.recommend.diversity import checked_category, spread
from regulars.science.recommend.eligibility import checked_constraints, eligible
from regulars.science.recommend.ordering import best
from regulars.science.recommend.scoring import (
    POPULARITY_WEIGHT,
    discovery_scores,
    owned,
    repeat_scores,
)

_BLOCK = 512
_NO_CONSTRAINTS = Constraints()


def recommend(
    model: Recommender,
    customer: Integers,
    k: int = 10,
    *,
    kind: Kind = Kind.ALL,
    constraints: Constraints = _NO_CONSTRAINTS,
    diversity: float = 0.0,
    category: Integers | None = None,
) -> Recommendations:
    """The k best items for each of the n customers, best first.

    `customer` int64 (n,), codes of the fitted customers. Repeats and discoveries can be asked for
    apart by `kind`. `diversity` from 0 (by score alone) to 1 (as different as possible) reorders by
    maximal marginal relevance (see `diversity.spread`), where two items are alike when they share a
    `category` (int64 (items,), any codes), or without categories by how often the same customers
    buy both. A customer without purchases gets what the segment buys.

    Places that nothing may fill hold -1: there are fewer eligible items than places. Equal scores
    are ordered by item code. Raises NoData for no customer, OutOfRange and WrongShape for what does
    not fit, HalfConstraint for a constraint without its other half.
    """
    customer = _checked_customers(model, customer)
    checks.number("k", k, at_least=1)
    checks.number("diversity", diversity, at_least=0.0, at_most=1.0)
    items = model.history.items
    if category is not None:
        checked_category(category, items)
    limits = checked_constraints(constraints, customer.size, items)
    item = np.full((customer.size, k), -1, dtype=np.int64)
    score = np.zeros((customer.size, k))
    source = np.zeros((customer.size, k), dtype=np.int64)
    for start in range(0, customer.size, _BLOCK):
        rows = slice(start, min(start + _BLOCK, customer.size))
        values, days = _block_scores(model, customer[rows])
        values[~eligible(limits, rows, days > 0, kind)] = -np.inf
        if diversity > 0.0:
            chosen = spread(model, values, k, diversity, category)
        else:
            chosen = best(values, k)
        filled = np.take_along_axis(values, chosen, axis=1)
        places = slice(0, chosen.shape[1])
        item[rows, places] = np.where(np.isfinite(filled), chosen, -1)
        score[rows, places] = np.where(np.isfinite(filled), filled, 0.0)
        source[rows, places] = _sources(filled, np.take_along_axis(days, chosen, axis=1))
    return Recommendations(customer, item, score, source)


def _checked_customers(model: Recommender, customer: Integers) -> Integers:
    checked = checks.codes("customer", customer, model.history.customers)
    if checked.size == 0:
        raise NoData("customer")
    return checked


def _block_scores(model: Recommender, customer: Integers) -> tuple[Singles, Singles]:
    """The scores (n, items) with popularity as the last word, and the days of purchase."""
    values = repeat_scores(model, customer)
    values += discovery_scores(model, customer)
    popular = model.popularity[model.segment[customer]]
    values += (POPULARITY_WEIGHT * popular).astype(np.float32)
    return values, owned(model, customer)


def _sources(score: Singles, days: Singles) -> Integers:
    """Why each place is filled; popularity alone never gives more than its weight."""
    personal = np.where(score > POPULARITY_WEIGHT, Source.DISCOVERY, Source.POPULAR)
    source = np.where(days > 0, Source.REPEAT, personal)
    answer: Integers = np.where(np.isfinite(score), source, Source.NOTHING).astype(np.int64)
    return answer
