"""Simulated shops: customers whose rate and dropout are drawn, so that the truth is known."""

import numpy as np

from regulars.science.churn.contracts import Features, Measure, Scale
from regulars.science.contracts import Booleans, Floats, Orders
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma

TRUTH = BetaGeometric(0.6, 6.0, 0.8, 2.5)
SPEND = GammaGamma(6.0, 4.0, 16.0)
UNTIL = 400.0


def shop(customers: int, seed: int) -> Orders:
    """Orders of customers who come within the first 200 of 400 days."""
    first = np.random.default_rng(seed).uniform(0.0, 200.0, customers)
    return lifetime.simulate_orders(TRUTH, SPEND, first, UNTIL, seed=seed)


def table(values: Floats, *measures: Measure) -> Features:
    """Features of anything: measures x0, x1 ... unless named."""
    named = measures or tuple(Measure(f"x{place}", "") for place in range(values.shape[1]))
    return Features(0.0, np.arange(values.shape[0]), values, named)


def logistic_data(rows: int, seed: int) -> tuple[Features, Booleans, Floats]:
    """Three measures, outcomes that follow the first two, and the true probabilities."""
    random = np.random.default_rng(seed)
    values = random.exponential(1.0, (rows, 3))
    truth = 1.0 / (1.0 + np.exp(-(0.4 + 1.2 * np.log1p(values[:, 0]) - 0.9 * values[:, 1])))
    measures = (
        Measure("up", "", Scale.LOG, +1),
        Measure("down", "", Scale.PLAIN, -1),
        Measure("noise", "", Scale.PLAIN, 0),
    )
    return table(values, *measures), random.random(rows) < truth, truth
