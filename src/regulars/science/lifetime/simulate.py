"""Customers who behave as the models say: for tests, for measurements, and to see what a model
means before it is believed.
"""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats, Integers, Orders
from regulars.science.errors import OutOfRange
from regulars.science.lifetime.contracts import Histories
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.pareto import Pareto
from regulars.science.lifetime.summarise import checked_unit

PARAMETER_LEAST, PARAMETER_MOST = 1e-6, 1e9
SPEND_SHAPE_LEAST = 0.1
"""Below, some customer's mean value is beyond every float64."""
ORDERS_MOST = 1e6


def simulate_histories(
    model: BetaGeometric | Pareto,
    age: Floats,
    *,
    seed: int,
    spend: GammaGamma | None = None,
    unit_days: float = 7.0,
) -> Histories:
    """See the facade."""
    unit = checked_unit("unit_days", unit_days)
    now = checks.floats("age", age, at_least=0.0, at_most=checks.DAY_MOST / unit)
    _check_model(model, spend, float(now.max()))
    chance = checks.generator(seed)
    size = now.shape[0]
    none = np.zeros(size, dtype=np.int64)
    rate = chance.gamma(model.r, 1.0 / model.alpha, size)
    if isinstance(model, BetaGeometric):
        arrivals = chance.poisson(rate * now)
        frequency = np.minimum(arrivals, _orders_until_gone(model, none, chance))
        span = now
    else:
        span = np.minimum(now, _time_until_gone(model, np.zeros(size), chance))
        frequency = arrivals = chance.poisson(rate * span)
    # The last of the counted orders is an order statistic of uniform times.
    beyond = np.maximum(arrivals - frequency, 0) + 1.0
    recency = np.where(frequency > 0, span * chance.beta(np.maximum(frequency, 1), beyond), 0.0)
    frequency = np.where(recency > 0.0, frequency, 0)
    value = np.zeros(size)
    if spend is not None:
        repeated = np.flatnonzero(frequency)
        inverse_mean = chance.gamma(spend.q, 1.0 / spend.v, repeated.shape[0])
        orders = frequency[repeated]
        value[repeated] = chance.gamma(spend.p * orders) / (inverse_mean * orders)
    return Histories(np.arange(size), frequency.astype(np.int64), recency, now, value, unit)


def simulate_orders(
    model: BetaGeometric | Pareto,
    spend: GammaGamma,
    first_day: Floats,
    until: float,
    *,
    seed: int,
    unit_days: float = 7.0,
) -> Orders:
    """See the facade."""
    unit = checked_unit("unit_days", unit_days)
    begin = checks.days("first_day", first_day, at_most=checks.day("until", until))
    _check_model(model, spend, (until - float(begin.min())) / unit)
    chance = checks.generator(seed)
    size = begin.shape[0]
    none = np.zeros(size, dtype=np.int64)
    span = (until - begin) / unit
    rate = chance.gamma(model.r, 1.0 / model.alpha, size)
    if isinstance(model, Pareto):
        span = np.minimum(span, _time_until_gone(model, np.zeros(size), chance))
    arrivals = chance.poisson(rate * span)
    customer = np.repeat(np.arange(size), arrivals)
    time = span[customer] * chance.random(customer.shape[0])
    if isinstance(model, BetaGeometric):
        kept = _first_of_each(customer, time, _orders_until_gone(model, none, chance))
        customer, time = customer[kept], time[kept]
    everyone = np.concatenate([np.arange(size), customer])
    day = np.concatenate([begin, begin[customer] + time * unit])
    inverse_mean: Floats = chance.gamma(spend.q, 1.0 / spend.v, (size,))
    value = chance.gamma(spend.p, 1.0, everyone.shape[0]) / inverse_mean[everyone]
    return Orders(everyone.astype(np.int64), day, value, size)


def _check_model(model: BetaGeometric | Pareto, spend: GammaGamma | None, time: float) -> None:
    """Parameters that can be drawn from, and no more orders than can be held."""
    for part in (model,) if spend is None else (model, spend):
        for name, value in zip(part.names, part.parameters.tolist(), strict=True):
            checks.number(f"model.{name}", value, above=0.0)
            checks.number(f"model.{name}", value, at_least=PARAMETER_LEAST, at_most=PARAMETER_MOST)
    if spend is not None:
        checks.number("spend.q", spend.q, at_least=SPEND_SHAPE_LEAST)
    mean = model.r / model.alpha * time
    if mean > ORDERS_MOST:
        raise OutOfRange("model.alpha", -1, model.alpha, "larger: a customer would order for ever")


def draw_counts(
    model: BetaGeometric | Pareto,
    frequency: Integers,
    age: Floats,
    horizon: float,
    chance: np.random.Generator,
) -> Integers:
    """Orders within `horizon` of customers active at `age`, one draw (n,) for each row, from the
    posterior shapes of their histories."""
    rate = chance.gamma(model.r + frequency) / (model.alpha + age)
    if isinstance(model, BetaGeometric):
        arrivals = chance.poisson(rate * horizon).astype(np.float64)
        until_gone = _orders_until_gone(model, frequency, chance)
        return np.minimum(arrivals, until_gone).astype(np.int64)
    span = np.minimum(horizon, _time_until_gone(model, age, chance))
    return chance.poisson(rate * span).astype(np.int64)


def _orders_until_gone(
    model: BetaGeometric, frequency: Integers, chance: np.random.Generator
) -> Floats:
    """Further orders after which each customer leaves, active after `frequency` repeats: geometric
    in a Beta(a, b + frequency) probability."""
    size = frequency.shape[0]
    leaves = np.maximum(chance.beta(model.a, model.b + frequency), 1e-12)
    # numpy's integer draw overflows for tiny probabilities; the inverse of the tail does not.
    tail = -chance.exponential(1.0, size)
    with np.errstate(divide="ignore"):
        answer: Floats = np.maximum(np.ceil(tail / np.log1p(-leaves)), 1.0)
    return answer


def _time_until_gone(model: Pareto, age: Floats, chance: np.random.Generator) -> Floats:
    """Further time that each customer, active at `age`, stays: exponential at a rate that is
    Gamma(s, beta + age)."""
    rate = chance.gamma(model.s, 1.0, age.shape) / (model.beta + age)
    answer: Floats = chance.exponential(1.0, age.shape) / np.maximum(rate, 1e-300)
    return answer


def _first_of_each(customer: Integers, time: Floats, allowed: Floats) -> Booleans:
    """Which orders are among the first `allowed` of their customer; `customer` is ascending."""
    sequence = np.lexsort((time, customer))
    start = np.searchsorted(customer, customer, side="left")
    rank = np.empty(customer.shape[0], dtype=np.int64)
    rank[sequence] = np.arange(customer.shape[0]) - start
    answer: Booleans = rank < allowed[customer]
    return answer
