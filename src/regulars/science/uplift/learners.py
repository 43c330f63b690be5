"""Learners of uplift from an experiment: T, X and doubly robust.

Who was treated has to have been decided by chance, with a propensity that is known: a constant, or
one per customer where assignment was stratified. With a propensity estimated from purchases, uplift
measures who was chosen, not what treatment did.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.contracts import Booleans, Floats, Integers
from regulars.science.errors import NoVariation, TooFew
from regulars.science.uplift.contracts import Base, Learner, UpliftScores
from regulars.science.uplift.outcomes import Predict, fit_effect, fit_outcome

FEWEST_PER_ARM = 20
PROPENSITY_LEAST = 1e-6
"""A customer who was treated against such odds would count as a million."""


@dataclass(frozen=True, slots=True)
class UpliftModel:
    """A fitted learner; `predict_uplift` reads it."""

    learner: Learner
    base: Base
    columns: int
    uplift: Predict
    baseline: Predict


@dataclass(frozen=True, slots=True)
class _Rows:
    features: Floats
    treated: Booleans
    outcome: Floats
    propensity: Floats

    def take(self, chosen: Booleans) -> "_Rows":
        return _Rows(
            self.features[chosen],
            self.treated[chosen],
            self.outcome[chosen],
            self.propensity[chosen],
        )


def fit_uplift(
    features: ArrayLike,
    treated: ArrayLike,
    outcome: ArrayLike,
    *,
    seed: int,
    learner: Learner = "dr",
    base: Base = "linear",
    propensity: ArrayLike | None = None,
    folds: int = 5,
) -> UpliftModel:
    """Learn what treatment changes, and for whom.

    `features`: float64 (n, k), known before treatment. `treated`: bool (n,). `outcome`: float64
    (n,), 0 and 1 for a response. `propensity`: the probability with which each was treated,
    float64 (n,) or one number, within (0, 1); by default the share of the treated.

    `t`: one outcome model per arm, and their difference. `x`: the effects imputed with the other
    arm's model, regressed per arm and weighted by propensity (Künzel, Sekhon, Bickel and Yu 2019,
    PNAS 116, equations 7 to 9). `dr`: the doubly-robust pseudo-outcome of cross-fitted models,
    regressed on the features (Kennedy 2023, Electronic Journal of Statistics 17, algorithm 1),
    over `folds` folds.

    Raises NoData, WrongShape, NotFinite, OutOfRange; NoVariation where the outcome or all features
    are constant; TooFew where an arm has fewer than 20.
    """
    rows = _checked(features, treated, outcome, propensity)
    checks.number("folds", folds, at_least=2, at_most=FEWEST_PER_ARM // 2)
    models = _outcome_models(rows, base, seed)
    if learner == "t":
        effect = _difference(models)
    elif learner == "x":
        effect = _crossed(rows, models, base, seed)
    else:
        effect = fit_effect(rows.features, _pseudo_outcome(rows, base, folds, seed), base, seed)
    return UpliftModel(learner, base, rows.features.shape[1], effect, models[1])


def predict_uplift(model: UpliftModel, features: ArrayLike) -> UpliftScores:
    """Uplift and baseline of customers, `features` float64 (n, k) as in `fit_uplift`.

    Raises NoData, WrongShape, NotFinite.
    """
    given = checks.matrix("features", features, columns=model.columns)
    return UpliftScores(model.uplift(given), model.baseline(given))


def folds_within_arms(treated: Booleans, folds: int, seed: int) -> Integers:
    """A fold per row, int64 (n,), of equal size within each arm."""
    random = checks.generator(seed)
    answered = np.empty(treated.size, dtype=np.int64)
    for chosen in (treated, ~treated):
        answered[chosen] = random.permutation(int(chosen.sum())) % folds
    return answered


def _checked(
    features: ArrayLike, treated: ArrayLike, outcome: ArrayLike, propensity: ArrayLike | None
) -> _Rows:
    values = checks.floats("outcome", outcome)
    known = checks.matrix("features", features, rows=values.size)
    arms = checks.flags("treated", treated, length=values.size)
    for chosen, what in ((arms, "treated customers"), (~arms, "control customers")):
        if chosen.sum() < FEWEST_PER_ARM:
            raise TooFew(what, int(chosen.sum()), FEWEST_PER_ARM)
    checks.varied("outcome", values)
    if not np.ptp(known, axis=0).any():
        raise NoVariation("features", float(known[0, 0]))
    share = float(arms.mean()) if propensity is None else propensity
    chances = checks.numbers("propensity", share)
    chances = np.full(values.size, chances) if chances.ndim == 0 else chances
    checks.floats("propensity", chances, length=values.size, at_least=PROPENSITY_LEAST)
    checks.floats("1 - propensity", 1.0 - chances, at_least=PROPENSITY_LEAST)
    return _Rows(known, arms, values, chances)


def _outcome_models(rows: _Rows, base: Base, seed: int) -> tuple[Predict, Predict]:
    """One model per arm, treatment first."""
    inside, outside = rows.take(rows.treated), rows.take(~rows.treated)
    return (
        fit_outcome(inside.features, inside.outcome, base, seed),
        fit_outcome(outside.features, outside.outcome, base, seed),
    )


def _difference(models: tuple[Predict, Predict]) -> Predict:
    return lambda given: models[0](given) - models[1](given)


def _crossed(rows: _Rows, models: tuple[Predict, Predict], base: Base, seed: int) -> Predict:
    inside, outside = rows.take(rows.treated), rows.take(~rows.treated)
    of_treated = fit_effect(
        inside.features, inside.outcome - models[1](inside.features), base, seed
    )
    of_control = fit_effect(
        outside.features, models[0](outside.features) - outside.outcome, base, seed
    )
    # The weight only has to lie within (0, 1); with one number it needs no features to predict.
    weight = float(rows.propensity.mean())
    return lambda given: weight * of_control(given) + (1.0 - weight) * of_treated(given)


def _pseudo_outcome(rows: _Rows, base: Base, folds: int, seed: int) -> Floats:
    fold = folds_within_arms(rows.treated, folds, seed)
    answered = np.empty(rows.outcome.size)
    for number in range(folds):
        chosen = fold == number
        models = _outcome_models(rows.take(~chosen), base, seed)
        held = rows.take(chosen)
        with_it, without = models[0](held.features), models[1](held.features)
        answered[chosen] = (
            with_it
            - without
            + np.where(
                held.treated,
                (held.outcome - with_it) / held.propensity,
                -(held.outcome - without) / (1.0 - held.propensity),
            )
        )
    return answered
