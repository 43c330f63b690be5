"""From order lines to a recommender that stands at a day.

What is fitted once (the item weights) is kept apart from what is counted, so that settings can be
tried without inverting again.
"""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Integers, Lines
from regulars.science.errors import WrongShape
from regulars.science.recommend.contracts import Recommender, Settings, Singles
from regulars.science.recommend.history import history
from regulars.science.recommend.item_weights import item_weights, together_counts
from regulars.science.recommend.popularity import segment_popularity, trends

_NO_SETTINGS = Settings()
WEIGHT_MOST = 1e30
"""Sums over a customer's items still fit single precision."""


def fit(
    lines: Lines,
    at: float,
    settings: Settings = _NO_SETTINGS,
    *,
    segment: Integers | None = None,
    segments: int = 1,
    weights: Singles | None = None,
) -> Recommender:
    """The recommender that knows the purchases before the day `at`.

    `lines`: what was bought, returns left out by the caller; `day` in days since any midnight.
    `segment` int64 (customers,) from 0 to segments - 1 serves customers without a purchase; None
    for one segment. `weights`: those of an earlier fit of the same lines and regularization.

    Raises NoData for no line, OutOfRange for a line on or after `at` or a setting outside its
    meaning, TooLarge above `settings.items_max` items, WrongShape for columns that do not fit. One
    customer, one item, all customers alike and more items than customers give defined results.
    """
    check_settings(settings)
    checks.day("at", at)
    past = history(lines, at, settings.half_life_days)
    recent = history(lines, at, settings.trend_half_life_days)
    if segment is None:
        segment = np.zeros(past.customers, dtype=np.int64)
    checked = checks.codes("segment", segment, segments, length=past.customers)
    together = together_counts(past, settings.items_max)
    weights = (
        item_weights(together, settings.regularization)
        if weights is None
        else _checked_weights(weights, past.items)
    )
    return Recommender(
        settings=settings,
        at=float(at),
        history=past,
        weights=weights,
        together=together,
        trend=trends(past, recent, settings.trend_prior),
        popularity=segment_popularity(recent, checked, segments, settings),
        segment=checked,
    )


def _checked_weights(weights: Singles, items: int) -> Singles:
    """In single precision as they are: there may be 10,000 x 10,000 of them."""
    given = checks.read("weights", weights)
    if given.shape != (items, items):
        raise WrongShape("weights", given.shape, f"({items}, {items})")
    if given.dtype != np.float32:
        given = checks.numbers("weights", given)
    checks.finite("weights", given, WEIGHT_MOST)
    return given.astype(np.float32, copy=False)


def check_settings(settings: Settings) -> None:
    """Refuse settings outside of what they mean (OutOfRange).

    The upper bounds are far above what makes sense; they keep scores within float32.
    """
    for name, at_least, at_most in (
        ("half_life_days", 1e-3, 1e9),
        ("regularization", 1e-30, 1e12),
        ("discovery_weight", 0.0, 1e6),
        ("trend_half_life_days", 1e-3, 1e9),
        ("trend_prior", 1e-2, 1e9),
        ("repeat_trend_power", 0.0, 2.0),
        ("discovery_trend_power", 0.0, 2.0),
        ("segment_prior", 1e-3, 1e9),
        ("items_max", 1, 1_000_000),
    ):
        value = getattr(settings, name)
        checks.number(f"settings.{name}", value, at_least=at_least, at_most=at_most)
