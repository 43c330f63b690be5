"""How many clusters are found again: prediction strength (Tibshirani & Walther 2005, Journal of
Computational and Graphical Statistics 14(3), equation 2.1).

Customers are split into random halves. Both are clustered; the second is also put into the first
half's clusters. The prediction strength is, in the worst cluster of the second half, the share of
its pairs that the first half's clusters keep together. The adjusted Rand index (Hubert & Arabie
1985, Journal of Classification 2) tells of the same comparison how much agrees over all.
"""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

from regulars.science import checks
from regulars.science.contracts import Floats, Integers
from regulars.science.segments.contracts import Stability

STRENGTH_LEAST = 0.8
"""Tibshirani & Walther, section 3: clusters above 0.8 to 0.9 are well separated."""
STARTS = 4
"""How often each k-means starts anew (k-means++, Arthur & Vassilvitskii 2007); the best is kept."""


def stability(
    standardised: Floats, clusters: int, *, splits: int, rows_most: int, seed: int
) -> Stability:
    """How stable `clusters` are over `splits` random halves of at most `rows_most` rows each."""
    if clusters == 1:
        return Stability(1, 1.0, 0.0, 1.0, splits)
    random = checks.generator(seed)
    strengths, agreements = np.empty(splits), np.empty(splits)
    half = min(standardised.shape[0] // 2, rows_most)
    for split in range(splits):
        rows = random.permutation(standardised.shape[0])[: 2 * half]
        first = k_means(standardised[rows[:half]], clusters, int(random.integers(2**31)))
        second = k_means(standardised[rows[half:]], clusters, int(random.integers(2**31)))
        predicted = nearest(standardised[rows[half:]], first.cluster_centers_)
        own = second.labels_.astype(np.int64)
        strengths[split] = prediction_strength(own, predicted)
        agreements[split] = adjusted_rand_score(own, predicted)
    return Stability(
        clusters,
        float(strengths.mean()),
        float(strengths.std(ddof=1) / np.sqrt(splits)),
        float(agreements.mean()),
        splits,
    )


def prediction_strength(own: Integers, predicted: Integers) -> float:
    """The least share of pairs of an own cluster that share a predicted one too. A cluster of one
    has no pair, and counts as 0: nobody else was found there."""
    together = contingency_matrix(own, predicted).astype(np.float64)
    sizes = together.sum(axis=1)
    if (sizes < 2).any():
        return 0.0
    kept = (together * (together - 1.0)).sum(axis=1) / (sizes * (sizes - 1.0))
    return float(kept.min())


def k_means(standardised: Floats, clusters: int, seed: int) -> KMeans:
    """The best of STARTS runs of Lloyd's algorithm."""
    return KMeans(clusters, n_init=STARTS, random_state=seed, algorithm="lloyd").fit(standardised)


def nearest(standardised: Floats, centroids: Floats) -> Integers:
    """The closest centroid of each row, the first of equally close ones: int64 (n,)."""
    squares = (centroids**2).sum(axis=1) - 2.0 * standardised @ centroids.T
    answer: Integers = np.argmin(squares, axis=1).astype(np.int64)
    return answer
