"""K-means clusters of customers, as many as are found again in other customers.

Values are standardised first, so that no column counts more for its unit; skewed ones (money,
counts, days) are better given as logarithms. Clusters come largest first, whatever the seed.
"""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers
from regulars.science.errors import NoVariation, TooFew
from regulars.science.segments.contracts import Clusters, Purchases, Stability
from regulars.science.segments.stability import STRENGTH_LEAST, k_means, nearest, stability

CLUSTERS_MOST = 8
ROWS_LOOKED_AT = 10_000
ROWS_LEAST = 4
"""Two halves of two are the fewest that can be compared."""


def cluster(
    values: Floats,
    *,
    seed: int,
    clusters: int | None = None,
    clusters_most: int = CLUSTERS_MOST,
    splits: int = 25,
    rows_most: int = 2_000,
) -> Clusters:
    """Clusters of the rows of `values`, float64 (n, d).

    Where `clusters` is None it is the largest number up to `clusters_most` with a mean prediction
    strength of at least 0.8 over `splits` random halves of at most `rows_most` rows (Tibshirani &
    Walther 2005); that may be 1, which says that the customers form no groups. Columns without
    variation are left as they are and part nobody. Refuses fewer than 4 rows, fewer distinct rows
    than clusters, and values that are all the same.
    """
    given = checks.matrix("values", values)
    if given.shape[0] < ROWS_LEAST:
        raise TooFew("customers", given.shape[0], ROWS_LEAST)
    centre, spread = given.mean(axis=0), given.std(axis=0)
    # What varies less than a square can hold does not vary, nor does the rounding of a mean.
    spread = np.where(np.ptp(given, axis=0) > 0.0, spread, 0.0)
    if not spread.any():
        raise NoVariation("values", float(given[0, 0]))
    checks.number("clusters_most", clusters_most, at_least=1)
    checks.number("splits", splits, at_least=2)
    seed = checks.whole_seed(seed)
    checks.number("rows_most", rows_most, at_least=1)
    varied = spread > 0.0
    spread = np.where(varied, spread, 1.0)
    standardised = np.where(varied, (given - centre) / spread, 0.0)
    found: tuple[Stability, ...] = ()
    if clusters is None:
        found = _stabilities(standardised, clusters_most, splits, rows_most, seed)
        clusters = max(one.clusters for one in found if one.prediction_strength >= STRENGTH_LEAST)
    checks.number("clusters", clusters, at_least=1)
    distinct = _distinct(standardised, clusters)
    if distinct < clusters:
        raise TooFew("distinct rows", distinct, clusters)
    fitted = k_means(standardised, clusters, seed % 2**31)
    centroids, label = _largest_first(standardised, fitted.cluster_centers_)
    within = float(((standardised - centroids[label]) ** 2).sum())
    total = float((standardised**2).sum())
    return Clusters(centre, spread, centroids, label, max(1.0 - within / total, 0.0), found)


def assign(clusters: Clusters, values: Floats) -> Integers:
    """The cluster of each row of new `values`, float64 (n, d): int64 (n,)."""
    given = checks.matrix("values", values, columns=clusters.centre.size)
    return nearest((given - clusters.centre) / clusters.spread, clusters.centroids)


def cluster_values(known: Purchases) -> Floats:
    """What customers are usually clustered by: the logarithms of 1 + days since the last order,
    orders, and value (returns that outweigh it count as 0): float64 (n, 3)."""
    silence = checks.floats("days_since_last", known.days_since_last, at_least=0.0)
    orders = checks.floats("orders", known.orders, length=silence.size, at_least=0.0)
    value = checks.floats("value", known.value, length=silence.size)
    return np.column_stack([np.log1p(silence), np.log1p(orders), np.log1p(np.maximum(value, 0.0))])


def _stabilities(
    standardised: Floats, clusters_most: int, splits: int, rows_most: int, seed: int
) -> tuple[Stability, ...]:
    """Every number of clusters that both halves of every split can have."""
    half = min(standardised.shape[0] // 2, rows_most)
    found = []
    for count in range(1, min(clusters_most, half) + 1):
        # Rows that are the same cannot be parted: no half may have fewer distinct ones.
        if count > 1 and _distinct_in_halves(standardised, half, splits, seed) < count:
            break
        found.append(stability(standardised, count, splits=splits, rows_most=rows_most, seed=seed))
    return tuple(found)


def _distinct_in_halves(standardised: Floats, half: int, splits: int, seed: int) -> int:
    """The fewest distinct rows in any half that `stability` draws from this seed."""
    random = checks.generator(seed)
    least = half
    for _ in range(splits):
        rows = random.permutation(standardised.shape[0])[: 2 * half]
        for part in (rows[:half], rows[half:]):
            least = min(least, np.unique(standardised[part], axis=0).shape[0])
        random.integers(2**31, size=2)
    return least


def _distinct(standardised: Floats, needed: int) -> int:
    """How many distinct rows there are, or at least `needed` of them: the first rows mostly do."""
    first = int(np.unique(standardised[:ROWS_LOOKED_AT], axis=0).shape[0])
    if first >= needed or standardised.shape[0] <= ROWS_LOOKED_AT:
        return first
    return int(np.unique(standardised, axis=0).shape[0])


def _largest_first(standardised: Floats, centroids: Floats) -> tuple[Floats, Integers]:
    """Centroids by falling size, equal sizes by their coordinates, and everyone's nearest."""
    sizes = np.bincount(nearest(standardised, centroids), minlength=centroids.shape[0])
    order = np.lexsort((*centroids.T[::-1], -sizes))
    ordered: Floats = centroids[order]
    return ordered, nearest(standardised, ordered)
