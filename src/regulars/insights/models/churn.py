"""`churn`: who will place no order in the coming days, how sure that is, and why.

Learns at a day from which on the horizon has passed in the file, says how the procedure did on
customers that it had not seen and, where the file is long enough, on a later day; then scores
everybody as of the end of the file.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Grid, Insight, Plot, Tell
from regulars.insights.drawing import charts
from regulars.insights.errors import Unfit
from regulars.insights.orders import Shop, day_text
from regulars.insights.phrasing import money, number, percent, plain_interval
from regulars.science.churn import facade as churn
from regulars.science.churn.contracts import Assessment, Features, Learned, Scores
from regulars.science.contracts import Floats
from regulars.science.errors import ScienceRefused

_LIMITS = (
    "Churned means no order in the days looked ahead. Somebody who orders once a year has then "
    "churned every time: choose the days to fit how often people buy from you.",
    "The model says who will leave, not who can be kept. Sending to the likeliest leavers is often "
    "a waste: `regulars science uplift` finds whom a message changes.",
    "It learns from the orders alone and from one period. After a change of prices, season or "
    "customers its probabilities are off before its order is.",
    "Reasons say what moved the model's probability for a member; they are no causes.",
)


@dataclass(frozen=True, slots=True)
class ChurnOptions:
    """`days` without an order are churn; `cut` is the day to learn at, None for the latest that
    leaves so many days to see; `seed` deals customers into folds."""

    days: float = 90.0
    cut: float | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Found:
    """What was learnt, how it did later (None where the file is too short), and who is at risk."""

    cut: float
    learned: Learned
    later: Assessment | None
    features: Features
    scores: Scores
    value: Floats
    clean: bool


def churn_insight(shop: Shop, options: ChurnOptions, tell: Tell) -> Insight:
    """What the file says about who will not come back."""
    found = _found(shop, options, tell)
    assessment = found.learned.assessment
    most = assessment.lift[1]
    expected = float(found.scores.probability.sum())
    summary = (
        f"{number(expected)} of {len(found.scores.customer):,} customers are expected to place no "
        f"order in the next {options.days:.0f} days. On customers it had not seen, the model told "
        f"a leaver from a stayer in {percent(assessment.auc.value, 0)} of pairs; of the "
        f"{percent(most.share, 0)} it was surest of, {percent(most.precision.value, 0)} left."
    )
    return Insight(
        "churn",
        "Who is about to leave",
        summary,
        f"{shop.name}: {len(shop.orders.day):,} orders from {day_text(shop.first_day)} to "
        f"{day_text(shop.end_day - 1)}; learnt at {day_text(found.cut)}, "
        f"{options.days:.0f} days ahead",
        _facts(found),
        (_at_risk(shop, found), _lift(assessment)),
        _plots(found),
        (*_findings(found), *_LIMITS),
        _data(options, found),
        {
            "customer": [shop.customers[code] for code in found.scores.customer],
            "probability": found.scores.probability.tolist(),
            "value": found.value.tolist(),
        },
    )


def _found(shop: Shop, options: ChurnOptions, tell: Tell) -> _Found:
    end = shop.end_day
    cut = end - options.days if options.cut is None else options.cut
    if not shop.first_day < cut <= end - options.days:
        raise Unfit(
            f"learning at {day_text(cut)} needs orders before it and {options.days:.0f} days "
            f"after; the file goes from {day_text(shop.first_day)} to {day_text(end - 1)}",
            "Give fewer --days, an earlier --cut, or a longer file.",
        )
    tell("learning", 0, 3)
    learned = churn.learn(
        shop.orders, cut, horizon_days=options.days, observed_until=end, seed=options.seed
    )
    tell("looking later", 1, 3)
    later = _later(shop, options, cut)
    leakage = churn.leaks(
        lambda orders, day: churn.features(
            orders, day, horizon_days=options.days, rhythm=learned.rhythm
        ),
        shop.orders,
        cut,
        seed=options.seed,
    )
    tell("scoring", 2, 3)
    features, scores = churn.predict(learned, shop.orders, end)
    spent = np.bincount(
        shop.orders.customer, weights=shop.orders.value, minlength=shop.orders.customers
    )
    value: Floats = spent[scores.customer].astype(np.float64)
    return _Found(cut, learned, later, features, scores, value, leakage.clean)


def _later(shop: Shop, options: ChurnOptions, cut: float) -> Assessment | None:
    """How a model of one horizon earlier did at the cut, where the file goes back so far."""
    earlier = cut - options.days
    if earlier - shop.first_day < options.days / 2:
        return None
    try:
        learned = churn.learn(
            shop.orders, earlier, horizon_days=options.days, observed_until=cut, seed=options.seed
        )
        return churn.forward(
            learned, shop.orders, cut, observed_until=shop.end_day, seed=options.seed
        )
    except ScienceRefused:
        return None


def _facts(found: _Found) -> tuple[Fact, ...]:
    seen = found.learned.assessment
    facts = [
        Fact(
            "Expected to leave",
            number(float(found.scores.probability.sum())),
            f"of {len(found.scores.customer):,} customers",
        ),
        Fact(
            "Pairs told apart",
            percent(seen.auc.value),
            f"AUC {seen.auc.value:.3f} ({seen.auc.low:.3f} to {seen.auc.high:.3f}); 50% is chance",
        ),
        Fact(
            "Calibration error",
            number(seen.calibration_error),
            f"mean gap of said and happened; chance alone makes "
            f"{number(seen.calibration_error_by_chance)}",
        ),
        Fact(
            "Brier score",
            number(seen.brier.value),
            f"{percent(seen.brier_skill)} better than the same probability for everybody",
        ),
        Fact(
            "Surest tenth that left",
            percent(seen.lift[1].precision.value),
            f"{number(seen.lift[1].lift.value)} times the share of all",
        ),
    ]
    if found.later is not None:
        facts.append(
            Fact(
                "Told apart later",
                percent(found.later.auc.value),
                f"a model of one period earlier, at {day_text(found.cut)}; calibration error "
                f"{number(found.later.calibration_error)}",
            )
        )
    return tuple(facts)


def _at_risk(shop: Shop, found: _Found) -> Grid:
    """Those who spent most among the members who may go either way: the surest leavers are mostly
    people who bought once long ago, whom nobody needs a list of."""
    undecided = (found.scores.probability >= 0.4) & (found.scores.probability <= 0.8)
    order = np.argsort(-np.where(undecided, found.value, -np.inf), kind="stable")
    rows = order[: min(10, int(undecided.sum()))].astype(np.int64)
    reasons = churn.reasons(found.learned.model, found.features, found.scores, rows, count=2)
    return Grid(
        "Ten worth a look: they spent most of those who may go either way",
        ("customer", "probability", "spent so far", "why"),
        tuple(
            (
                shop.customers[found.scores.customer[row]],
                percent(float(found.scores.probability[row]), 0),
                money(float(found.value[row]), shop.currency),
                " ".join(churn.english(reason) for reason in mine) or "like the average member",
            )
            for row, mine in zip(rows, reasons, strict=True)
        ),
        "Probabilities from 40% to 80%. All customers are in the file that --out writes.",
    )


def _lift(assessment: Assessment) -> Grid:
    return Grid(
        "How much better than chance",
        ("surest", "customers", "left", "times the average", "of all who left"),
        tuple(
            (
                percent(row.share, 0),
                f"{row.customers:,}",
                f"{percent(row.precision.value)} ({percent(row.precision.low)} to "
                f"{percent(row.precision.high)})",
                f"{number(row.lift.value)} (at most {number(row.lift_most)})",
                percent(row.found.value),
            )
            for row in assessment.lift
        ),
    )


def _plots(found: _Found) -> tuple[Plot, ...]:
    return (
        _calibration("calibration", "Said and happened, on customers not seen",
                     found.learned.assessment),
        *(
            [_calibration("later", "Said and happened, one period later", found.later)]
            if found.later is not None
            else []
        ),
        _deciles(found),
        _gains(found),
        _spread(found),
    )  # fmt: skip


def _calibration(name: str, title: str, assessment: Assessment) -> Plot:
    rows = assessment.calibration
    said = [row.predicted for row in rows]
    seen = [row.observed for row in rows]
    return Plot(
        name,
        title,
        "Points on the dashed line are honest probabilities; above it more left than was said.",
        f"Churned share against predicted probability in {len(rows)} groups; calibration error "
        f"{assessment.calibration_error:.3f}.",
        lambda axes: charts.calibration(
            axes, said, [one.value for one in seen], [one.low for one in seen],
            [one.high for one in seen],
        ),
        Grid(
            title,
            ("customers", "said", "happened", "low", "high"),
            tuple(
                (f"{row.customers:,}", percent(row.predicted), percent(row.observed.value),
                 percent(row.observed.low), percent(row.observed.high))
                for row in rows
            ),
        ),
    )  # fmt: skip


def _deciles(found: _Found) -> Plot:
    order = np.argsort(-found.learned.held_out, kind="stable")
    left = found.learned.churned[order].astype(np.float64)
    shares = [float(part.mean()) for part in np.array_split(left, 10) if part.size]
    base = float(left.mean())
    lifts = [share / base for share in shares]
    names = [str(place) for place in range(1, len(shares) + 1)]

    def draw(axes: Any) -> None:
        charts.paired_bars(axes, names, {"lift": lifts},
                           x_label="tenths of customers, surest first",
                           y_label="left, times the average")  # fmt: skip
        charts.level(axes, 1.0)

    return Plot(
        "deciles",
        "Lift by tenth",
        "Bars should fall from left to right; those above the dashed line left more often than the "
        "average customer.",
        f"Lift of ten groups by predicted probability, from {lifts[0]:.2f} to {lifts[-1]:.2f}.",
        draw,
        Grid(
            "Lift by tenth",
            ("tenth", "left", "times the average"),
            tuple(
                (name, percent(share), number(lift))
                for name, share, lift in zip(names, shares, lifts, strict=True)
            ),
        ),
    )


def _gains(found: _Found) -> Plot:
    order = np.argsort(-found.learned.held_out, kind="stable")
    left = np.cumsum(found.learned.churned[order]) / max(int(found.learned.churned.sum()), 1)
    places = np.linspace(0, len(left) - 1, 101).astype(np.int64)
    asked = (places + 1) / len(left) * 100
    return Plot(
        "gains",
        "How many leavers are found",
        "At 20 on the axis below, the line says what part of all leavers is among the fifth that "
        "the model was surest of; the dashed line is picking at random.",
        "Cumulative share of leavers found; the surest fifth holds "
        f"{percent(float(left[places[20]]))}.",
        lambda axes: charts.curves(
            axes, asked, {"model": left[places] * 100, "at random": asked},
            x_label="% of customers, surest first", y_label="% of all leavers",
        ),
    )  # fmt: skip


def _spread(found: _Found) -> Plot:
    counts, edges = np.histogram(found.scores.probability, bins=10, range=(0.0, 1.0))
    names = [f"{edge * 100:.0f}" for edge in edges[:-1]]
    return Plot(
        "spread",
        "How the probabilities of today are spread",
        "Few customers in the middle means that the model is sure of most; a single high bar means "
        "that it cannot tell them apart.",
        "Number of customers by probability of leaving, in ten classes.",
        lambda axes: charts.paired_bars(
            axes, names, {"customers": counts}, x_label="probability of leaving, % and more",
            y_label="customers",
        ),
    )  # fmt: skip


def _findings(found: _Found) -> list[str]:
    seen, notes = found.learned.assessment, []
    if not found.clean:
        notes.append("A feature changed with the future: the leakage test failed, use no number.")
    if seen.auc.low <= 0.5:
        notes.append("The model cannot be told from chance on this file: do not act on it.")
    if abs(seen.calibration_z) > 2.58:
        notes.append(
            "On customers not seen, probabilities were off by more than chance explains: trust the "
            "order of customers more than the percentages."
        )
    if found.later is None:
        notes.append(
            "The file is too short to try a model on a later period; the figures are of other "
            "customers in the same period."
        )
    elif found.later.calibration_error > 2 * seen.calibration_error + 0.01:
        notes.append(
            f"One period later the calibration error was {found.later.calibration_error:.3f} "
            f"instead of {seen.calibration_error:.3f}: this shop changes, learn anew often."
        )
    if found.learned.rhythm is None:
        notes.append(
            f"It does without the rhythm of orders (BG/NBD): {found.learned.rhythm_missing}."
        )
    return notes


def _data(options: ChurnOptions, found: _Found) -> dict[str, Any]:
    model = found.learned.model
    return {
        "days": options.days,
        "cut": day_text(found.cut),
        "customers": len(found.scores.customer),
        "expected_to_leave": float(found.scores.probability.sum()),
        "learner": model.learner.value,
        "measures": [measure.code for measure in model.measures],
        "leakage_clean": found.clean,
        "held_out": _assessment(found.learned.assessment),
        "later": _assessment(found.later) if found.later is not None else None,
    }


def _assessment(given: Assessment) -> dict[str, Any]:
    return {
        "customers": given.customers,
        "churned_share": given.churned_share,
        "auc": plain_interval(given.auc),
        "brier": plain_interval(given.brier),
        "calibration_error": given.calibration_error,
        "calibration_error_by_chance": given.calibration_error_by_chance,
        "lift": [
            {"share": row.share, "lift": plain_interval(row.lift),
             "precision": plain_interval(row.precision)}
            for row in given.lift
        ],
    }  # fmt: skip
