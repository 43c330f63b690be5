"""Computing lists of items, and how well they would have done.

Judged on the last days of the file by a model that has not seen them; what customers buy again and
what is new to them are told apart, since the first is easy and the second is why one recommends.
"""

from dataclasses import dataclass

import numpy as np

from regulars.insights.contracts import Tell
from regulars.insights.errors import Unfit
from regulars.insights.orders import Shop
from regulars.science.contracts import Integers
from regulars.science.recommend import facade as recommend
from regulars.science.recommend.contracts import (
    Evaluation,
    HeldOut,
    Kind,
    Quality,
    Reasons,
    Recommendations,
    Recommender,
)

_PLACES = (1, 2, 3, 5, 10, 15, 20)


@dataclass(frozen=True, slots=True)
class RecommendOptions:
    """The last `days` of the file judge; lists of `k`; `diversity` from 0 to 1."""

    days: float = 56.0
    k: int = 10
    diversity: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """How lists made on day `at` did, and best sellers (`popular`), with recall by the length of
    the list (`curves`); and today's lists of all items and of new ones, with their model."""

    at: float
    evaluation: Evaluation
    popular: dict[Kind, Quality]
    curves: dict[str, tuple[float, ...]]
    model: Recommender
    lists: Recommendations
    reasons: Reasons
    new_lists: Recommendations
    new_reasons: Reasons


def find(shop: Shop, options: RecommendOptions, tell: Tell) -> Found:
    """Judge lists on the last days and make today's; `Unfit` where the file is too short."""
    lines = shop.lines
    assert lines is not None, "recommend reads items"
    at = shop.end_day - options.days
    if at <= shop.first_day:
        raise Unfit(
            f"the file begins less than {options.days:.0f} days before it ends",
            "Give fewer --days, or a longer file.",
        )
    tell("learning without the last days", 0, 4)
    model = recommend.fit(recommend.before(lines, at), at)
    evaluation = recommend.evaluate(lines, at, shop.end_day, k=options.k, model=model)
    tell("trying other lists", 1, 4)
    window = recommend.held_out(lines, at, shop.end_day)
    popular = {Kind.ALL: recommend.quality(window, _best_sellers(model, window, options.k))}
    if evaluation.discovery is not None:
        fresh = recommend.held_out(lines, at, shop.end_day, Kind.DISCOVERY)
        popular[Kind.DISCOVERY] = recommend.quality(
            fresh, _best_sellers(model, fresh, options.k, unowned=True)
        )
    curves = _curves(model, window)
    tell("learning from all of it", 2, 4)
    whole = recommend.fit(lines, shop.end_day)
    everybody = np.arange(lines.customers, dtype=np.int64)
    tell("making the lists", 3, 4)
    lists = recommend.recommend(whole, everybody, options.k, diversity=options.diversity)
    fresh_lists = recommend.recommend(
        whole, everybody, options.k, kind=Kind.DISCOVERY, diversity=options.diversity
    )
    return Found(
        at, evaluation, popular, curves, whole, lists, recommend.reasons(whole, lists),
        fresh_lists, recommend.reasons(whole, fresh_lists),
    )  # fmt: skip


def kinds(found: Found) -> list[tuple[str, Quality, Quality | None]]:
    """What may be shown, in words, with how the lists did and, where it was tried, best sellers."""
    every = found.evaluation
    answer = [("all items", every.all, found.popular.get(Kind.ALL))]
    if every.repeat is not None:
        answer.append(("bought before", every.repeat, None))
    if every.discovery is not None:
        answer.append(("new to the customer", every.discovery, found.popular.get(Kind.DISCOVERY)))
    return answer


def _best_sellers(
    model: Recommender, window: HeldOut, k: int, *, unowned: bool = False
) -> Integers:
    """The most bought items for each customer of the window, without what is owned if asked."""
    best = np.argsort(-model.popularity[0], kind="stable")
    if not unowned:
        return np.tile(best[:k], (len(window.customer), 1))
    history = model.history
    answer = np.full((len(window.customer), k), -1, dtype=np.int64)
    for row, customer in enumerate(window.customer):
        owned = history.item[history.start[customer] : history.start[customer + 1]]
        candidates = best[: k + len(owned)]
        kept = candidates[~np.isin(candidates, owned)][:k]
        answer[row, : len(kept)] = kept
    return answer


def _curves(model: Recommender, window: HeldOut) -> dict[str, tuple[float, ...]]:
    """Recall of all items by the length of the list."""
    most = min(max(_PLACES), window.items)
    lists = recommend.recommend(model, window.customer, most).item
    sellers = _best_sellers(model, window, most)
    places = [place for place in _PLACES if place <= most]
    return {
        "places": tuple(float(place) for place in places),
        "lists": tuple(
            recommend.quality(window, lists[:, :place]).recall.value for place in places
        ),
        "best sellers": tuple(
            recommend.quality(window, sellers[:, :place]).recall.value for place in places
        ),
    }
