"""`recommend`: the report on what each customer may want next."""

from regulars.insights.contracts import Insight, Tell
from regulars.insights.models.recommend import computing, pictures, sections
from regulars.insights.models.recommend.computing import RecommendOptions
from regulars.insights.orders import Shop, day_text
from regulars.insights.phrasing import percent
from regulars.science.recommend.contracts import Kind

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


def recommend_insight(shop: Shop, options: RecommendOptions, tell: Tell) -> Insight:
    """What to offer the customers of the file."""
    found = computing.find(shop, options, tell)
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
        sections.facts_of(found),
        (
            sections.quality_of(found, options),
            sections.examples(shop, found),
            sections.rising(shop, found.model),
        ),
        pictures.plots_of(found, options),
        (*sections.findings(found), *_LIMITS),
        sections.data_of(shop, options, found),
        sections.members_of(shop, found),
    )
