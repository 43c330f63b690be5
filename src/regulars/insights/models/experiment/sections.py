"""What an experiment found, as facts, tables, things to heed, and data for machines."""

from typing import Any

from regulars.insights.contracts import Fact, Grid
from regulars.insights.models.experiment.computing import Comparison, ExperimentOptions, Found
from regulars.insights.phrasing import money, number, p_value, percent, plain, plain_interval
from regulars.insights.trials import Trial


def facts_of(trial: Trial, found: Found, options: ExperimentOptions) -> tuple[Fact, ...]:
    """What a reader should see first."""
    first = found.comparisons[0]
    smallest = 2.8 * first.effect.standard_error
    facts = [
        Fact("Units", f"{trial.rows.count:,}", f"in {len(trial.groups)} groups"),
        Fact(
            "Group sizes",
            "wrong" if found.mismatch.mismatch else "as planned",
            f"p {p_value(found.mismatch.p_value)}; an alarm is below 0.001",
        ),
        Fact(
            "Smallest effect it can find",
            number(smallest),
            f"on {first.outcome}, with 80% power at {percent(options.level, 0)} confidence",
        ),
    ]
    if first.adjusted is not None:
        facts.append(
            Fact(
                "Noise taken out",
                percent(first.adjusted.variance_reduction),
                f"of the variance of {first.outcome}, by what was known before",
            )
        )
    for group, watched in found.monitored[:1]:
        decided = watched.decided_at
        facts.append(
            Fact(
                "Could have stopped",
                "not yet" if decided is None else f"after {watched.seen[decided]:,}",
                f"units of {group} and control, by the always-valid interval",
            )
        )
    return tuple(facts)


def effects(found: Found) -> Grid:
    """Every comparison, as it is."""
    return Grid(
        "Every group against the control",
        ("group", "outcome", "control", "group mean", "difference", "from", "to", "relative",
         "p-value", "beyond chance"),
        tuple(
            (
                one.group,
                one.outcome,
                number(one.effect.control, 4),
                number(one.effect.treatment, 4),
                number(one.effect.difference.value, 4),
                number(one.effect.difference.low),
                number(one.effect.difference.high),
                percent(one.effect.relative.value) if one.effect.relative is not None else "—",
                p_value(one.effect.p_value),
                "yes" if one.found else "no",
            )
            for one in found.comparisons
        ),
        "The last column allows for the number of comparisons (false discovery rate).",
    )  # fmt: skip


def adjusted(found: Found) -> tuple[Grid, ...]:
    """The comparisons that could be adjusted; nothing where none could."""
    rows = [
        (
            one.group,
            one.outcome,
            number(one.adjusted.effect.difference.value, 4),
            number(one.adjusted.effect.difference.low),
            number(one.adjusted.effect.difference.high),
            percent(one.adjusted.variance_reduction),
            p_value(one.adjusted.imbalance_p_value),
        )
        for one in found.comparisons
        if one.adjusted is not None
    ]
    if not rows:
        return ()
    return (
        Grid(
            "The same with what was known before taken out (CUPED)",
            ("group", "outcome", "difference", "from", "to", "variance taken out",
             "p of the balance"),
            tuple(rows),
            "A balance near 0 says that the groups differed before, or that something was measured "
            "after.",
        ),
    )  # fmt: skip


def returns(trial: Trial, found: Found) -> tuple[Grid, ...]:
    """What the treatments earned over their cost; nothing where no outcome is money."""
    if not found.returns:
        return ()
    return (
        Grid(
            "What it was worth",
            ("group", "treated", "incremental margin", "cost", "net", "net from", "net to",
             "return"),
            tuple(
                (
                    group,
                    f"{one.treated:,}",
                    money(one.margin.value, ""),
                    money(one.cost.value, ""),
                    money(one.net.value, ""),
                    money(one.net.low, ""),
                    money(one.net.high, ""),
                    percent(one.on_investment.value, 0) if one.on_investment is not None else "—",
                )
                for group, one in found.returns
            ),
            "Over all treated units; a return of 100% has earned the cost twice.",
        ),
    )  # fmt: skip


def findings(trial: Trial, found: Found) -> list[str]:
    """What to heed in this file."""
    notes = list(found.refused)
    if found.mismatch.mismatch:
        notes.append(
            "The group sizes differ from the plan by more than chance (p "
            f"{p_value(found.mismatch.p_value)}): find out why before reading on."
        )
    unbalanced = [
        one
        for one in found.comparisons
        if one.adjusted is not None and one.adjusted.imbalance_p_value < 0.001
    ]
    if unbalanced:
        notes.append(
            f"{unbalanced[0].group} differed from the control before it began, or a column named "
            "under features or before was measured after."
        )
    if trial.time is None:
        notes.append("The file has no time (columns.time): “over time” is the order of its rows.")
    return notes


def data_of(trial: Trial, found: Found) -> dict[str, Any]:
    """The same for machines."""
    return {
        "units": trial.rows.count,
        "groups": dict(zip(trial.groups, found.mismatch.observed.tolist(), strict=True)),
        "sample_ratio": {
            "p_value": found.mismatch.p_value,
            "mismatch": found.mismatch.mismatch,
        },
        "comparisons": [_comparison(one) for one in found.comparisons],
        "over_time": [
            {
                "group": group,
                "seen": watched.seen.tolist(),
                "estimate": plain(watched.estimate),
                "low": plain(watched.low),
                "high": plain(watched.high),
                "decided_at": watched.decided_at,
            }
            for group, watched in found.monitored
        ],
        "worth": [
            {"group": group, "margin": plain_interval(one.margin),
             "cost": plain_interval(one.cost), "net": plain_interval(one.net)}
            for group, one in found.returns
        ],
    }  # fmt: skip


def _comparison(one: Comparison) -> dict[str, Any]:
    return {
        "group": one.group,
        "outcome": one.outcome,
        "control": one.effect.control,
        "treatment": one.effect.treatment,
        "difference": plain_interval(one.effect.difference),
        "p_value": one.effect.p_value,
        "beyond_chance": one.found,
        "adjusted": (
            plain_interval(one.adjusted.effect.difference) if one.adjusted is not None else None
        ),
        "variance_reduction": (
            one.adjusted.variance_reduction if one.adjusted is not None else None
        ),
    }
