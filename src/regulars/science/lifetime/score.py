"""What a fitted model says of each customer: active or not, orders to come, what they are worth.

P(alive) is a closed formula evaluated for all customers at once. What an active customer will do
depends on frequency and age alone, so it is computed for the distinct pairs (some thousand) and
looked up for each customer.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from regulars.science import checks
from regulars.science.contracts import Floats
from regulars.science.errors import OutOfRange
from regulars.science.lifetime.contracts import (
    Band,
    Fit,
    Histories,
    PurchaseFit,
    ResidualValue,
    Scores,
)
from regulars.science.lifetime.errors import NotIdentified, OtherUnit
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.pareto import Pareto
from regulars.science.lifetime.rows import by_frequency_and_age
from regulars.science.lifetime.summarise import checked

DERIVATIVE_STEP = 1e-4
HORIZON_LEAST = 1e-9
Purchases = BetaGeometric | Pareto


def score(fit: PurchaseFit, histories: Histories, horizon: float) -> Scores:
    """See the facade."""
    given = in_unit(fit, histories)
    time = checked_horizon(horizon)
    alive = fit.model.alive(given.frequency, given.recency, given.age)
    return Scores(alive, alive * _if_alive(fit.model, given, time), time)


def alive_band(fit: PurchaseFit, histories: Histories, level: float) -> Band:
    """See the facade."""
    given = in_unit(fit, histories)

    def log_odds(model: Purchases) -> Floats:
        alive = model.alive(given.frequency, given.recency, given.age)
        # Customers without a repeat order are alive for certain in BG/NBD: no log-odds to move.
        answer: Floats = special.logit(np.clip(alive, 1e-300, 1.0 - 1e-15))
        return answer

    middle, error = _delta(fit, log_odds)
    value = fit.model.alive(given.frequency, given.recency, given.age)
    reach = _normal_quantile(level) * error
    low, high = special.expit(middle - reach), special.expit(middle + reach)
    return Band(value, np.minimum(low, value), np.maximum(high, value), level, "parameters")


def expected_band(fit: PurchaseFit, histories: Histories, horizon: float, level: float) -> Band:
    """See the facade."""
    given = in_unit(fit, histories)
    time = checked_horizon(horizon)
    return _log_band(fit, lambda model: _expected(model, given, time), level)


def residual_value(
    fit: PurchaseFit,
    spend: Fit[GammaGamma] | None,
    histories: Histories,
    *,
    rate_per_year: float,
    horizon: float,
    margin: float,
) -> ResidualValue:
    """See the facade."""
    given = in_unit(fit, histories)
    rate, time = discounting(given, rate_per_year, horizon)
    checks.number("margin", margin, above=0.0)
    orders = _discounted(fit.model, given, rate, time)
    per_order = np.ones(orders.shape) if spend is None else value_per_order(spend.model, given)
    return ResidualValue(orders, per_order, margin * per_order * orders, rate, time)


def residual_band(
    fit: PurchaseFit,
    spend: Fit[GammaGamma] | None,
    histories: Histories,
    *,
    rate_per_year: float,
    horizon: float,
    margin: float,
    level: float,
) -> Band:
    """See the facade."""
    given = in_unit(fit, histories)
    rate, time = discounting(given, rate_per_year, horizon)
    checks.number("margin", margin, above=0.0)
    orders = _log_band(fit, lambda model: margin * _discounted(model, given, rate, time), level)
    if spend is None:
        return orders
    money = _log_band(spend, lambda model: value_per_order(model, given), level)
    # The two fits are of different data (times, amounts) and independent, so logarithms' variances
    # add.
    value = orders.value * money.value
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.hypot(np.log(orders.high / orders.value), np.log(money.high / money.value))
    reach = np.where(orders.value > 0.0, reach, 0.0)
    return Band(value, value * np.exp(-reach), value * np.exp(reach), level, "parameters")


def value_per_order(model: GammaGamma, given: Histories) -> Floats:
    """Expected value of a future order (n,); refuses where the mean over customers is infinite."""
    if model.q <= 1.0 and (given.frequency == 0).any():
        raise NotIdentified(
            "The mean value of an order of customers without a repeat", f"q is {model.q:.3g} <= 1"
        )
    if (model.p * given.frequency + model.q <= 1.0).any():
        raise NotIdentified("The mean value of an order", "p x + q is at most 1 for some customer")
    return model.expected_value(given.frequency, given.value)


def discounting(given: Histories, rate_per_year: float, horizon: float) -> tuple[float, float]:
    """Continuous rate per time unit from a rate per year (0.15 for 15 %), and the horizon."""
    yearly = checks.number("rate_per_year", rate_per_year, at_least=0.0)
    rate = float(np.log1p(yearly)) * given.unit_days / 365.25
    if horizon == np.inf and rate > 0.0:
        return rate, horizon
    if horizon == np.inf:
        raise OutOfRange("rate_per_year", -1, yearly, "above 0 where the horizon is infinite")
    return rate, checked_horizon(horizon)


def checked_horizon(horizon: float) -> float:
    """A time ahead, longer than nothing and not longer than any history."""
    checks.number("horizon", horizon, above=0.0)
    return checks.number("horizon", horizon, at_least=HORIZON_LEAST, at_most=checks.DAY_MOST)


def in_unit(fit: PurchaseFit, histories: Histories) -> Histories:
    """Checked histories in the time unit of the fit."""
    given = checked(histories)
    if given.unit_days != fit.unit_days:
        raise OtherUnit(fit.unit_days, given.unit_days)
    return given


def _if_alive(model: Purchases, given: Histories, horizon: float) -> Floats:
    time = np.array([horizon])
    return by_frequency_and_age(lambda x, age: model.expected_if_alive(x, age, time), given)


def _expected(model: Purchases, given: Histories, horizon: float) -> Floats:
    alive = model.alive(given.frequency, given.recency, given.age)
    return alive * _if_alive(model, given, horizon)


def _discounted(model: Purchases, given: Histories, rate: float, horizon: float) -> Floats:
    alive = model.alive(given.frequency, given.recency, given.age)
    return alive * by_frequency_and_age(
        lambda x, age: model.discounted_if_alive(x, age, rate, horizon), given
    )


def _delta(fit: Fit[Any], quantity: Callable[..., Floats]) -> tuple[Floats, Floats]:
    """The quantity (n,) and its standard error by the delta method, with central differences after
    the parameters' logarithms."""
    covariance = fit.identified()
    kind, logarithms = type(fit.model), np.log(fit.model.parameters)
    slopes = []
    for number in range(logarithms.shape[0]):
        shift = np.zeros(logarithms.shape)
        shift[number] = DERIVATIVE_STEP
        up, down = (quantity(kind(*np.exp(logarithms + sign * shift))) for sign in (1.0, -1.0))
        slopes.append((up - down) / (2.0 * DERIVATIVE_STEP))
    slope = np.stack(slopes)
    variance = np.einsum("kn,kl,ln->n", slope, covariance, slope)
    return quantity(fit.model), np.sqrt(np.maximum(variance, 0.0))


def _log_band(fit: Fit[Any], quantity: Callable[..., Floats], level: float) -> Band:
    """Interval of a positive quantity, symmetric in its logarithm."""
    smallest = np.finfo(np.float64).tiny
    _, error = _delta(fit, lambda model: np.log(np.maximum(quantity(model), smallest)))
    reach = _normal_quantile(level) * error
    middle = quantity(fit.model)
    return Band(middle, middle * np.exp(-reach), middle * np.exp(reach), level, "parameters")


def _normal_quantile(level: float) -> float:
    checked_level = checks.confidence(level)
    return float(special.ndtri((1.0 + checked_level) / 2.0))
