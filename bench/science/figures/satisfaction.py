"""Satisfaction: how often the intervals of small samples hold the truth, and what weights undo.

No library measures these, so that the reference is what is used most: the plain (Wald) interval of
NPS, and the unweighted score. Coverage at n answers is computed over every possible outcome, each
weighed by its chance, and is the worst of five kinds of customers.
"""

import time
from math import lgamma

import numpy as np

from bench.report import Figure
from bench.science.environment import Peers
from bench.science.options import Options
from regulars.science.satisfaction import facade as satisfaction
from regulars.science.satisfaction.intervals import mean_score_intervals

FIGURES = (
    "nps_coverage_10",
    "nps_coverage_50",
    "nps_weighted_coverage",
    "nps_weighted_bias",
    "nps_interval",
    "drivers",
)

SCALE = np.array([-100.0, 0.0, 100.0])
KINDS = (
    (0.2, 0.3, 0.5),
    (0.05, 0.15, 0.8),
    (0.4, 0.3, 0.3),
    (0.1, 0.8, 0.1),
    (0.02, 0.08, 0.9),
)


def measure(peers: Peers | None, options: Options) -> list[Figure]:
    found = [_coverage(answers) for answers in (10, 50)]
    found += _weighting(options.seeds)
    return [*found, _interval_time(options), _drivers_time(options)]


def _coverage(answers: int) -> Figure:
    counts = np.array(
        [
            (low, answers - low - high, high)
            for low in range(answers + 1)
            for high in range(answers + 1 - low)
        ],
        dtype=float,
    )
    ways = lgamma(answers + 1) - np.array([[lgamma(one + 1) for one in row] for row in counts]).sum(
        axis=1
    )
    mean, low, high = mean_score_intervals(SCALE, counts, 0.95)
    spread = np.sqrt((counts @ SCALE**2 / answers - mean**2) / answers)
    ours, plain = [], []
    for chances in KINDS:
        chance = np.exp(ways + counts @ np.log(chances))
        truth = float(SCALE @ np.array(chances))
        ours.append(float(chance[(low <= truth) & (truth <= high)].sum()))
        plain.append(float(chance[np.abs(mean - truth) <= 1.959964 * spread + 1e-9].sum()))
    return Figure(
        f"nps_coverage_{answers}",
        round(min(ours), 4),
        "of 95%",
        reference=round(min(plain), 4),
        low=round(min(ours), 4),
        high=round(max(ours), 4),
        detail=f"worst of {len(KINDS)} kinds of customers; the reference is the plain interval",
    )


def _weighting(seeds: int) -> list[Figure]:
    """Of 800 people asked those who shop much answer more often and are happier; the score of
    everybody is -10."""
    surveys = 5 * seeds
    counts = np.zeros((2, surveys, 3))
    for seed in range(surveys):
        random = np.random.default_rng(seed)
        shopping = random.normal(size=800)
        answered = random.random(800) < 1.0 / (1.0 + np.exp(0.5 - shopping))
        happy = 1.0 / (1.0 + np.exp(-shopping))
        draw = random.random(800)
        kind = np.where(draw < 0.6 * happy, 2, np.where(draw < 0.4 + 0.4 * happy, 1, 0))
        features = np.column_stack((shopping, random.normal(size=800)))
        found = satisfaction.response_weights(features, answered)
        counts[0, seed] = np.bincount(kind[answered], minlength=3)
        shares = np.bincount(kind[answered], weights=found.weight, minlength=3) / found.answers
        counts[1, seed] = found.effective_answers * shares
    intervals = [mean_score_intervals(SCALE, one, 0.95) for one in counts]
    covered = [((low <= -10.0) & (high >= -10.0)).mean() for _, low, high in intervals]
    bias = [mean.mean() + 10.0 for mean, _, _ in intervals]
    said = f"{surveys} simulated surveys; the reference is the unweighted score"
    return [
        Figure(
            "nps_weighted_coverage",
            round(float(covered[1]), 4),
            "of 95%",
            reference=round(float(covered[0]), 4),
            detail=said,
        ),
        Figure(
            "nps_weighted_bias",
            round(float(bias[1]), 3),
            "points",
            reference=round(float(bias[0]), 3),
            detail=said,
        ),
    ]


def _interval_time(options: Options) -> Figure:
    answers = np.random.default_rng(1).integers(0, 11, 1000)
    seconds = []
    for _ in range(10 * options.runs):
        started = time.perf_counter()
        satisfaction.net_promoter_score(answers)
        seconds.append(time.perf_counter() - started)
    return Figure("nps_interval", round(1000 * min(seconds), 3), "ms", detail="1,000 answers")


def _drivers_time(options: Options) -> Figure:
    random = np.random.default_rng(1)
    features = random.normal(size=(2000, 8))
    rating = features @ np.linspace(0.0, 0.5, 8) + random.normal(size=2000)
    seconds = []
    for _ in range(options.runs):
        started = time.perf_counter()
        satisfaction.drivers(rating, features, seed=1)
        seconds.append(time.perf_counter() - started)
    return Figure(
        "drivers", round(min(seconds), 3), "s", detail="2,000 answers, 8 drivers, 1,000 draws"
    )
