"""Clusters that are there are found, as many as there are, and none where there are none."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from regulars.science.errors import NoData, NotFinite, NoVariation, OutOfRange, TooFew, WrongShape
from regulars.science.segments import facade
from regulars.science.segments.stability import nearest, prediction_strength


def groups(centres: list[tuple[float, ...]], each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(centres)), each)
    return np.array(centres)[truth] + random.normal(size=(truth.size, len(centres[0]))), truth


FOUR = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.0)]


@pytest.mark.parametrize("seed", range(5))
def test_four_groups_are_four_clusters(seed):
    values, truth = groups(FOUR, 60, seed)
    found = facade.cluster(values, seed=seed, clusters_most=6, splits=5)
    assert found.count == 4
    assert adjusted_rand_score(truth, found.label) == 1.0
    assert found.explained > 0.9


def test_one_cloud_is_one_cluster():
    values, _ = groups([(0.0, 0.0, 0.0, 0.0)], 400, 1)
    found = facade.cluster(values, seed=1, clusters_most=5, splits=5)
    assert found.count == 1
    assert (found.label == 0).all()
    assert found.explained < 1e-9
    assert [one.clusters for one in found.stability] == [1, 2, 3, 4, 5]
    assert all(one.prediction_strength < 0.8 for one in found.stability[1:])


def test_a_column_in_other_units_changes_nothing():
    values, _ = groups(FOUR, 40, 2)
    plain = facade.cluster(values, seed=1, clusters=4)
    scaled = facade.cluster(values * np.array([1e6, 1e-6]), seed=1, clusters=4)
    assert plain.label.tolist() == scaled.label.tolist()


def test_clusters_come_largest_first():
    values, truth = groups([(0.0,), (20.0,), (40.0,)], 30, 3)
    kept = np.concatenate([np.flatnonzero(truth == 0)[:5], np.flatnonzero(truth > 0)])
    found = facade.cluster(values[kept], seed=1, clusters=3)
    sizes = np.bincount(found.label)
    assert sizes.tolist() == [30, 30, 5]
    assert found.centroids[0, 0] < found.centroids[1, 0]


def test_the_same_seed_gives_the_same_clusters_and_new_customers_join_the_nearest():
    values, _ = groups(FOUR, 40, 4)
    first = facade.cluster(values, seed=9, splits=4)
    second = facade.cluster(values, seed=9, splits=4)
    assert first.label.tolist() == second.label.tolist()
    assert first.stability == second.stability
    assert facade.assign(first, values).tolist() == first.label.tolist()
    near = facade.assign(first, values[:1] + 0.001)
    assert near[0] == first.label[0]


def test_prediction_strength_is_the_worst_share_of_pairs_kept():
    """Own cluster 0: one pair of one kept. Own cluster 1 = {a, b, c}: one of three pairs kept."""
    own = np.array([0, 0, 1, 1, 1])
    predicted = np.array([1, 1, 0, 0, 1])
    np.testing.assert_allclose(prediction_strength(own, predicted), 1 / 3)
    assert prediction_strength(own, own) == 1.0
    assert prediction_strength(np.array([0, 1, 1]), np.array([0, 1, 1])) == 0.0


def test_the_nearest_of_equally_near_centroids_is_the_first():
    centroids = np.array([[1.0], [-1.0], [1.0]])
    assert nearest(np.array([[0.0], [2.0], [-2.0]]), centroids).tolist() == [0, 0, 1]


def test_a_constant_column_parts_nobody():
    values, truth = groups(FOUR, 30, 5)
    wider = np.column_stack([values, np.full(truth.size, 5.0)])
    found = facade.cluster(wider, seed=1, clusters=4)
    assert adjusted_rand_score(truth, found.label) == 1.0
    assert (found.centroids[:, 2] == 0.0).all()


def test_few_distinct_rows_make_few_clusters():
    values = np.repeat([[0.0], [1.0], [5.0]], 20, axis=0)
    found = facade.cluster(values, seed=1, splits=4)
    assert found.count == 3
    assert found.explained == pytest.approx(1.0)
    assert len(found.stability) == 3


def test_more_columns_than_customers_are_clustered():
    random = np.random.default_rng(6)
    values = random.normal(size=(12, 40)) + np.repeat([[0.0], [9.0]], 6, axis=0)
    found = facade.cluster(values, seed=1, clusters=2)
    assert np.bincount(found.label).tolist() == [6, 6]


def test_returns_that_outweigh_the_orders_count_as_nothing():
    from tests.science.segments.test_rfm import known

    values = facade.cluster_values(known([0.0, 1.0], [1, 3], [-5.0, np.e - 1]))
    np.testing.assert_allclose(values, [[0, np.log(2), 0], [np.log(2), np.log(4), 1]])


TWO = np.repeat([[0.0], [1.0]], 4, axis=0)


@pytest.mark.parametrize(
    ("values", "more", "error", "words"),
    [
        (np.empty((0, 2)), {}, NoData, "values is empty"),
        (np.ones(4), {}, WrongShape, "values"),
        (TWO[:1], {}, TooFew, "1 customers, at least 4"),
        (np.ones((9, 2)), {}, NoVariation, "all values of values are 1"),
        (TWO * np.nan, {}, NotFinite, r"values\[0\]"),
        (TWO + np.inf, {}, NotFinite, r"values\[0\]"),
        (TWO, {"clusters": 3}, TooFew, "2 distinct rows, at least 3"),
        (TWO, {"clusters": 0}, OutOfRange, "clusters"),
        (TWO, {"clusters_most": 0}, OutOfRange, "clusters_most"),
        (TWO, {"splits": 1}, OutOfRange, "splits"),
    ],
)
def test_what_cannot_be_clustered_is_refused(values, more, error, words):
    with pytest.raises(error, match=words) as raised:
        facade.cluster(values, seed=1, **more)
    assert raised.value.next_step


def test_other_columns_cannot_be_assigned():
    found = facade.cluster(TWO, seed=1, clusters=2)
    with pytest.raises(WrongShape):
        facade.assign(found, np.ones((2, 2)))
