"""The door of insights: one function per question, from a file to an `Insight`, and its page.

Only this room brings files and the science together. It needs the science extra: whoever may run
without it imports this module when a question is asked, not before.
"""

import csv
from pathlib import Path

from regulars.insights.contracts import Fact, Grid, Insight, Plot, Tell
from regulars.insights.mapping import (
    Mapping,
    checked_mapping,
    load_mapping,
    parse_mapping,
)
from regulars.insights.models.bandit import BanditOptions, bandit_insight, read_log
from regulars.insights.models.churn import ChurnOptions, churn_insight
from regulars.insights.models.experiment import ExperimentOptions, experiment_insight
from regulars.insights.models.liability import LiabilityOptions, liability_insight
from regulars.insights.models.lifetime import LifetimeOptions, lifetime_insight
from regulars.insights.models.recommend import RecommendOptions, recommend_insight
from regulars.insights.models.segments import SegmentOptions, segments_insight
from regulars.insights.models.uplift import UpliftOptions, uplift_insight
from regulars.insights.orders import day_number, read_shop
from regulars.insights.page import page
from regulars.insights.points import read_points
from regulars.insights.trials import read_trial


def lifetime(path: Path, mapping: Mapping, options: LifetimeOptions, tell: Tell) -> Insight:
    """Who is still a customer, and what is to come; orders with values."""
    tell("reading", 0, 0)
    return lifetime_insight(read_shop(path, mapping, "lifetime"), options, tell)


def churn(path: Path, mapping: Mapping, options: ChurnOptions, tell: Tell) -> Insight:
    """Who will place no order in the coming days, and why; orders with values."""
    tell("reading", 0, 0)
    return churn_insight(read_shop(path, mapping, "churn"), options, tell)


def segments(path: Path, mapping: Mapping, options: SegmentOptions, tell: Tell) -> Insight:
    """Which kinds of customers there are, and who moved between them; orders with values."""
    tell("reading", 0, 0)
    return segments_insight(read_shop(path, mapping, "segments"), options, tell)


def experiment(path: Path, mapping: Mapping, options: ExperimentOptions, tell: Tell) -> Insight:
    """Whether a treatment made a difference; one row per unit with its group and outcomes."""
    tell("reading", 0, 0)
    return experiment_insight(read_trial(path, mapping, "experiment"), options, tell)


def uplift(path: Path, mapping: Mapping, options: UpliftOptions, tell: Tell) -> Insight:
    """Whom a treatment changes; an experiment with features."""
    tell("reading", 0, 0)
    return uplift_insight(read_trial(path, mapping, "uplift"), options, tell)


def recommend(path: Path, mapping: Mapping, options: RecommendOptions, tell: Tell) -> Insight:
    """What each customer may want next; order lines with items."""
    tell("reading", 0, 0)
    shop = read_shop(path, mapping, "recommend", items=True)
    return recommend_insight(shop, options, tell)


def bandit(path: Path, mapping: Mapping, options: BanditOptions, tell: Tell) -> Insight:
    """What other choices would have brought; a log of decisions with their propensities."""
    tell("reading", 0, 0)
    target = read_log(options.target, mapping, "bandit") if options.target is not None else None
    return bandit_insight(read_log(path, mapping, "bandit"), target, options, tell)


def liability(path: Path, mapping: Mapping, options: LiabilityOptions, tell: Tell) -> Insight:
    """What open points will cost; one row per movement of points."""
    tell("reading", 0, 0)
    return liability_insight(read_points(path, mapping, "liability"), options, tell)


def write_page(insight: Insight, path: Path, tell: Tell) -> None:
    """Write the report: one HTML file."""
    path.write_text(page(insight, tell), encoding="utf-8")


def write_members(insight: Insight, path: Path) -> int:
    """Write one CSV row per customer or other unit; answers how many."""
    columns = insight.members or {}
    with path.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows(zip(*columns.values(), strict=True))
    return len(next(iter(columns.values()), ()))


__all__ = [
    "BanditOptions",
    "ChurnOptions",
    "ExperimentOptions",
    "Fact",
    "Grid",
    "Insight",
    "LiabilityOptions",
    "LifetimeOptions",
    "Mapping",
    "Plot",
    "RecommendOptions",
    "SegmentOptions",
    "Tell",
    "UpliftOptions",
    "bandit",
    "checked_mapping",
    "churn",
    "day_number",
    "experiment",
    "liability",
    "lifetime",
    "load_mapping",
    "parse_mapping",
    "recommend",
    "segments",
    "uplift",
    "write_members",
    "write_page",
]
