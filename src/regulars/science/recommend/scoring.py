"""What each item is worth to a customer: what they buy again and what goes with it, blended.

With P the decayed personal frequency, x the items bought (0 or 1), B the item weights and t the
trend of an item, the score is

    P_i t_i^repeat_power + discovery_weight max((x B)_i, 0) t_i^discovery_power.

Personal frequency alone is hard to beat on repeat purchases (Hu et al. 2020, SIGIR); the second
term ranks what is new (Steck 2019, WWW). Negative evidence is no reason to rank one item that
nothing speaks for before another, so it is cut at 0 and the segment's popularity decides there.
"""

import numpy as np
from scipy import sparse

from regulars.science.contracts import Integers
from regulars.science.recommend.contracts import Recommender, Singles
from regulars.science.recommend.history import dense, positions

# Popularity only orders what nothing personal speaks for: a share is at most 1, so that it moves
# no score by more than this, where one purchase a year ago is worth about 0.2.
POPULARITY_WEIGHT = 1e-6


def repeat_scores(model: Recommender, customer: Integers) -> Singles:
    """The first term, float32 (n, items); 0 where the customer never bought the item."""
    scores = dense(model.history, customer, model.history.frequency)
    scores *= (model.trend**model.settings.repeat_trend_power).astype(np.float32)
    return scores


def discovery_scores(model: Recommender, customer: Integers) -> Singles:
    """The second term, float32 (n, items), for items bought before as well: what is bought with
    things that one likes is bought again sooner."""
    scores: Singles = _bought(model, customer) @ model.weights
    np.maximum(scores, 0.0, out=scores)
    power = model.trend**model.settings.discovery_trend_power
    scores *= (model.settings.discovery_weight * power).astype(np.float32)
    return scores


def owned(model: Recommender, customer: Integers) -> Singles:
    """On how many days the customers bought each item, float32 (n, items)."""
    return dense(model.history, customer, model.history.count)


def _bought(model: Recommender, customer: Integers) -> sparse.csr_array:
    """Whether the customers bought each item, as sparse rows of 0 and 1."""
    past = model.history
    length = past.start[customer + 1] - past.start[customer]
    item = past.item[positions(past.start[customer], length)]
    start = np.concatenate(([0], np.cumsum(length)))
    ones = np.ones(item.size, dtype=np.float32)
    return sparse.csr_array((ones, item, start), shape=(customer.size, past.items))
