"""Fit a churn model: choose the learner on customers held out, calibrate it on them, refit on all.

Calibration is cross-fitted: every customer's score comes from a model that has not seen that
customer, and a logistic curve from score to probability is fitted on those scores (Platt 1999,
"Probabilistic outputs for support vector machines", with its smoothed targets). A logistic curve
keeps the order of customers and keeps contributions additive, which a step function would not.
"""

import numpy as np

from regulars.science import checks
from regulars.science.churn.additive import curve_values, fit_additive, fit_logistic, scaled
from regulars.science.churn.contracts import (
    Additive,
    Candidate,
    ChurnModel,
    Features,
    Learner,
    Scale,
    Settings,
)
from regulars.science.churn.trees import fit_trees, tree_log_odds
from regulars.science.contracts import Booleans, Floats, Integers
from regulars.science.errors import TooFew

RARER_LEAST = 10
"""With fewer customers of the rarer outcome no calibration means anything."""


def fit(
    features: Features, churned: Booleans, *, seed: int, settings: Settings | None = None
) -> ChurnModel:
    """The calibrated model of these customers.

    `churned`: bool (n,), True for no order within the horizon. Where `settings.learner` is None,
    boosted trees are tried beside the additive model from `rich_rows` customers on with
    `rich_each` of either outcome, and taken where they are better on held-out customers by more
    than one standard error of the paired difference in log loss (the one-standard-error rule of
    Breiman, Friedman, Olshen & Stone 1984, section 3.4.3): the plainer model wins a draw.
    Refuses values that are not finite, one class, and too few of the rarer outcome.
    """
    chosen = _sound(settings or Settings())
    values, outcomes = checked(features, churned)
    inputs = scaled(values, features.measures)
    directions = tuple(measure.direction for measure in features.measures)
    fold = folds(outcomes > 0, chosen.folds, seed)
    learners = _learners(outcomes, chosen)
    held_out = [
        _held_out(learner, inputs, outcomes, directions, fold, chosen, seed) for learner in learners
    ]
    candidates = _compared(learners, held_out, outcomes)
    best = _choose(candidates)
    intercept, slope = platt(held_out[best], outcomes)
    learner = learners[best]
    model = _learn(learner, inputs, outcomes, directions, chosen, seed)
    return ChurnModel(
        learner=learner,
        measures=features.measures,
        average=_unscaled(inputs.mean(axis=0), features),
        calibration_intercept=intercept,
        calibration_slope=slope,
        churned_share=float(outcomes.mean()),
        rows=outcomes.size,
        candidates=candidates,
        additive=model if isinstance(model, Additive) else None,
        trees=model if isinstance(model, str) else None,
    )


def checked(features: Features, churned: Booleans) -> tuple[Floats, Floats]:
    """Values and outcomes (0 and 1) that a model can be fitted on."""
    values = checks.matrix("features.values", features.values, columns=len(features.measures))
    flags = checks.flags("churned", churned, length=values.shape[0])
    checks.two_classes("churned", flags)
    rarer = int(min(flags.sum(), (~flags).sum()))
    if rarer < RARER_LEAST:
        raise TooFew("customers of the rarer outcome", rarer, RARER_LEAST)
    return values, flags.astype(np.float64)


def folds(churned: Booleans, count: int, seed: int) -> Integers:
    """A fold for each customer, from 0 to count - 1, with both outcomes spread evenly."""
    checks.number("folds", count, at_least=2, at_most=RARER_LEAST)
    random = checks.generator(seed)
    fold = np.empty(churned.size, dtype=np.int64)
    for outcome in (False, True):
        rows = np.flatnonzero(churned == outcome)
        fold[random.permutation(rows)] = np.arange(rows.size) % count
    return fold


def platt(log_odds: Floats, outcomes: Floats) -> tuple[float, float]:
    """Intercept and slope (at least 0) that turn held-out log-odds into calibrated ones.

    Targets are (positives + 1) / (positives + 2) and 1 / (negatives + 2) instead of 1 and 0
    (Platt 1999, section 2.2), so that perfectly separated scores keep finite probabilities.
    """
    positives = outcomes.sum()
    negatives = outcomes.size - positives
    targets = np.where(outcomes > 0, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))
    spread = float(np.std(log_odds)) or 1.0
    centre = float(np.mean(log_odds))
    standardised = ((log_odds - centre) / spread)[:, None]
    intercept, slopes = fit_logistic(standardised, targets, np.ones(1), ridge=0.0)
    slope = float(slopes[0]) / spread
    return intercept - slope * centre, slope


def raw_log_odds(model: Additive | str, inputs: Floats) -> Floats:
    """Log-odds before calibration: float64 (n,)."""
    if isinstance(model, str):
        return tree_log_odds(model, inputs)
    answer: Floats = model.intercept + curve_values(model.curves, inputs).sum(axis=1)
    return answer


def _sound(settings: Settings) -> Settings:
    """Settings that can be fitted with; without a penalty separable outcomes have no answer."""
    checks.number("settings.ridge", settings.ridge, above=0.0)
    checks.number("settings.learning_rate", settings.learning_rate, above=0.0, at_most=1.0)
    for name, value, least in (
        ("segments", settings.segments, 1),
        ("trees", settings.trees, 1),
        ("leaves", settings.leaves, 2),
        ("leaf_rows", settings.leaf_rows, 1),
    ):
        checks.number(f"settings.{name}", value, at_least=least)
    return settings


def _learners(outcomes: Floats, settings: Settings) -> tuple[Learner, ...]:
    if settings.learner is not None:
        return (settings.learner,)
    rarer = min(outcomes.sum(), outcomes.size - outcomes.sum())
    if outcomes.size < settings.rich_rows or rarer < settings.rich_each:
        return (Learner.ADDITIVE,)
    return (Learner.ADDITIVE, Learner.TREES)


def _learn(
    learner: Learner,
    inputs: Floats,
    outcomes: Floats,
    directions: tuple[int, ...],
    settings: Settings,
    seed: int,
) -> Additive | str:
    if learner is Learner.TREES:
        return fit_trees(inputs, outcomes, directions, settings=settings, seed=seed)
    return fit_additive(
        inputs, outcomes, directions, segments=settings.segments, ridge=settings.ridge
    )


def _held_out(
    learner: Learner,
    inputs: Floats,
    outcomes: Floats,
    directions: tuple[int, ...],
    fold: Integers,
    settings: Settings,
    seed: int,
) -> Floats:
    """Each customer's log-odds by a model of the other folds."""
    answer = np.empty(outcomes.size)
    for held in range(settings.folds):
        rest = fold != held
        model = _learn(learner, inputs[rest], outcomes[rest], directions, settings, seed)
        answer[~rest] = raw_log_odds(model, inputs[~rest])
    return answer


def _compared(
    learners: tuple[Learner, ...], held_out: list[Floats], outcomes: Floats
) -> tuple[Candidate, ...]:
    losses = [np.logaddexp(0.0, score) - outcomes * score for score in held_out]
    return tuple(
        Candidate(
            learner,
            float(loss.mean()),
            float(np.std(loss - losses[0]) / np.sqrt(outcomes.size)),
        )
        for learner, loss in zip(learners, losses, strict=True)
    )


def _choose(candidates: tuple[Candidate, ...]) -> int:
    """The first, unless a later one is better by more than the error of the difference."""
    best = 0
    for place, one in enumerate(candidates):
        if candidates[best].log_loss - one.log_loss > one.difference_error:
            best = place
    return best


def _unscaled(averages: Floats, features: Features) -> Floats:
    answer: Floats = np.array(
        [
            np.expm1(average) if measure.scale is Scale.LOG else average
            for average, measure in zip(averages, features.measures, strict=True)
        ]
    )
    return answer
