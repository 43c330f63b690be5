"""Experiments: what CUPED saves on CDNOW spend, and what looking every day costs and risks.

CUPED: all 23,570 customers, calibration to 1997-09-30, outcome is spend in the 39 weeks after,
arms by chance (a placebo: there was no treatment), mean over random assignments. The covariates are
pre-period spend together with the orders that BG/NBD expects; the reference is pre-period spend
alone. Always-valid: A/A with 100 looks, normal outcomes and outcomes as skewed as e-mail spend.
"""

import csv
import datetime
import gzip
import time

import numpy as np

from bench.report import Figure
from bench.science.options import Options, Skipped, shared_file
from bench.science.report import skipped
from regulars.science.contracts import Orders
from regulars.science.experiment.contracts import Design
from regulars.science.experiment.facade import adjusted_difference, assign, monitor
from regulars.science.lifetime.facade import (
    fit_beta_geometric,
    fit_spend,
    residual_value,
    score,
    summarise,
)

FIGURES = (
    "cuped_reduction",
    "cuped_reduction_value",
    "always_valid_false_alarms",
    "always_valid_width",
    "assignments",
)

CALIBRATION_END = float(datetime.date(1997, 9, 30).toordinal())
HOLDOUT_WEEKS = 39.0
ASSIGNMENTS = 20
LOOKS, UNITS = 100, 5_000


def measure(peers: object, options: Options) -> list[Figure]:
    found: list[Figure] = []
    if options.wants(*FIGURES[:2]):
        try:
            found += _cuped()
        except Skipped as reason:
            found += [skipped(name, str(reason)) for name in FIGURES[:2]]
    if options.wants(*FIGURES[2:4]):
        found += _always_valid(5 * options.seeds)
    if options.wants(FIGURES[4]):
        found.append(_assignments(options.runs))
    return found


def _cuped() -> list[Figure]:
    orders = _cdnow()
    histories = summarise(orders, CALIBRATION_END)
    fit = fit_beta_geometric(histories)
    expected = score(fit, histories, HOLDOUT_WEEKS).expected
    value = residual_value(
        fit, fit_spend(histories).fit, histories, rate_per_year=0.0, horizon=HOLDOUT_WEEKS
    ).value
    after = orders.day > CALIBRATION_END
    spend = np.bincount(orders.customer, orders.value * after, minlength=orders.customers)
    before = np.bincount(orders.customer, orders.value * ~after, minlength=orders.customers)
    sets = {
        "before": before,
        "before and expected": np.column_stack([before, expected]),
        "expected": expected,
        "value": value,
        "before and value": np.column_stack([before, value]),
    }
    reductions = {
        name: np.array(
            [
                adjusted_difference(
                    spend,
                    np.random.default_rng(seed).random(spend.size) < 0.5,
                    covariates,
                ).variance_reduction
                for seed in range(ASSIGNMENTS)
            ]
        )
        for name, covariates in sets.items()
    }
    told = "; ".join(f"{name} {one.mean():.3f}" for name, one in reductions.items())
    return [
        _reduction(
            "cuped_reduction",
            reductions["before and expected"],
            reductions["before"],
            f"pre-period spend and BG/NBD expected orders, mean and range over {ASSIGNMENTS} "
            f"assignments; reference: pre-period spend alone; {told}",
        ),
        _reduction(
            "cuped_reduction_value",
            reductions["value"],
            reductions["before"],
            "one covariate: expected spend, BG/NBD orders times Gamma-Gamma value",
        ),
    ]


def _reduction(name: str, found: np.ndarray, reference: np.ndarray, detail: str) -> Figure:
    return Figure(
        name,
        round(float(found.mean()), 4),
        "of the variance",
        round(float(reference.mean()), 4),
        round(float(found.mean()) / float(reference.mean()), 3),
        round(float(found.min()), 4),
        round(float(found.max()), 4),
        detail,
    )


def _always_valid(runs: int) -> list[Figure]:
    looks = np.arange(UNITS // LOOKS, UNITS + 1, UNITS // LOOKS)
    alarms: dict[str, tuple[float, float]] = {}
    width = 0.0
    for place, kind in enumerate(("normal", "spend")):
        random = np.random.default_rng(place)
        always = fixed = 0
        for _ in range(runs):
            outcome = random.normal(size=UNITS)
            if kind == "spend":
                outcome = (random.random(UNITS) < 0.02) * np.exp(4.5 + 0.7 * outcome)
            seen = monitor(outcome, random.random(UNITS) < 0.5, looks, planned=UNITS)
            always += seen.decided_at is not None
            fixed += bool(np.any((seen.fixed_low > 0) | (seen.fixed_high < 0)))
            half = seen.high[-1] - seen.low[-1]
            width = max(width, half / (seen.fixed_high[-1] - seen.fixed_low[-1]))
        alarms[kind] = (always / runs, fixed / runs)
    worst = max(one[0] for one in alarms.values())
    return [
        Figure(
            "always_valid_false_alarms",
            worst,
            "of A/A tests",
            reference=alarms["normal"][1],
            detail=f"worst of normal and spend, {LOOKS} looks, {runs} tests each; reference: the "
            f"fixed interval looked at as often; "
            + "; ".join(
                f"{kind} {one[0]:.3f} against {one[1]:.3f}" for kind, one in alarms.items()
            ),
        ),
        Figure(
            "always_valid_width",
            round(float(width), 4),
            "of the fixed interval",
            detail="largest, at the planned end",
        ),
    ]


def _assignments(runs: int) -> Figure:
    units = [f"member-{number}" for number in range(200_000)]
    design = Design("bench", ("control", "treatment"), (0.5, 0.5))
    best = np.inf
    for _ in range(runs):
        started = time.process_time()
        assign(units, design, key=b"0123456789abcdef", holdout_share=0.05)
        best = min(best, time.process_time() - started)
    return Figure(
        "assignments",
        float(round(len(units) / best)),
        "1/s CPU",
        detail="holdout, traffic and arm of a member, one core",
    )


def _cdnow() -> Orders:
    with gzip.open(shared_file("cdnow_master.csv.gz"), "rt", newline="") as lines:
        rows = list(csv.DictReader(lines))
    day = [
        datetime.date(int(row["date"][:4]), int(row["date"][4:6]), int(row["date"][6:])).toordinal()
        for row in rows
    ]
    names, customer = np.unique([row["customer_id"] for row in rows], return_inverse=True)
    return Orders(
        customer.astype(np.int64),
        np.array(day, dtype=np.float64),
        np.array([float(row["dollar_value"]) for row in rows]),
        names.size,
    )
