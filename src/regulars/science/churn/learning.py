"""Learn from past orders who will not come back, and try the whole procedure on held-out customers.

The days are split at a cut: features come from before it, outcomes from the horizon after it. What
is assessed is the procedure, not one model: the rhythm behind features, the choice of the learner
and the calibration are all learned again without the customers they are tried on.
"""

from dataclasses import replace

import numpy as np

from regulars.science import checks
from regulars.science.churn.assessment import assess
from regulars.science.churn.contracts import Assessment, Features, Learned, Scores, Settings
from regulars.science.churn.errors import LabelsPastCut
from regulars.science.churn.features import churned, features
from regulars.science.churn.fitting import checked, fit, folds
from regulars.science.churn.scoring import score
from regulars.science.contracts import Booleans, Integers, Orders
from regulars.science.errors import ScienceRefused
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.contracts import PurchaseFit
from regulars.science.occasions import histories_before

WEEK_DAYS = 7.0


def learn(
    orders: Orders,
    cut: float,
    *,
    horizon_days: float,
    observed_until: float,
    seed: int,
    settings: Settings | None = None,
) -> Learned:
    """A model from the customers known at `cut` and what they did in `horizon_days` after it.

    `observed_until` is the day up to which the orders are complete (exclusive). The assessment is
    of `settings.folds` models, each on the customers that it was not fitted on; the model
    answered is fitted on all of them. Refuses a horizon that has not passed, one class, too few
    customers.
    """
    given = checks.orders(orders)
    chosen = settings or Settings()
    plain = features(given, cut, horizon_days=horizon_days)
    outcome = churned(
        given, plain.customer, cut, horizon_days=horizon_days, observed_until=observed_until
    )
    checked(plain, outcome)
    fold = folds(outcome, chosen.folds, seed)
    rhythms, missing = _rhythms(given, cut, plain.customer, fold, chosen)
    held_out = np.empty(outcome.size)
    for held in range(chosen.folds):
        rest = fold != held
        table = features(given, cut, horizon_days=horizon_days, rhythm=rhythms[held])
        model = fit(_rows(table, rest), outcome[rest], seed=seed, settings=chosen)
        held_out[~rest] = score(model, _rows(table, ~rest)).probability
    table = features(given, cut, horizon_days=horizon_days, rhythm=rhythms[-1])
    return Learned(
        model=fit(table, outcome, seed=seed, settings=chosen),
        rhythm=rhythms[-1],
        rhythm_missing=missing,
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


def _rhythms(
    orders: Orders, cut: float, customer: Integers, fold: Integers, settings: Settings
) -> tuple[tuple[PurchaseFit | None, ...], str]:
    """A BG/NBD model without each fold's customers and, last, one of all; or none at all and why.

    All or none, so that every model of the assessment has the measures of the last one.
    """
    nothing = (None,) * (settings.folds + 1)
    if not settings.rhythm:
        return nothing, "left out"
    histories = histories_before(orders, cut, unit_days=WEEK_DAYS)
    assert np.array_equal(histories.customer, customer), "features list the same customers"
    fits = []
    for held in range(settings.folds + 1):
        rest = fold != held
        part = replace(
            histories,
            customer=histories.customer[rest],
            frequency=histories.frequency[rest],
            recency=histories.recency[rest],
            age=histories.age[rest],
            value=histories.value[rest],
        )
        try:
            found = lifetime.fit_beta_geometric(part)
        except ScienceRefused as refusal:
            return nothing, str(refusal)
        if not found.converged:
            return nothing, found.reason
        fits.append(found)
    return tuple(fits), ""


def _rows(table: Features, chosen: Booleans) -> Features:
    return replace(table, customer=table.customer[chosen], values=table.values[chosen])
