"""Learn from past orders who will not come back, and try the whole procedure on held-out customers.

The days are split at a cut: features come from before it, outcomes from the horizon after it. What
is assessed is the procedure, not one model: features' parameters, the choice of the learner and the
calibration are all learned again without the customers they are tried on.
"""

from dataclasses import replace

import numpy as np

from regulars.science import checks
from regulars.science.churn.assessment import assess
from regulars.science.churn.contracts import (
    Assessment,
    Features,
    Learned,
    Rhythm,
    Scores,
    Settings,
)
from regulars.science.churn.errors import LabelsPastCut
from regulars.science.churn.features import churned, features
from regulars.science.churn.fitting import checked, fit, folds
from regulars.science.churn.scoring import score
from regulars.science.contracts import Booleans, Orders


def learn(
    orders: Orders,
    cut: float,
    *,
    horizon_days: float,
    observed_until: float,
    seed: int,
    rhythm: Rhythm | None = None,
    settings: Settings | None = None,
) -> Learned:
    """A model from the customers known at `cut` and what they did in `horizon_days` after it.

    `observed_until` is the day up to which the orders are complete (exclusive). The assessment is
    of `settings.folds` models, each on the customers that it was not fitted on; the model
    answered is fitted on all of them. `rhythm` is fitted on orders before the cut, or the features
    do without it. Refuses a horizon that has not passed, one class, too few customers.
    """
    given = checks.orders(orders)
    chosen = settings or Settings()
    table = features(given, cut, horizon_days=horizon_days, rhythm=rhythm)
    outcome = churned(
        given,
        table.customer,
        cut,
        horizon_days=horizon_days,
        observed_until=observed_until,
    )
    checked(table, outcome)
    fold = folds(outcome, chosen.folds, seed)
    held_out = np.empty(outcome.size)
    for held in range(chosen.folds):
        rest = fold != held
        model = fit(_rows(table, rest), outcome[rest], seed=seed, settings=chosen)
        held_out[~rest] = score(model, _rows(table, ~rest)).probability
    return Learned(
        model=fit(table, outcome, seed=seed, settings=chosen),
        rhythm=rhythm,
        features=table,
        churned=outcome,
        held_out=held_out,
        assessment=assess(held_out, outcome, seed=seed),
        horizon_days=horizon_days,
    )


def predict(learned: Learned, orders: Orders, now: float) -> tuple[Features, Scores]:
    """The probability of each customer with an order before `now` to place none within the horizon
    that was learned, and the features that it comes from."""
    table = features(orders, now, horizon_days=learned.horizon_days, rhythm=learned.rhythm)
    return table, score(learned.model, table)


def forward(
    learned: Learned, orders: Orders, now: float, *, observed_until: float, seed: int
) -> Assessment:
    """How the model does at a later date, when its customers are older and times have changed.

    Refuses a date before the horizon learned from has ended: what was learned would already have
    been the answer.
    """
    end = learned.features.cut + learned.horizon_days
    if end > now:
        raise LabelsPastCut(end, now)
    table, scores = predict(learned, orders, now)
    outcome = churned(
        orders,
        table.customer,
        now,
        horizon_days=learned.horizon_days,
        observed_until=observed_until,
    )
    return assess(scores.probability, outcome, seed=seed)


def _rows(table: Features, chosen: Booleans) -> Features:
    return replace(table, customer=table.customer[chosen], values=table.values[chosen])
