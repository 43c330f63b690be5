"""`experiment`: whether a treatment made a difference, how sure that is, and what it was worth.

Every group is compared with the control on every outcome; what was known before takes noise out;
the first outcome is followed over time with an interval that may be looked at every day.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.insights.contracts import Fact, Floats, Grid, Insight, Plot, Tell
from regulars.insights.drawing import charts
from regulars.insights.errors import Unfit
from regulars.insights.phrasing import (
    between,
    listed,
    money,
    number,
    p_value,
    percent,
    plain,
    plain_interval,
)
from regulars.insights.trials import Trial
from regulars.science.contracts import Booleans
from regulars.science.errors import ScienceRefused
from regulars.science.experiment import facade as experiment
from regulars.science.experiment.contracts import (
    AdjustedEffect,
    Effect,
    Monitoring,
    RatioMismatch,
    Return,
)

_LOOKS = 60
_LIMITS = (
    "An effect is that of having been assigned. Who was in the treatment and never saw it counts "
    "as treated, and should.",
    "It holds for these people in this time. People talk to each other, novelty wears off, and a "
    "season is not a year.",
    "The always-valid interval may be looked at every day and acted on when it leaves zero. The "
    "narrower, fixed one is for one look at an end that was chosen before.",
    "What is taken for known before has to be measured before: a covariate that the treatment "
    "moved takes part of the effect away.",
)


@dataclass(frozen=True, slots=True)
class ExperimentOptions:
    """`value_of` is the outcome that is money, of which the share `margin` is earned; `cost` is
    spent per treated unit. `level` of the intervals."""

    value_of: str = ""
    margin: float = 1.0
    cost: float = 0.0
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One group against the control on one outcome; `found` after correcting for their number."""

    group: str
    outcome: str
    effect: Effect
    adjusted: AdjustedEffect | None
    found: bool


@dataclass(frozen=True, slots=True)
class _Found:
    mismatch: RatioMismatch
    comparisons: tuple[_Comparison, ...]
    refused: tuple[str, ...]
    monitored: tuple[tuple[str, Monitoring], ...]
    returns: tuple[tuple[str, Return], ...]


def experiment_insight(trial: Trial, options: ExperimentOptions, tell: Tell) -> Insight:
    """What the experiment in the file found."""
    found = _found(trial, options, tell)
    outcome = next(iter(trial.outcomes))
    return Insight(
        "experiment",
        "Did it make a difference",
        _summary(trial, found),
        f"{trial.name}: {trial.rows.count:,} units in {len(trial.groups)} groups, control "
        f"“{trial.groups[0]}”; first outcome {outcome}",
        _facts(trial, found, options),
        (_effects(found), *_adjusted(found), *_returns(trial, found)),
        _plots(trial, found),
        (*_findings(trial, found), *_LIMITS),
        _data(trial, found),
    )


def _found(trial: Trial, options: ExperimentOptions, tell: Tell) -> _Found:
    counts = np.bincount(trial.group, minlength=len(trial.groups))
    mismatch = experiment.ratio_mismatch(counts, trial.shares)
    pairs = [(place, name) for place in range(1, len(trial.groups)) for name in trial.outcomes]
    effects: list[tuple[str, str, Effect, AdjustedEffect | None]] = []
    refused: list[str] = []
    for done, (place, name) in enumerate(pairs):
        tell("comparing", done, len(pairs))
        try:
            effects.append(_compared(trial, place, name, options.level))
        except ScienceRefused as reason:
            refused.append(
                f"{trial.groups[place]} could not be compared on {name}: {reason}. "
                f"{reason.next_step}"
            )
    if not effects:
        raise Unfit(refused[0], "Look at the outcome columns.")
    discoveries = experiment.false_discovery(
        np.array([effect.p_value for _, _, effect, _ in effects]), rate=1.0 - options.level
    )
    comparisons = tuple(
        _Comparison(group, name, effect, adjusted, bool(hit))
        for (group, name, effect, adjusted), hit in zip(effects, discoveries.found, strict=True)
    )
    tell("following it over time", len(pairs), len(pairs))
    return _Found(
        mismatch, comparisons, tuple(refused), _monitored(trial, options), _worth(trial, options)
    )


def _members_of(trial: Trial, place: int) -> tuple[Booleans, Booleans]:
    """Who is in a group or the control, and of these who is in the group."""
    among = (trial.group == 0) | (trial.group == place)
    return among, trial.group[among] == place


def _compared(
    trial: Trial, place: int, name: str, level: float
) -> tuple[str, str, Effect, AdjustedEffect | None]:
    among, treated = _members_of(trial, place)
    outcome = trial.outcomes[name][among]
    effect = experiment.difference_in_means(outcome, treated, level=level)
    adjusted: AdjustedEffect | None = None
    covariates = _covariates(trial, among)
    if covariates.shape[1]:
        try:
            adjusted = experiment.adjusted_difference(outcome, treated, covariates, level=level)
        except ScienceRefused:
            adjusted = None
    return trial.groups[place], name, effect, adjusted


def _covariates(trial: Trial, among: Booleans) -> Floats:
    columns = trial.features[among]
    if trial.before is not None:
        columns = np.column_stack([trial.before[among], columns])
    return columns[:, np.ptp(columns, axis=0) > 0] if columns.size else columns


def _monitored(trial: Trial, options: ExperimentOptions) -> tuple[tuple[str, Monitoring], ...]:
    """The first outcome over time, or in the order of the file where it has none."""
    outcome = next(iter(trial.outcomes.values()))
    answers = []
    for place in range(1, len(trial.groups)):
        among, treated = _members_of(trial, place)
        order = np.arange(treated.size)
        if trial.time is not None:
            order = np.argsort(trial.time[among], kind="stable")
        looks = np.unique(np.linspace(min(20, treated.size), treated.size, _LOOKS).astype(np.int64))
        try:
            watched = experiment.monitor(
                outcome[among][order], treated[order], looks, planned=treated.size,
                level=options.level,
            )  # fmt: skip
        except ScienceRefused:
            continue
        answers.append((trial.groups[place], watched))
    return tuple(answers)


def _worth(trial: Trial, options: ExperimentOptions) -> tuple[tuple[str, Return], ...]:
    if not options.value_of:
        return ()
    if options.value_of not in trial.outcomes:
        raise Unfit(
            f"{options.value_of} is no outcome of the mapping",
            f"Give one of: {', '.join(trial.outcomes)}.",
        )
    answers = []
    for place in range(1, len(trial.groups)):
        among, treated = _members_of(trial, place)
        margin = trial.outcomes[options.value_of][among] * options.margin
        cost = np.where(treated, options.cost, 0.0)
        answers.append(
            (
                trial.groups[place],
                experiment.incremental_return(margin, cost, treated, level=options.level),
            )
        )
    return tuple(answers)


def _summary(trial: Trial, found: _Found) -> str:
    if found.mismatch.mismatch:
        return (
            "The groups do not have the sizes that they should have: something went wrong in "
            "assigning or recording, and no difference below can be read as an effect."
        )
    hits = [one for one in found.comparisons if one.found]
    if not hits:
        return (
            f"None of the {len(found.comparisons)} differences can be told from zero. That does "
            "not say that there is no effect, only that it is smaller than the intervals below."
        )
    first = next((one for one in hits if one.outcome == next(iter(trial.outcomes))), hits[0])
    effect = first.effect
    return (
        f"{len(hits)} of {len(found.comparisons)} differences are there beyond chance. "
        f"{first.group} moved {first.outcome} from {number(effect.control)} to "
        f"{number(effect.treatment)} per head"
        + (f" ({effect.relative.value:+.0%})" if effect.relative is not None else "")
        + f", a difference of {number(effect.difference.value)} ({between(effect.difference)})."
    )


def _facts(trial: Trial, found: _Found, options: ExperimentOptions) -> tuple[Fact, ...]:
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


def _effects(found: _Found) -> Grid:
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


def _adjusted(found: _Found) -> tuple[Grid, ...]:
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


def _returns(trial: Trial, found: _Found) -> tuple[Grid, ...]:
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


def _plots(trial: Trial, found: _Found) -> tuple[Plot, ...]:
    plots = [
        _forest(f"effect-{place}", name, [one for one in found.comparisons if one.outcome == name])
        for place, name in enumerate(trial.outcomes)
        if any(one.outcome == name for one in found.comparisons)
    ]
    plots += [
        _over_time(trial, f"time-{place}", group, watched)
        for place, (group, watched) in enumerate(found.monitored)
    ]
    plots.append(_sizes(trial, found))
    return tuple(plots)


def _forest(name: str, outcome: str, comparisons: list[_Comparison]) -> Plot:
    names: list[str] = []
    intervals = []
    for one in comparisons:
        names.append(one.group)
        intervals.append(one.effect.difference)
        if one.adjusted is not None:
            names.append("… less noise")
            intervals.append(one.adjusted.effect.difference)
    return Plot(
        name,
        f"Difference in {outcome}",
        "A line that does not touch the dashed one is an effect at this confidence; its length is "
        "what is still unknown.",
        listed(f"Differences from the control in {outcome}", names, map(between, intervals)),
        lambda axes: charts.intervals(
            axes, names, [one.value for one in intervals], [one.low for one in intervals],
            [one.high for one in intervals], x_label=f"{outcome} per unit, less the control's",
            reference=0.0,
        ),
        height=1.5 + 0.32 * len(names),
    )  # fmt: skip


def _over_time(trial: Trial, name: str, group: str, watched: Monitoring) -> Plot:
    ready = np.isfinite(watched.low) & np.isfinite(watched.high)
    seen, estimate = watched.seen[ready], watched.estimate[ready]
    spans = {
        "difference": charts.Span(watched.low[ready], watched.high[ready]),
    }
    outcome = next(iter(trial.outcomes))

    def draw(axes: Any) -> None:
        charts.curves(axes, seen, {"difference": estimate}, spans=spans,
                      x_label="units seen", y_label=f"difference in {outcome}")  # fmt: skip
        charts.level(axes, 0.0)
        charts.limits_of(axes, seen, watched.fixed_low[ready], watched.fixed_high[ready],
                         "for one look only")  # fmt: skip

    return Plot(
        name,
        f"{group}: the interval over time",
        "As soon as the shaded band leaves the dashed zero it may be acted on, however often it "
        "was looked at; the dotted lines are valid at one look only.",
        f"Estimate and always-valid interval of {group} at {len(seen)} looks; at the end "
        f"{number(float(watched.estimate[-1]))}, {number(float(watched.low[-1]))} to "
        f"{number(float(watched.high[-1]))}.",
        draw,
        Grid(
            "Looks",
            ("units", "difference", "from", "to"),
            tuple(
                (f"{count:,}", number(float(value)), number(float(low)), number(float(high)))
                for count, value, low, high in zip(
                    seen, estimate, watched.low[ready], watched.high[ready], strict=True
                )
            ),
        ),
    )


def _sizes(trial: Trial, found: _Found) -> Plot:
    return Plot(
        "sizes",
        "Units in each group",
        "Each pair of bars should be of one length; if not by chance, the assignment is broken and "
        "everything above with it.",
        "Units in each group, counted and planned.",
        lambda axes: charts.paired_bars_down(
            axes,
            trial.groups,
            {"counted": found.mismatch.observed, "planned": found.mismatch.expected},
        ),
    )


def _findings(trial: Trial, found: _Found) -> list[str]:
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


def _data(trial: Trial, found: _Found) -> dict[str, Any]:
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


def _comparison(one: _Comparison) -> dict[str, Any]:
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
