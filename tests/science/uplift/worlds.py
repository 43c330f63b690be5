"""Simulated experiments whose truth is known."""

from typing import NamedTuple

import numpy as np


class Experiment(NamedTuple):
    """Customers with their true effect and their true response without treatment."""

    features: np.ndarray
    treated: np.ndarray
    outcome: np.ndarray
    effect: np.ndarray
    baseline: np.ndarray


def likely_buyers_are_not_persuadable(seed: int, customers: int = 8_000) -> Experiment:
    """Feature 0 says who buys anyway; feature 1 says whom an e-mail moves; feature 2 is noise.
    Whoever buys anyway is moved a little less than others."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(customers, 3))
    baseline = 0.05 + 0.5 / (1.0 + np.exp(-2.0 * features[:, 0]))
    effect = np.where(features[:, 1] > 0.5, 0.25, 0.0) * (1.0 - 0.6 * (features[:, 0] > 0.0))
    treated = random.random(customers) < 0.5
    outcome = random.random(customers) < baseline + effect * treated
    return Experiment(features, treated, outcome.astype(float), effect, baseline)


def nothing_works(seed: int, customers: int = 3_000) -> Experiment:
    """Treatment changes nobody."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(customers, 3))
    outcome = np.exp(0.5 * features[:, 0]) + random.normal(size=customers)
    zeros = np.zeros(customers)
    return Experiment(features, random.random(customers) < 0.4, outcome, zeros, zeros)
