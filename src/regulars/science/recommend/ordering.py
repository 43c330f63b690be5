"""The best columns of each row, without sorting the rest."""

import numpy as np

from regulars.science.contracts import Integers
from regulars.science.recommend.contracts import Singles


def best(values: Singles, k: int) -> Integers:
    """The columns of the k largest values of each row, int64 (n, min(k, columns)), largest first;
    equal ones by column."""
    columns = values.shape[1]
    if k >= columns:
        order: Integers = np.argsort(-values, axis=1, kind="stable")
        return order
    # The k-th largest value cuts; among its equals the first columns are in.
    cut = -np.partition(-values, k - 1, axis=1)[:, k - 1 : k]
    above = values > cut
    room = k - above.sum(axis=1, keepdims=True)
    level = values == cut
    inside = above | (level & (np.cumsum(level, axis=1) <= room))
    shortlist = np.nonzero(inside)[1].reshape(-1, k)
    order = np.argsort(-np.take_along_axis(values, shortlist, axis=1), axis=1, kind="stable")
    answer: Integers = np.take_along_axis(shortlist, order, axis=1)
    return answer
