"""The Open Bandit sample, and the policy that it evaluates: the recipe of the bench and the tests.

The production priors of Bernoulli Thompson sampling at the start of the collection are published
with the Open Bandit Pipeline (Saito, Aihara, Matsutani & Narita 2021).
"""

import csv
import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from regulars.science.bandit.contracts import Log

PLACES = 3

PRIORS: dict[str, tuple[list[int], list[int]]] = {
    "men": (
        [
            47, 8, 62, 142, 3, 6, 100, 48, 23, 71, 61, 13, 16, 518, 30, 7, 4, 23, 8, 10, 11, 11,
            18, 121, 11, 4, 32, 30, 9, 22, 6, 23, 5, 54,
        ],
        [
            12198, 3566, 15993, 35522, 2367, 3100, 24665, 13210, 7061, 18061, 17449, 5644, 6787,
            111326, 8776, 3334, 2271, 7389, 2659, 3665, 4724, 3561, 5085, 27407, 4601, 2923, 8897,
            8654, 4000, 6580, 3174, 6766, 2602, 14506,
        ],
    ),
    "women": (
        [
            12, 7, 984, 13, 15, 15, 11, 14, 9, 200, 72, 3, 14, 49, 1278, 3, 325, 14, 27, 14, 169,
            48, 47, 18, 40, 12, 447, 46, 5, 3, 5, 7, 35, 34, 99, 30, 880, 51, 182, 6, 45, 39, 10,
            24, 72, 229,
        ],
        [
            3612, 3173, 204484, 4517, 4765, 5331, 4131, 4728, 4028, 44280, 17918, 2309, 4339,
            12922, 270771, 2480, 68475, 5129, 7367, 5819, 38026, 13047, 11604, 5394, 10912, 4439,
            94485, 10700, 2679, 2319, 2578, 3288, 9566, 9775, 20120, 7317, 172026, 13673, 37329,
            3365, 10911, 10734, 4278, 7574, 16826, 47462,
        ],
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A log of uniformly random recommendations: which place of the list a row was."""

    log: Log
    place: np.ndarray
    items: int


@cache
def sample(path: Path) -> Sample:
    """The 10,000 rows of one policy and campaign, by time: obd_random_men.csv.gz and its like."""
    with gzip.open(path, "rt") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["timestamp"])
    log = Log(
        np.array([int(row["item_id"]) for row in rows]),
        np.array([float(row["click"]) for row in rows]),
        np.array([float(row["propensity_score"]) for row in rows]),
    )
    place = np.array([int(row["position"]) for row in rows]) - 1
    return Sample(log, place, int(log.arm.max()) + 1)


@cache
def simulated_places(campaign: str, draws: int = 100_000, seed: int = 12345) -> np.ndarray:
    """The place probabilities (items, places) as the Open Bandit Pipeline's example counts them:
    100,000 draws of numpy's old generator, seeded with 12345."""
    alpha, beta = (np.array(one, dtype=float) for one in PRIORS[campaign])
    generator = np.random.RandomState(seed)
    counts = np.zeros((alpha.shape[0], PLACES))
    for _ in range(10):
        scores = generator.beta(alpha, beta, size=(draws // 10, alpha.shape[0]))
        first = np.argpartition(-scores, PLACES, axis=1)[:, :PLACES]
        order = np.argsort(-np.take_along_axis(scores, first, axis=1), axis=1)
        shown = np.take_along_axis(first, order, axis=1)
        for place in range(PLACES):
            counts[:, place] += np.bincount(shown[:, place], minlength=alpha.shape[0])
    return counts / draws


def click_model(given: Sample) -> np.ndarray:
    """Expected clicks of every item for every row, (n, items): logistic regression on the item and
    the place, one-hot, cross-fitted over three folds shuffled with 12345."""
    items, places = np.eye(given.items), np.eye(PLACES)
    features = np.c_[items[given.log.arm], places[given.place]]
    expected = np.empty((features.shape[0], given.items))
    folds = KFold(3, shuffle=True, random_state=12345)
    for others, own in folds.split(features):
        model = LogisticRegression(max_iter=1000).fit(features[others], given.log.reward[others])
        for place in range(PLACES):
            every = np.c_[items, np.tile(places[place], (given.items, 1))]
            rows = own[given.place[own] == place]
            expected[rows] = model.predict_proba(every)[:, 1]
    return expected
