"""What one customer may do: the distribution of future orders, chance included.

Given the history a customer has left with probability 1 - P(alive) and orders nothing; else the
count follows the model with the customer's posterior shapes (both models restart). The parameters
are taken as fitted: beside a single customer's chance their uncertainty is small.
"""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers
from regulars.science.lifetime.contracts import Band, Histories, PurchaseFit
from regulars.science.lifetime.models.purchase_model import PurchaseModel
from regulars.science.lifetime.rows import by_frequency_and_age
from regulars.science.lifetime.score import in_unit, score

COUNT_MAX = 5_000
"""Where the search for a quantile ends; a customer with more orders per horizon is a machine."""


def count_band(fit: PurchaseFit, histories: Histories, horizon: float, level: float) -> Band:
    """See the facade."""
    given = in_unit(fit, histories)
    checks.number("level", level, above=0.0, below=1.0)
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
    time = checks.number("horizon", horizon, above=0.0)
    counts = int(checks.number("count_max", count_max, at_least=0))
    alive = fit.model.alive(given.frequency, given.recency, given.age)
    answer = np.empty((alive.shape[0], counts + 1))
    for count in range(counts + 1):
        answer[:, count] = alive * _probability(fit.model, count, given, time)
    answer[:, 0] += 1.0 - alive
    return answer


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
