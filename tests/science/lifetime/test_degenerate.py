"""Whatever histories there are, lifetime answers finite numbers or says what to do."""

import numpy as np

from regulars.science.contracts import Orders
from regulars.science.lifetime import facade as lifetime
from tests.science.degenerate import Case, SeededPromises

BETA_GEOMETRIC = lifetime.BetaGeometric(0.6, 6.0, 0.8, 2.5)
PARETO = lifetime.Pareto(0.6, 6.0, 0.6, 10.0)
SPEND = lifetime.GammaGamma(6.0, 4.0, 16.0)
FIRST = np.random.default_rng(1).integers(0, 60, 80).astype(np.float64)
ALL = lifetime.simulate_orders(BETA_GEOMETRIC, SPEND, FIRST, 365.0, seed=1)
ORDERS = Orders(ALL.customer, np.floor(ALL.day), ALL.value, ALL.customers)
HISTORIES = lifetime.summarise(ORDERS, 200.0)
AFTER = lifetime.holdout(ORDERS, HISTORIES, 200.0, 300.0)
# Long enough for a peak that the last bits of a sum cannot move: 300 customers of 30 weeks are on
# a ridge along which a parameter runs to infinity on one machine and not on another.
MANY = lifetime.simulate_histories(PARETO, np.full(1_500, 104.0), seed=1)
FITS = (lifetime.fit_beta_geometric(HISTORIES), lifetime.fit_pareto(MANY))
MONEY = lifetime.fit_spend(HISTORIES).fit
ORDER_ROWS = ("orders.customer", "orders.day", "orders.value")
ROWS = tuple(f"histories.{name}" for name in ("customer", "frequency", "recency", "age", "value"))
FIXED = frozenset({"fit", "spend", "orders.customers"})
SEGMENT = np.arange(HISTORIES.age.size) % 2

CASES = [
    Case(lifetime.histories, {"frequency": HISTORIES.frequency, "recency": HISTORIES.recency,
         "age": HISTORIES.age, "value": HISTORIES.value, "unit_days": 7.0},
         ("frequency", "recency", "age", "value")),
    Case(lifetime.summarise, {"orders": ORDERS, "calibration_end": 200.0, "unit_days": 7.0},
         ORDER_ROWS, FIXED),
    Case(lifetime.holdout, {"orders": ORDERS, "histories": HISTORIES, "calibration_end": 200.0,
         "until": 300.0}, ORDER_ROWS, FIXED),
    Case(lifetime.fit_beta_geometric, {"histories": HISTORIES, "start": FITS[0].model}, ROWS),
    Case(lifetime.fit_pareto, {"histories": HISTORIES, "start": PARETO}, ROWS,
         frozenset({*ROWS, "histories.unit_days"})),
    Case(lifetime.fit_spend, {"histories": HISTORIES, "start": MONEY.model}, ROWS),
    Case(lifetime.fit_by_segment, {"kind": lifetime.BetaGeometric, "histories": HISTORIES,
         "segment": SEGMENT, "segments": 2, "customers_min": 20}, (*ROWS, "segment"),
         frozenset({"histories"})),
    Case(lifetime.simulate_histories, {"model": BETA_GEOMETRIC, "age": FIRST, "seed": 1,
         "spend": SPEND, "unit_days": 7.0}, ("age",)),
    Case(lifetime.simulate_histories, {"model": PARETO, "age": FIRST, "seed": 1},
         ("age",), name="simulate_histories pareto"),
    Case(lifetime.simulate_orders, {"model": BETA_GEOMETRIC, "spend": SPEND,
         "first_day": FIRST[:20], "until": 300.0, "seed": 1, "unit_days": 7.0}, ("first_day",)),
    Case(lifetime.simulate_orders, {"model": PARETO, "spend": SPEND, "first_day": FIRST[:20],
         "until": 300.0, "seed": 1}, ("first_day",), name="simulate_orders pareto"),
    *(
        Case(function, {"fit": fit, "histories": HISTORIES, **more}, ROWS, FIXED, infinite,
             f"{function.__name__} {type(fit.model).__name__}")
        for fit in FITS
        for function, more, infinite in (
            (lifetime.score, {"horizon": 9.0}, frozenset()),
            (lifetime.alive_band, {"level": 0.95}, frozenset()),
            (lifetime.expected_band, {"horizon": 9.0, "level": 0.95}, frozenset()),
            (lifetime.count_band, {"horizon": 9.0, "level": 0.95}, frozenset()),
            (lifetime.count_probabilities, {"horizon": 9.0, "count_max": 3}, frozenset()),
            (lifetime.residual_value, {"spend": MONEY, "rate_per_year": 0.1, "horizon": 9.0,
             "margin": 0.5}, frozenset({"horizon"})),
            (lifetime.residual_band, {"spend": MONEY, "rate_per_year": 0.1, "horizon": 9.0,
             "margin": 0.5, "level": 0.95}, frozenset()),
            (lifetime.spend_band, {"spend": MONEY, "horizon": 9.0, "level": 0.95, "draws": 100,
             "seed": 1}, frozenset()),
            (lifetime.frequency_classes, {"classes": 3}, frozenset()),
            (lifetime.holdout_report, {"after": AFTER, "classes": 3}, frozenset()),
            (lifetime.cohort_drift, {"after": AFTER, "cohort_length": 4.0, "level": 0.95},
             frozenset({"high"})),
        )
    ),
    *(
        Case(function, {"fit": fit, **more}, rows, FIXED, name=f"{function.__name__} {kind}")
        for kind, fit in zip(("beta", "pareto"), FITS, strict=True)
        for function, more, rows in (
            (lifetime.expected_repeat_orders, {"time": np.arange(9.0)}, ("time",)),
            (lifetime.tracking, {"orders": ORDERS, "calibration_end": 200.0, "until": 300.0,
             "period": 4.0}, ORDER_ROWS),
        )
    ),
]  # fmt: skip


class TestLifetime(SeededPromises):
    cases = CASES
    # Customers are numbered by row, and drawn row by row; a holdout has to be reordered too.
    goes_by_row = frozenset(
        {
            "histories",
            "simulate_histories",
            "simulate_histories pareto",
            "simulate_orders",
            "simulate_orders pareto",
            "spend_band BetaGeometric",
            "spend_band Pareto",
            "holdout_report BetaGeometric",
            "holdout_report Pareto",
            "cohort_drift BetaGeometric",
            "cohort_drift Pareto",
            "fit_by_segment",
        }
    )
    # Single precision is off the grid of days, where histories are counted apart.
    moved_by_narrowing = frozenset({".rows"})
