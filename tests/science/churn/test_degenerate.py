"""Whatever orders there are, churn answers finite numbers or says what to do."""

import numpy as np

from regulars.science.churn import facade as churn
from regulars.science.churn.contracts import Learner, Reason, Settings
from regulars.science.contracts import Orders
from tests.science.churn.shops import logistic_data, shop
from tests.science.degenerate import Case, SeededPromises

ALL = shop(110, 1)
ORDERS = Orders(ALL.customer, np.floor(ALL.day), ALL.value, ALL.customers)
TIMES = {"horizon_days": 90.0, "observed_until": 400.0}
PLAIN = Settings(rhythm=False, learner=Learner.ADDITIVE, folds=2, segments=2)
TABLE, OUTCOME, _ = logistic_data(80, 1)
MODEL = churn.fit(TABLE, OUTCOME, seed=1, settings=PLAIN)
SCORES = churn.score(MODEL, TABLE)
LEARNED = churn.learn(ORDERS, 210.0, seed=1, settings=PLAIN, **TIMES)
PROBABILITY = {"probability": SCORES.probability, "churned": OUTCOME}
ORDER_ROWS = ("orders.customer", "orders.day", "orders.value")
FEATURE_ROWS = ("features.customer", "features.values")
CUSTOMERS = frozenset({"orders.customers"})

CASES = [
    Case(churn.assess, {**PROBABILITY, "seed": 1, "level": 0.95, "bins": 5, "shares": (0.2,)},
         tuple(PROBABILITY)),
    Case(churn.calibration, {**PROBABILITY, "bins": 5, "level": 0.95}, tuple(PROBABILITY)),
    Case(churn.lift, {**PROBABILITY, "share": 0.2, "seed": 1, "level": 0.95}, tuple(PROBABILITY)),
    Case(churn.churned, {"orders": ORDERS, "customer": np.arange(9), "cut": 200.0, **TIMES},
         ORDER_ROWS, CUSTOMERS, name="churned"),
    Case(churn.english, {"reason": Reason("orders", "orders", 3.0, 2.0, 0.5, 4.0)}),
    Case(churn.features, {"orders": ORDERS, "cut": 200.0, "horizon_days": 90.0}, ORDER_ROWS,
         CUSTOMERS),
    Case(churn.fit, {"features": TABLE, "churned": OUTCOME, "seed": 1, "settings": PLAIN},
         (*FEATURE_ROWS, "churned")),
    Case(churn.score, {"model": MODEL, "features": TABLE}, FEATURE_ROWS, frozenset({"model"})),
    Case(churn.reasons, {"model": MODEL, "features": TABLE, "scores": SCORES,
         "rows": np.arange(5), "count": 3, "least_points": 0.5}, ("rows",),
         frozenset({"model", "features", "scores"})),
    Case(churn.leaks, {"extract": lambda orders, cut: churn.features(orders, cut,
         horizon_days=90.0), "orders": ORDERS, "cut": 200.0, "seed": 1}, ORDER_ROWS, CUSTOMERS),
    Case(churn.learn, {"orders": ORDERS, "cut": 200.0, **TIMES, "seed": 1, "settings": PLAIN},
         ORDER_ROWS, CUSTOMERS | {"settings"}),
    Case(churn.predict, {"learned": LEARNED, "orders": ORDERS, "now": 310.0}, ORDER_ROWS,
         CUSTOMERS | {"learned"}),
    Case(churn.forward, {"learned": LEARNED, "orders": ORDERS, "now": 300.0,
         "observed_until": 400.0, "seed": 1}, ORDER_ROWS, CUSTOMERS | {"learned"}),
]  # fmt: skip


class TestChurn(SeededPromises):
    cases = CASES
    # Folds go by the row, and reasons are asked of rows.
    goes_by_row = frozenset(
        {
            "fit",
            "reasons",
        }
    )
    # Features that look at nothing leak in no future.
    seed_unseen = frozenset({"leaks"})
