"""`recommend`: what each customer may want next, and how well such lists did in the last weeks.

Judged on the last days of the file by a model that has not seen them; what customers buy again and
what is new to them are told apart, since the first is easy and the second is why one recommends.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Grid, Insight, Plot, Tell
from regulars.insights.drawing import charts
from regulars.insights.errors import Unfit
from regulars.insights.orders import Shop, day_text
from regulars.insights.phrasing import between, listed, number, percent, plain_interval
from regulars.platform.counting import counted
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
    Source,
)

_PLACES = (1, 2, 3, 5, 10, 15, 20)
_EXAMPLES = 5
_LIMITS = (
    "A list is judged by what people bought without it. It says who would have bought an item, not "
    "whom showing it changes: only an experiment tells that.",
    "Most of the figure for all items is people buying the same again. Look at what is new to them "
    "before you call it discovery.",
    "An item that nobody has bought yet is never recommended, and one out of stock is unless you "
    "leave it out.",
    "Whoever is shown a list buys from it, and the next model learns that: keep a share of people "
    "without.",
)


@dataclass(frozen=True, slots=True)
class RecommendOptions:
    """The last `days` of the file judge; lists of `k`; `diversity` from 0 to 1."""

    days: float = 56.0
    k: int = 10
    diversity: float = 0.0


@dataclass(frozen=True, slots=True)
class _Found:
    at: float
    evaluation: Evaluation
    popular: dict[Kind, Quality]
    curves: dict[str, tuple[float, ...]]
    model: Recommender
    lists: Recommendations
    reasons: Reasons
    new_lists: Recommendations
    new_reasons: Reasons


def recommend_insight(shop: Shop, options: RecommendOptions, tell: Tell) -> Insight:
    """What to offer the customers of the file."""
    found = _found(shop, options, tell)
    every, fresh = found.evaluation.all, found.evaluation.discovery
    summary = (
        f"Lists of {options.k} made on {day_text(found.at)} held {percent(every.recall.value)} of "
        f"what {every.customers:,} customers bought in the {options.days:.0f} days after it; the "
        f"best sellers alone held {percent(found.popular[Kind.ALL].recall.value)}."
    )
    if fresh is not None:
        summary += (
            f" Of what they bought for the first time, lists of new items held "
            f"{percent(fresh.recall.value)}, best sellers "
            f"{percent(found.popular[Kind.DISCOVERY].recall.value)}."
        )
    return Insight(
        "recommend",
        "What each customer may want next",
        summary,
        f"{shop.name}: {len(shop.items):,} items, {shop.orders.customers:,} customers, from "
        f"{day_text(shop.first_day)} to {day_text(shop.end_day - 1)}",
        _facts(found),
        (_quality(found, options), _examples(shop, found), _rising(shop, found.model)),
        _plots(found, options),
        (*_findings(found), *_LIMITS),
        _data(shop, options, found),
        _members(shop, found),
    )


def _found(shop: Shop, options: RecommendOptions, tell: Tell) -> _Found:
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
    return _Found(
        at, evaluation, popular, curves, whole, lists, recommend.reasons(whole, lists),
        fresh_lists, recommend.reasons(whole, fresh_lists),
    )  # fmt: skip


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


def _kinds(found: _Found) -> list[tuple[str, Quality, Quality | None]]:
    every = found.evaluation
    kinds = [("all items", every.all, found.popular.get(Kind.ALL))]
    if every.repeat is not None:
        kinds.append(("bought before", every.repeat, None))
    if every.discovery is not None:
        kinds.append(("new to the customer", every.discovery, found.popular.get(Kind.DISCOVERY)))
    return kinds


def _facts(found: _Found) -> tuple[Fact, ...]:
    every, fresh = found.evaluation.all, found.evaluation.discovery
    facts = [
        Fact("Found, all items", percent(every.recall.value), between(every.recall, 1)),
        Fact("Ranking, all items", number(every.ndcg.value), "nDCG; 1 is perfect"),
    ]
    if fresh is not None:
        facts += [
            Fact("Found, new items", percent(fresh.recall.value), between(fresh.recall, 1)),
            Fact("Ranking, new items", number(fresh.ndcg.value), "nDCG; 1 is perfect"),
        ]
    facts += [
        Fact(
            "Repeats in the lists",
            percent(found.evaluation.repeat_share, 0),
            "of the places in lists of all items",
        ),
        Fact(
            "Items that are shown",
            percent(every.coverage, 0),
            "of all items stand in at least one list",
        ),
    ]
    return tuple(facts)


def _quality(found: _Found, options: RecommendOptions) -> Grid:
    rows = []
    for name, quality, popular in _kinds(found):
        for who, one in (("these lists", quality), ("best sellers", popular)):
            if one is not None:
                rows.append(
                    (
                        name,
                        who,
                        f"{one.customers:,}",
                        percent(one.recall.value),
                        f"{one.ndcg.value:.3f}",
                        percent(one.hit_rate.value),
                        percent(one.coverage),
                    )
                )
    return Grid(
        f"How lists of {options.k} did in the last {options.days:.0f} days",
        ("what may be shown", "whose list", "customers", "recall", "nDCG", "at least one hit",
         "items shown"),
        tuple(rows),
        "Recall: of what a customer bought, the part that stood in the list, as a mean over "
        "customers.",
    )  # fmt: skip


def _examples(shop: Shop, found: _Found) -> Grid:
    """The first places of both lists, for customers who have bought much."""
    known = np.diff(found.model.history.start)
    order = np.argsort(-known, kind="stable")
    chosen = order[np.linspace(0, len(order) // 4, _EXAMPLES).astype(np.int64)]
    rows = []
    for customer in chosen:
        for lists, why in ((found.lists, found.reasons), (found.new_lists, found.new_reasons)):
            for place in range(min(2, lists.item.shape[1])):
                item = int(lists.item[customer, place])
                if item >= 0:
                    rows.append(
                        (
                            shop.customers[customer],
                            "new items" if lists is found.new_lists else "all items",
                            shop.item_names[item],
                            _because(shop, lists, why, (int(customer), place)),
                        )
                    )
    return Grid(
        "Some lists, and why",
        ("customer", "list of", "item", "because"),
        tuple(rows),
        "The first two places each. All lists are in the file that --out writes.",
    )


def _because(shop: Shop, lists: Recommendations, why: Reasons, where: tuple[int, int]) -> str:
    source = int(lists.source[where])
    if source == Source.REPEAT:
        days = counted(int(why.times[where]), "day")
        return f"bought on {days}, last {why.days_since[where]:.0f} days ago"
    because = int(why.because[where])
    if source == Source.DISCOVERY and because >= 0:
        return (
            f"bought {shop.item_names[because]}: {int(why.both[where]):,} of "
            f"{int(why.of[where]):,} who did bought this too, {number(float(why.lift[where]))} "
            "times as many as by chance"
        )
    return "popular now"


def _rising(shop: Shop, model: Recommender) -> Grid:
    """Items whose sales grow, among those that many bought."""
    buyers = np.diagonal(model.together)
    enough = buyers >= np.quantile(buyers, 0.8)
    order = np.argsort(-np.where(enough, model.trend, -np.inf), kind="stable")[:8]
    return Grid(
        "Items on the rise",
        ("item", "customers who bought it", "sales now, times usual"),
        tuple(
            (shop.item_names[item], f"{buyers[item]:,.0f}", number(float(model.trend[item])))
            for item in order
        ),
        "Among the fifth of items that most customers bought.",
    )


def _plots(found: _Found, options: RecommendOptions) -> tuple[Plot, ...]:
    return (_by_kind(found, options), _by_length(found), _sources(found), _reach(found))


def _by_kind(found: _Found, options: RecommendOptions) -> Plot:
    names, shown = [], []
    for name, quality, popular in _kinds(found):
        names.append(name)
        shown.append(quality.recall)
        if popular is not None:
            names.append("… best sellers")
            shown.append(popular.recall)
    return Plot(
        "kinds",
        "Repeat and discovery apart",
        "A line right of the best sellers below it says that the lists know more than what sells; "
        "the lowest pair is what customers did not know yet.",
        listed(f"Recall at {options.k}", names, [between(one, 1) for one in shown]),
        lambda axes: charts.intervals(
            axes, names, [one.value * 100 for one in shown], [one.low * 100 for one in shown],
            [one.high * 100 for one in shown], x_label=f"% of purchases in lists of {options.k}",
        ),
    )  # fmt: skip


def _by_length(found: _Found) -> Plot:
    curves = found.curves
    series = {name: np.array(curves[name]) * 100 for name in ("lists", "best sellers")}
    return Plot(
        "length",
        "Longer lists find more",
        "Where the line goes flat, further places bring little; the gap between the lines is what "
        "knowing the customer brings.",
        "Recall of all items by length of the list, for these lists and best sellers.",
        lambda axes: charts.curves(
            axes, np.array(curves["places"]), series, x_label="places in the list",
            y_label="% of purchases in it", markers=True,
        ),
        Grid(
            "Recall by length",
            ("places", "lists", "best sellers"),
            tuple(
                (f"{place:.0f}", f"{mine:.1f}%", f"{theirs:.1f}%")
                for place, mine, theirs in zip(curves["places"], *series.values(), strict=True)
            ),
        ),
    )  # fmt: skip


def _sources(found: _Found) -> Plot:
    places = found.lists.source.shape[1]
    names = [str(place + 1) for place in range(places)]
    filled = found.lists.source != Source.NOTHING
    total = np.maximum(filled.sum(axis=0), 1)
    series = {
        word: (found.lists.source == source).sum(axis=0) / total * 100
        for word, source in (
            ("bought before", Source.REPEAT),
            ("because of others", Source.DISCOVERY),
            ("popular", Source.POPULAR),
        )
    }
    return Plot(
        "sources",
        "What the lists are made of",
        "High lines on the left say what customers see first; if all of it is bought before, show "
        "a list of new items beside this one.",
        "Share of repeats, discoveries and popular items at each place of today's lists.",
        lambda axes: charts.curves(
            axes, np.arange(1, places + 1), series, x_label="place in the list",
            y_label="% of customers", markers=True,
        ),
        Grid(
            "Sources by place",
            ("place", *series),
            tuple(
                (name, *(f"{values[row]:.0f}%" for values in series.values()))
                for row, name in enumerate(names)
            ),
        ),
    )  # fmt: skip


def _reach(found: _Found) -> Plot:
    items = found.lists.item[found.lists.item >= 0]
    counts = np.sort(np.bincount(items, minlength=found.model.history.items))[::-1]
    shares = np.array([float(part.sum()) for part in np.array_split(counts, 10)])
    shares = shares / max(float(shares.sum()), 1.0) * 100
    names = [str(place) for place in range(1, 11)]
    return Plot(
        "reach",
        "How the places are shared among the items",
        "If the first bar holds nearly everything, the lists show everybody the same few items.",
        f"Share of all places by tenth of items; the first tenth holds {shares[0]:.0f}%.",
        lambda axes: charts.paired_bars(
            axes, names, {"places": shares}, x_label="tenths of items, most shown first",
            y_label="% of all places",
        ),
    )  # fmt: skip


def _findings(found: _Found) -> list[str]:
    every, notes = found.evaluation, []
    if every.repeat_share > 0.7:
        notes.append(
            f"{percent(every.repeat_share, 0)} of the places are items that the customer has "
            "bought before: the figure for all items says little about discovery."
        )
    if every.unknown:
        notes.append(
            f"{every.unknown:,} purchases of the last days were of items that nobody had bought "
            "before; no list can hold them, and they are not counted."
        )
    popular = found.popular[Kind.ALL].recall
    if every.all.recall.low < popular.value:
        notes.append("The lists cannot be told from best sellers on this file.")
    return notes


def _members(shop: Shop, found: _Found) -> dict[str, Any]:
    answer: dict[str, Any] = {"customer": list(shop.customers)}
    labels = np.array([*shop.items, ""], dtype=object)
    for place in range(found.lists.item.shape[1]):
        # The item -1 of an empty place is the last label, which is empty.
        answer[f"item_{place + 1}"] = labels[found.lists.item[:, place]].tolist()
    for place in range(found.new_lists.item.shape[1]):
        answer[f"new_item_{place + 1}"] = labels[found.new_lists.item[:, place]].tolist()
    return answer


def _data(shop: Shop, options: RecommendOptions, found: _Found) -> dict[str, Any]:
    return {
        "items": len(shop.items),
        "customers": shop.orders.customers,
        "at": day_text(found.at),
        "days": options.days,
        "k": options.k,
        "repeat_share": found.evaluation.repeat_share,
        "unknown": found.evaluation.unknown,
        "quality": [
            {"kind": name, "lists": _measured(quality),
             "best_sellers": _measured(popular) if popular is not None else None}
            for name, quality, popular in _kinds(found)
        ],
    }  # fmt: skip


def _measured(quality: Quality) -> dict[str, Any]:
    return {
        "customers": quality.customers,
        "recall": plain_interval(quality.recall),
        "ndcg": plain_interval(quality.ndcg),
        "hit_rate": plain_interval(quality.hit_rate),
        "coverage": quality.coverage,
    }
