"""What was found about lists, as facts, tables, things to heed, and data for machines."""

from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Grid
from regulars.insights.models.recommend.computing import Found, RecommendOptions, kinds
from regulars.insights.orders import Shop, day_text
from regulars.insights.phrasing import between, number, percent, plain_interval
from regulars.platform.counting import counted
from regulars.science.recommend.contracts import (
    Kind,
    Quality,
    Reasons,
    Recommendations,
    Recommender,
    Source,
)

_EXAMPLES = 5


def facts_of(found: Found) -> tuple[Fact, ...]:
    """What a reader should see first."""
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


def quality_of(found: Found, options: RecommendOptions) -> Grid:
    """How the lists did, beside best sellers."""
    rows = []
    for name, quality, popular in kinds(found):
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


def examples(shop: Shop, found: Found) -> Grid:
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


def rising(shop: Shop, model: Recommender) -> Grid:
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


def findings(found: Found) -> list[str]:
    """What to heed in this file."""
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


def members_of(shop: Shop, found: Found) -> dict[str, Any]:
    """Both lists of every customer, one column per place."""
    answer: dict[str, Any] = {"customer": list(shop.customers)}
    labels = np.array([*shop.items, ""], dtype=object)
    for place in range(found.lists.item.shape[1]):
        # The item -1 of an empty place is the last label, which is empty.
        answer[f"item_{place + 1}"] = labels[found.lists.item[:, place]].tolist()
    for place in range(found.new_lists.item.shape[1]):
        answer[f"new_item_{place + 1}"] = labels[found.new_lists.item[:, place]].tolist()
    return answer


def data_of(shop: Shop, options: RecommendOptions, found: Found) -> dict[str, Any]:
    """The same for machines, without the lists."""
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
            for name, quality, popular in kinds(found)
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
