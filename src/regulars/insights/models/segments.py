"""`segments`: which kinds of customers there are, what each is like, and who moved between them.

Named segments over recency and frequency at the end of the file and some time before, on one scale;
clusters beside them; and the states new, active, at risk and lost over time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Grid, Insight, Plot, Tell
from regulars.insights.drawing import charts
from regulars.insights.errors import Unfit
from regulars.insights.orders import Shop, day_text
from regulars.insights.phrasing import money, number, percent, plain
from regulars.science.errors import ScienceRefused
from regulars.science.segments import facade as segments
from regulars.science.segments.contracts import (
    Clusters,
    Lifecycle,
    Moves,
    Profile,
    Purchases,
    RfmScores,
    State,
    StateRule,
)

_LIMITS = (
    "Named segments are fifths of your own customers: somebody is a champion of this shop, not of "
    "its trade, and a fifth is at the bottom however well it goes.",
    "They describe what customers did. They do not say who will stay (`regulars science churn`) "
    "nor whom a message changes (`regulars science uplift`).",
    "A customer near a limit may change the segment without having changed; look at moves of many, "
    "never of one.",
    "The states compare the silence of a customer with the customer's own gap between orders, "
    "which two or three orders say little about.",
)
_STATES = (State.NEW, State.ACTIVE, State.AT_RISK, State.LOST)
_STATE_WORDS = {
    State.NEW: "new",
    State.ACTIVE: "active",
    State.AT_RISK: "at risk",
    State.LOST: "lost",
}


@dataclass(frozen=True, slots=True)
class SegmentOptions:
    """`days` between the two dates that moves are counted over; `seed` parts the halves that
    clusters are tried on."""

    days: float = 90.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Found:
    before: float
    known: Purchases
    scores: RfmScores
    profiles: tuple[Profile, ...]
    moves: Moves
    clusters: Clusters | None
    clusters_missing: str
    cluster_profiles: tuple[Profile, ...]
    lifecycle: Lifecycle


def segments_insight(shop: Shop, options: SegmentOptions, tell: Tell) -> Insight:
    """Which kinds of customers the file holds."""
    found = _found(shop, options, tell)
    value = [profile.total_share[2] for profile in found.profiles]
    best = int(np.argmax(value))
    top = found.profiles[best]
    summary = (
        f"{top.name} are {percent(top.share, 0)} of {len(found.known.customer):,} customers and "
        f"{percent(float(top.total_share[2]), 0)} of what was spent. "
        f"{percent(found.moves.stayed, 0)} of the customers of {day_text(found.before)} are in the "
        "same segment now."
    )
    return Insight(
        "segments",
        "Which kinds of customers there are",
        summary,
        f"{shop.name}: {len(shop.orders.day):,} orders from {day_text(shop.first_day)} to "
        f"{day_text(shop.end_day - 1)}; moves since {day_text(found.before)}",
        _facts(found),
        (_named(shop, found), *_clusters(shop, found)),
        _plots(found),
        (*_findings(found), *_LIMITS),
        _data(found),
        _members(shop, found),
    )


def _found(shop: Shop, options: SegmentOptions, tell: Tell) -> _Found:
    before = shop.end_day - options.days
    if before <= shop.first_day:
        raise Unfit(
            f"{options.days:.0f} days before the end of the file there was no order yet",
            "Give fewer --days, or a longer file.",
        )
    tell("scoring", 0, 3)
    # The scale of the first date at both, so that only customers move and not the limits.
    earlier = segments.purchases(shop.orders, before)
    scores_then = segments.score_rfm(earlier)
    known = segments.purchases(shop.orders, shop.end_day)
    scores = segments.score_rfm(known, scores_then.scale)
    names = tuple(segment.title for segment in scores.segments)
    moved = segments.moves(
        *segments.align(
            earlier.customer, scores_then.segment, known.customer, scores.segment,
            shop.orders.customers,
        ),
        names,
    )  # fmt: skip
    measures = np.column_stack([known.days_since_last, known.orders, known.value])
    tell("looking for clusters", 1, 3)
    clusters, missing = None, ""
    cluster_profiles: tuple[Profile, ...] = ()
    try:
        clusters = segments.cluster(segments.cluster_values(known), seed=options.seed)
        labels = tuple(f"Cluster {place}" for place in range(1, clusters.count + 1))
        cluster_profiles = segments.profiles(clusters.label, labels, measures)
    except ScienceRefused as refused:
        missing = f"{refused}. {refused.next_step}"
    tell("following the states", 2, 3)
    days = np.linspace(shop.first_day + 1.0, shop.end_day, 40)
    return _Found(
        before, known, scores, segments.profiles(scores.segment, names, measures), moved,
        clusters, missing, cluster_profiles, segments.lifecycle(shop.orders, days),
    )  # fmt: skip


def _facts(found: _Found) -> tuple[Fact, ...]:
    state = found.lifecycle.state[-1]
    facts = [
        Fact("Customers", f"{len(found.known.customer):,}", "with an order"),
        Fact("Stayed in their segment", percent(found.moves.stayed), "between the two dates"),
    ]
    for one in _STATES:
        count = int(np.count_nonzero(state == one))
        facts.append(
            Fact(
                _STATE_WORDS[one].capitalize(),
                f"{count:,}",
                f"{percent(count / max(len(found.known.customer), 1))} of customers",
            )
        )
    return tuple(facts)


def _named(shop: Shop, found: _Found) -> Grid:
    return Grid(
        "The named segments",
        ("segment", "what it is", "customers", "share", "of the spending", "days silent", "orders",
         "spent each", "since then"),
        tuple(
            (
                profile.name,
                segment.meaning,
                f"{profile.customers:,}",
                percent(profile.share),
                percent(float(profile.total_share[2])),
                f"{profile.median[0]:.0f}",
                number(float(profile.mean[1])),
                money(float(profile.mean[2]), shop.currency),
                f"{found.moves.net[place]:+,}",
            )
            for place, (profile, segment) in enumerate(
                zip(found.profiles, found.scores.segments, strict=True)
            )
        ),
        f"By the fifths of the customers of {day_text(found.before)}. Days silent is the median, "
        "orders and spending are means; the last column is how many more customers a segment has "
        "than then.",
    )  # fmt: skip


def _clusters(shop: Shop, found: _Found) -> tuple[Grid, ...]:
    if found.clusters is None or found.clusters.count < 2:
        return ()
    return (
        Grid(
            "The clusters, which nobody named",
            ("cluster", "customers", "share", "of the spending", "days silent", "orders",
             "spent each"),
            tuple(
                (
                    profile.name,
                    f"{profile.customers:,}",
                    percent(profile.share),
                    percent(float(profile.total_share[2])),
                    f"{profile.median[0]:.0f}",
                    number(float(profile.mean[1])),
                    money(float(profile.mean[2]), shop.currency),
                )
                for profile in found.cluster_profiles
            ),
            f"As many as are found again in other customers; they explain "
            f"{percent(found.clusters.explained, 0)} of the differences.",
        ),
    )  # fmt: skip


def _plots(found: _Found) -> tuple[Plot, ...]:
    plots = [_map(found), _shares(found), _moves(found), _states(found)]
    if found.clusters is not None and found.clusters.stability:
        plots.append(_stability(found.clusters))
    return tuple(plots)


def _map(found: _Found) -> Plot:
    counts = np.zeros((5, 5), dtype=np.int64)
    np.add.at(counts, (5 - found.scores.recency, found.scores.frequency - 1), 1)
    texts = [[f"{count:,}" for count in row] for row in counts]
    rows, columns = ["5", "4", "3", "2", "1"], ["1", "2", "3", "4", "5"]
    return Plot(
        "map",
        "Customers by recency and frequency",
        "Up is who ordered lately, right is who orders often; the upper right corner are the "
        "champions, the lower right ones were and have fallen silent.",
        "Number of customers in each of 25 cells of recency and frequency scores.",
        lambda axes: charts.heat_map(
            axes, counts, rows=rows, columns=columns, x_label="frequency score",
            y_label="recency score", texts=texts,
        ),
        Grid("Customers by scores", ("recency", *columns),
             tuple((name, *line) for name, line in zip(rows, texts, strict=True))),
    )  # fmt: skip


def _shares(found: _Found) -> Plot:
    kept = [profile for profile in found.profiles if profile.customers]
    names = [profile.name for profile in kept]
    share = [profile.share * 100 for profile in kept]
    spent = [float(profile.total_share[2]) * 100 for profile in kept]
    return Plot(
        "shares",
        "Who spends",
        "Where the lower bar is longer than the upper one, few customers spend much.",
        "Share of customers and share of spending of each named segment.",
        lambda axes: charts.paired_bars_down(
            axes, names, {"% of customers": share, "% of spending": spent}
        ),
    )


def _moves(found: _Found) -> Plot:
    names = [*found.moves.names, "not yet a customer"]
    counts = found.moves.counts
    kept = np.flatnonzero(counts.sum(axis=1))
    ends = np.flatnonzero(counts.sum(axis=0))
    share = found.moves.share[np.ix_(kept, ends)]
    texts = [[percent(float(cell), 0) if cell >= 0.005 else "" for cell in row] for row in share]
    rows = [names[place] for place in kept]
    columns = [names[place] for place in ends]
    return Plot(
        "moves",
        f"Where customers went since {day_text(found.before)}",
        "Read along a row: of those in the segment then, so many percent are in the segment of the "
        "column now; the fuller the diagonal, the calmer the shop.",
        f"Shares of customers moving between segments; {percent(found.moves.stayed, 0)} stayed.",
        lambda axes: charts.heat_map(
            axes, share, rows=rows, columns=columns, x_label="now", y_label="then", texts=texts,
            slanted=True,
        ),
        Grid(
            "Moves",
            ("then, now", *columns),
            tuple(
                (rows[row], *(f"{count:,}" for count in counts[place, ends]))
                for row, place in enumerate(kept)
            ),
        ),
        height=4.4,
    )  # fmt: skip


def _states(found: _Found) -> Plot:
    life = found.lifecycle
    weeks = (life.days - life.days[0]) / 7.0
    series = {_STATE_WORDS[one]: np.count_nonzero(life.state == one, axis=1) for one in _STATES}
    rule = StateRule()
    return Plot(
        "states",
        "New, active, at risk, lost",
        "A club grows while the line of the active rises; lost customers pile up in any shop, so "
        "look at how steeply.",
        "Number of customers in each state over time.",
        lambda axes: charts.curves(
            axes, weeks, series, x_label="weeks since the first order", y_label="customers"
        ),
        Grid(
            "States over time",
            ("day", *series),
            tuple(
                (day_text(day), *(f"{values[place]:,}" for values in series.values()))
                for place, day in enumerate(life.days)
            ),
            f"At risk from {rule.at_risk_enter:g} usual gaps of silence, lost from "
            f"{rule.lost_enter:g}.",
        ),
    )


def _stability(clusters: Clusters) -> Plot:
    tried = clusters.stability
    names = [str(one.clusters) for one in tried]
    strength = np.array([one.prediction_strength for one in tried])
    error = 1.96 * np.array([one.error for one in tried])
    return Plot(
        "stability",
        "How many clusters can be found again",
        "The chosen number is the largest whose point still reaches 0.8; if only 1 does, the "
        "customers form no groups and any cut is a convenience.",
        f"Prediction strength by number of clusters; {clusters.count} chosen.",
        lambda axes: charts.intervals(
            axes, names, strength, np.maximum(strength - error, 0), np.minimum(strength + error, 1),
            x_label="found again in other customers (prediction strength)", reference=0.8,
        ),
    )  # fmt: skip


def _findings(found: _Found) -> list[str]:
    if found.clusters is None:
        return [f"No clusters were looked for: {found.clusters_missing}"]
    if found.clusters.count == 1:
        return [
            "The customers form no groups that would be found again in others: their behaviour is "
            "a continuum, and the named segments are cuts through it."
        ]
    return []


def _members(shop: Shop, found: _Found) -> dict[str, Any]:
    state = found.lifecycle.state[-1][found.known.customer]
    return {
        "customer": [shop.customers[code] for code in found.known.customer],
        "segment": [found.scores.segments[place].code for place in found.scores.segment],
        "recency": found.scores.recency.tolist(),
        "frequency": found.scores.frequency.tolist(),
        "monetary": found.scores.monetary.tolist(),
        "state": [State(one).name.lower() for one in state],
        "cluster": (
            [""] * len(state) if found.clusters is None else (found.clusters.label + 1).tolist()
        ),
    }


def _data(found: _Found) -> dict[str, Any]:
    state = found.lifecycle.state[-1]
    return {
        "customers": len(found.known.customer),
        "segments": [
            {
                "segment": segment.code,
                "customers": profile.customers,
                "share": profile.share,
                "spending_share": plain(profile.total_share)[2],
            }
            for segment, profile in zip(found.scores.segments, found.profiles, strict=True)
        ],
        "moves": {
            "since": day_text(found.before),
            "names": [*found.moves.names, "not there"],
            "counts": found.moves.counts.tolist(),
            "stayed": found.moves.stayed,
        },
        "states": {_STATE_WORDS[one]: int(np.count_nonzero(state == one)) for one in _STATES},
        "clusters": found.clusters.count if found.clusters is not None else None,
    }
