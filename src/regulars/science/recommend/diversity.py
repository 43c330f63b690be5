"""Lists that are not ten times the same: maximal marginal relevance.

Carbonell & Goldstein 1998, "The use of MMR, diversity-based reranking", SIGIR. The first place goes
to the best score; each further one to the item with the largest
(1 - diversity) relevance - diversity (similarity to the most similar item already in the list).
"""

import numpy as np

from regulars.science.contracts import Floats, Integers
from regulars.science.errors import WrongShape
from regulars.science.recommend.contracts import Recommendations, Recommender, Singles
from regulars.science.recommend.ordering import best

# So many candidates per place are looked at: further down little relevance is left to trade.
CANDIDATES_PER_PLACE = 5
_BLOCK = 64


def spread(
    model: Recommender,
    values: Singles,
    k: int,
    diversity: float,
    category: Integers | None,
) -> Integers:
    """The columns chosen for each row of `values` (n, items), -inf where nothing may be shown;
    int64 (n, min(k, items)).

    Relevance is the score divided by the row's best, so that it lies between 0 and 1 as the
    similarity does. Candidates are the best `CANDIDATES_PER_PLACE` k items.
    """
    candidates = best(values, min(CANDIDATES_PER_PLACE * k, values.shape[1]))
    scores = np.take_along_axis(values, candidates, axis=1)
    chosen = [
        _greedy(scores[block], similarity(model, candidates[block], category), k, diversity)
        for block in (slice(start, start + _BLOCK) for start in range(0, len(scores), _BLOCK))
    ]
    answer: Integers = np.take_along_axis(candidates, np.concatenate(chosen), axis=1)
    return answer


def similarity(model: Recommender, item: Integers, category: Integers | None) -> Floats:
    """How alike the items of each row are, float64 (n, m, m) from 0 to 1, for item (n, m).

    With categories 1 within one and 0 between two; else the cosine of who bought them,
    together_ij / sqrt(together_ii together_jj), 0 for an item that nobody bought.
    """
    if category is not None:
        kinds = np.asarray(category)[item]
        alike: Floats = (kinds[:, :, None] == kinds[:, None, :]).astype(np.float64)
        return alike
    both = model.together[item[:, :, None], item[:, None, :]].astype(np.float64)
    alone = np.sqrt(np.maximum(np.diag(model.together)[item], 1.0))
    cosine: Floats = both / (alone[:, :, None] * alone[:, None, :])
    return cosine


def checked_category(category: Integers, items: int) -> None:
    """Refuse categories that are not one per item; what they are called does not matter."""
    if np.asarray(category).shape != (items,):
        raise WrongShape("category", np.asarray(category).shape, f"({items},)")


def list_similarity(
    model: Recommender, lists: Recommendations, category: Integers | None = None
) -> float:
    """How alike the items of a list are: the mean similarity of its pairs, over all lists of two
    items and more (intra-list similarity, Ziegler et al. 2005, WWW, equation 3, as a mean).

    From 0 to 1; 0 where no list has two items.
    """
    if category is not None:
        checked_category(category, model.history.items)
    filled = lists.item >= 0
    pairs = filled[:, :, None] & filled[:, None, :]
    pairs &= ~np.eye(lists.item.shape[1], dtype=np.bool_)
    alike = similarity(model, np.where(filled, lists.item, 0), category)
    counts = pairs.sum(axis=(1, 2))
    if not counts.any():
        return 0.0
    sums = (alike * pairs).sum(axis=(1, 2))
    return float((sums[counts > 0] / counts[counts > 0]).mean())


def _greedy(scores: Singles, alike: Floats, k: int, diversity: float) -> Integers:
    """The positions chosen among the candidates, int64 (n, min(k, m)); candidates come best first.

    What may not be shown keeps the value -inf and is chosen last.
    """
    rows = np.arange(len(scores))
    # What may not be shown is out of reach of every similarity, but above what is taken.
    shown = np.isfinite(scores)
    top = np.where(shown[:, :1] & (scores[:, :1] > 0), scores[:, :1], 1.0)
    relevance = np.where(shown, (1.0 - diversity) * (np.where(shown, scores, 0.0) / top), -10.0)
    places = min(k, scores.shape[1])
    chosen = np.zeros((len(scores), places), dtype=np.int64)
    taken = np.zeros(scores.shape, dtype=np.bool_)
    nearest = np.zeros(scores.shape)
    for place in range(places):
        value = np.where(taken, -np.inf, relevance - diversity * nearest)
        pick = np.argmax(value, axis=1) if place else np.zeros(len(scores), dtype=np.int64)
        chosen[:, place] = pick
        taken[rows, pick] = True
        nearest = np.maximum(nearest, alike[rows, pick])
    return chosen
