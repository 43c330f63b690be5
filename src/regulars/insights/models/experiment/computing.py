"""Computing what an experiment found.

Every group is compared with the control on every outcome; what was known before takes noise out;
the first outcome is followed over time with an interval that may be looked at every day.
"""

from dataclasses import dataclass

import numpy as np

from regulars.insights.contracts import Floats, Tell
from regulars.insights.errors import Unfit
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


@dataclass(frozen=True, slots=True)
class ExperimentOptions:
    """`value_of` is the outcome that is money, of which the share `margin` is earned; `cost` is
    spent per treated unit. `level` of the intervals."""

    value_of: str = ""
    margin: float = 1.0
    cost: float = 0.0
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Comparison:
    """One group against the control on one outcome; `found` after correcting for their number."""

    group: str
    outcome: str
    effect: Effect
    adjusted: AdjustedEffect | None
    found: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What the trial says; `refused` are the comparisons that could not be made, and why. What is
    followed over time and what it was worth stand by group."""

    mismatch: RatioMismatch
    comparisons: tuple[Comparison, ...]
    refused: tuple[str, ...]
    monitored: tuple[tuple[str, Monitoring], ...]
    returns: tuple[tuple[str, Return], ...]


def find(trial: Trial, options: ExperimentOptions, tell: Tell) -> Found:
    """Compare all groups on all outcomes. A comparison that is refused is told with its reason;
    `Unfit` where none could be made."""
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
        Comparison(group, name, effect, adjusted, bool(hit))
        for (group, name, effect, adjusted), hit in zip(effects, discoveries.found, strict=True)
    )
    tell("following it over time", len(pairs), len(pairs))
    return Found(
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
