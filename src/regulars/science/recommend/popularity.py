"""What sells at present: a trend per item, and popularity per segment for those without a past."""

import numpy as np

from regulars.science.contracts import Floats, Integers
from regulars.science.recommend.contracts import History, Settings
from regulars.science.recommend.history import owners


def trends(given: History, recent: History, prior: float) -> Floats:
    """Each item's recent sales against what its share of all sales would give, float64 (items,).

    `recent` is the same history decayed fast. With r an item's decayed purchases and e its share of
    all purchases times the sum of r: (r + prior) / (e + prior), the posterior mean of r / e when r
    is Poisson around e times a gamma variable of mean 1 and shape `prior` (the gamma-Poisson
    shrinker of DuMouchel 1999, The American Statistician 53(3), with one component). 1 for an item
    that nobody bought.
    """
    sold = np.bincount(given.item, weights=given.count, minlength=given.items)
    lately = np.bincount(recent.item, weights=recent.frequency, minlength=given.items)
    expected = sold * (lately.sum() / sold.sum())
    answer: Floats = (lately + prior) / (expected + prior)
    return answer


def segment_popularity(
    recent: History, segment: Integers, segments: int, settings: Settings
) -> Floats:
    """Each item's share of a segment's recent purchases, float64 (segments, items).

    A segment with few purchases leans on all customers: (n_si + m p_i) / (n_s + m), p being the
    shares over all customers and m the `segment_prior` (Dirichlet smoothing: Zhai & Lafferty 2004,
    ACM TOIS 22(2), section 3). A segment without any has p itself.
    """
    cell = segment[owners(recent)] * recent.items + recent.item
    size = segments * recent.items
    # Purchases so old that they have decayed to nothing still say more than nothing at all.
    amount = recent.frequency if recent.frequency.any() else recent.count
    counts = np.bincount(cell, weights=amount, minlength=size)
    bought = counts.reshape(segments, recent.items)
    overall = bought.sum(axis=0)
    shares = overall / overall.sum()
    prior = settings.segment_prior
    answer: Floats = (bought + prior * shares) / (bought.sum(axis=1, keepdims=True) + prior)
    return answer
