"""What one customer may do: the distribution of future orders, chance included.

Given the history a customer has left with probability 1 - P(alive) and orders nothing; else the
count follows the model with the customer's posterior shapes (both models restart). The parameters
are taken as fitted: beside a single customer's chance their uncertainty is small.
Counts are computed; money is drawn.
"""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers
from regulars.science.lifetime.contracts import Band, Fit, Histories, PurchaseFit
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.purchase_model import PurchaseModel
from regulars.science.lifetime.rows import by_frequency_and_age
from regulars.science.lifetime.score import checked_horizon, in_unit, score, value_per_order
from regulars.science.lifetime.simulate import draw_counts

CELLS_AT_ONCE = 1 << 20
"""Draws that are held at once."""
COUNT_MAX = 5_000
"""Where the search for a quantile ends; a customer with more orders per horizon is a machine."""


def count_band(fit: PurchaseFit, histories: Histories, horizon: float, level: float) -> Band:
    """See the facade."""
    given = in_unit(fit, histories)
    checks.confidence(level)
    scores = score(fit, given, horizon)
    gone = 1.0 - scores.alive
    tail = (1.0 - level) / 2.0
    targets = np.stack([np.full(gone.shape, tail), np.full(gone.shape, 1.0 - tail)])
    # Among the active, the count has to be reached with this probability.
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(targets <= gone, 0.0, (targets - gone) / scores.alive)
    low, high = (_quantile(fit.model, given, horizon, each) for each in needed)
    return Band(scores.expected, low, high, level, "individual")


def count_probabilities(
    fit: PurchaseFit, histories: Histories, horizon: float, count_max: int
) -> Floats:
    """See the facade."""
    given = in_unit(fit, histories)
    time = checked_horizon(horizon)
    counts = int(checks.number("count_max", count_max, at_least=0))
    alive = fit.model.alive(given.frequency, given.recency, given.age)
    answer = np.empty((alive.shape[0], counts + 1))
    for count in range(counts + 1):
        answer[:, count] = alive * _probability(fit.model, count, given, time)
    answer[:, 0] += 1.0 - alive
    return answer


def spend_band(
    fit: PurchaseFit,
    spend: Fit[GammaGamma],
    histories: Histories,
    horizon: float,
    *,
    level: float,
    draws: int,
    seed: int,
) -> Band:
    """See the facade."""
    given = in_unit(fit, histories)
    checks.confidence(level)
    count = int(checks.number("draws", draws, at_least=100))
    scores = score(fit, given, horizon)
    expected = scores.expected * value_per_order(spend.model, given)
    chance = checks.generator(seed)
    ends = (1.0 - level) / 2.0, (1.0 + level) / 2.0
    low, high = np.empty(expected.shape), np.empty(expected.shape)
    size = max(1, CELLS_AT_ONCE // count)
    for start in range(0, expected.shape[0], size):
        rows = np.arange(start, min(start + size, expected.shape[0]))
        row = np.repeat(rows, count)
        orders = draw_counts(fit.model, given.frequency[row], given.age[row], horizon, chance)
        orders *= chance.random(row.shape[0]) < scores.alive[row]
        total = _drawn_totals(spend.model, given, row, orders, chance)
        low[rows], high[rows] = np.quantile(total.reshape(-1, count), ends, axis=1)
    return Band(expected, low, high, level, "individual")


def _drawn_totals(
    spend: GammaGamma,
    given: Histories,
    row: Integers,
    orders: Integers,
    chance: np.random.Generator,
) -> Floats:
    """What so many future orders cost: nu from the posterior that the mean of Fader and Hardie
    2013, equation 5, is made of, then the sum of the orders' gamma values."""
    seen = given.frequency[row]
    inverse_mean = chance.gamma(spend.p * seen + spend.q) / (spend.v + seen * given.value[row])
    total: Floats = chance.gamma(spend.p * np.maximum(orders, 1)) / inverse_mean
    return np.where(orders > 0, total, 0.0)


def _quantile(model: PurchaseModel, given: Histories, horizon: float, needed: Floats) -> Floats:
    """Smallest count (n,) that an active customer does not exceed with probability `needed`."""
    answer = np.zeros(needed.shape)
    open_rows: Integers = np.flatnonzero(needed > 0.0)
    reached = np.zeros(needed.shape)
    for count in range(COUNT_MAX):
        if open_rows.size == 0:
            break
        part = Histories(
            given.customer[open_rows],
            given.frequency[open_rows],
            given.recency[open_rows],
            given.age[open_rows],
            given.value[open_rows],
            given.unit_days,
        )
        reached[open_rows] += _probability(model, count, part, horizon)
        answer[open_rows] = count
        open_rows = open_rows[reached[open_rows] < needed[open_rows] - 1e-12]
    return answer


def _probability(model: PurchaseModel, count: int, given: Histories, horizon: float) -> Floats:
    time = np.array([horizon])

    def of_pairs(frequency: Integers, age: Floats) -> Floats:
        return model.count_probability_if_alive(count, frequency, age, time)

    return by_frequency_and_age(of_pairs, given)
