"""Churn on CDNOW master: who of 23,570 customers known on 1997-09-30 orders in the next 39 weeks.

The split is the one of the counting models' papers: features from the orders up to 1997-09-30,
churned means no order from 1997-10-01 to 1998-06-30. Every customer is judged by models that were
fitted on the other four fifths, choice of the learner, calibration and BG/NBD included. LightGBM
alone gets the same folds and what orders say without a BG/NBD model, with its defaults and with
early stopping. The calibration error is the mean over ten bins of equally many customers of
|mean probability - churned share|. A second part goes forward in time: learned on 1997-07-01 over
90 days, tried on the 90 days from 1997-10-01.
"""

import csv
import gzip
import time
from datetime import date
from pathlib import Path

import numpy as np

from bench.report import Figure
from bench.science.environment import Peers
from bench.science.options import Options, save_arrays, shared_file
from regulars.science.churn import facade as churn
from regulars.science.churn.contracts import Assessment, Learned
from regulars.science.churn.fitting import folds
from regulars.science.contracts import Orders

FIGURES = (
    "churn_auc",
    "churn_brier",
    "churn_calibration",
    "churn_lift_top_tenth",
    "churn_forward_auc",
    "churn_forward_brier",
    "churn_forward_calibration",
    "churn_learn",
    "churn_score_1m",
)

START = date(1997, 1, 1)
CUT, UNTIL = 273.0, 546.0
FORWARD_CUT, FORWARD_DAYS = 181.0, 90.0
SEED = 1
FOLDS = 5
MILLION = 1_000_000


def measure(peers: Peers | None, options: Options) -> list[Figure]:
    orders = cdnow(shared_file("cdnow_master.csv.gz"))
    found: list[Figure] = []
    if options.wants(*(name for name in FIGURES if "forward" not in name)):
        started = time.process_time()
        learned = churn.learn(
            orders, CUT, horizon_days=UNTIL - CUT, observed_until=UNTIL, seed=SEED
        )
        seconds = time.process_time() - started
        found += _quality(learned, *_alone(peers, orders))
        found += _speed(learned, orders, seconds, options)
    if options.wants(*(name for name in FIGURES if "forward" in name)):
        found += _forward(orders)
    return found


def cdnow(path: Path) -> Orders:
    """All orders, days counted from 1997-01-01."""
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    names, customer = np.unique([row["customer_id"] for row in rows], return_inverse=True)
    day = np.array([(date.fromisoformat(row["date"]) - START).days for row in rows], dtype=float)
    value = np.array([float(row["dollar_value"]) for row in rows])
    return Orders(customer, day, value, names.size)


def _quality(learned: Learned, alone: dict[str, Assessment], told: str) -> list[Figure]:
    ours = learned.assessment
    tried = ", ".join(f"{one.learner.value} {one.log_loss:.4f}" for one in learned.model.candidates)
    split = (
        f"held-out customers of {FOLDS} folds, cut 1997-09-30, horizon 39 weeks, "
        f"{ours.churned_share:.1%} churned; log loss {tried}; {told}"
    )
    return [
        _compared("churn_auc", ours, alone, split),
        _compared(
            "churn_brier", ours, alone, f"skill over the churned share {ours.brier_skill:.3f}"
        ),
        _compared(
            "churn_calibration",
            ours,
            alone,
            f"ten bins of equally many; perfect calibration would show "
            f"{ours.calibration_error_by_chance:.4f} by chance; z {ours.calibration_z:.2f}",
        ),
        _compared(
            "churn_lift_top_tenth",
            ours,
            alone,
            f"{ours.lift[1].precision.value:.1%} of the likeliest tenth churned; no model can "
            f"exceed {ours.lift[1].lift_most:.3f}",
        ),
    ]


def _compared(name: str, ours: Assessment, alone: dict[str, Assessment], detail: str) -> Figure:
    value, low, high = _value(name, ours)
    peers = [_value(name, one)[0] for one in alone.values()]
    lower_is_better = name in ("churn_brier", "churn_calibration")
    best = (min if lower_is_better else max)(peers, default=0.0)
    return Figure(
        name,
        round(value, 5),
        "",
        round(best, 5),
        round(value / best, 4) if best else 0.0,
        round(low, 5),
        round(high, 5),
        detail,
    )


def _value(name: str, of: Assessment) -> tuple[float, float, float]:
    """The figure and its interval at 95 %, where it has one."""
    if name == "churn_calibration":
        return of.calibration_error, 0.0, 0.0
    interval = {
        "churn_auc": of.auc,
        "churn_brier": of.brier,
        "churn_lift_top_tenth": of.lift[1].lift,
    }[name]
    return interval.value, interval.low, interval.high


def _alone(peers: Peers | None, orders: Orders) -> tuple[dict[str, Assessment], str]:
    """What LightGBM alone reaches on the same folds, by the way it is used."""
    if peers is None:
        return {}, "peers were not asked"
    table = churn.features(orders, CUT, horizon_days=UNTIL - CUT)
    churned = churn.churned(
        orders, table.customer, CUT, horizon_days=UNTIL - CUT, observed_until=UNTIL
    )
    job = {
        "answers": str(peers.folder / "churn-answers.npz"),
        "table": save_arrays(
            peers.folder / "churn.npz",
            values=table.values,
            churned=churned,
            fold=folds(churned, FOLDS, SEED),
        ),
    }
    answered = peers.ask("churn", job)
    with np.load(job["answers"]) as given:
        alone = {
            name: churn.assess(np.clip(given[name], 0.0, 1.0), churned, seed=SEED)
            for name in given.files
        }
    told = "; ".join(
        f"{name} AUC {one.auc.value:.4f}, Brier {one.brier.value:.4f}, "
        f"error {one.calibration_error:.4f}"
        for name, one in alone.items()
    )
    return alone, f"lightgbm {answered['versions']['lightgbm']} alone: {told}"


def _speed(
    learned: Learned, orders: Orders, learn_seconds: float, options: Options
) -> list[Figure]:
    """A million customers: those of CDNOW again and again."""
    copies = -(-MILLION // orders.customers)
    shift = np.repeat(np.arange(copies) * orders.customers, orders.day.size)
    many = Orders(
        np.tile(orders.customer, copies) + shift,
        np.tile(orders.day, copies),
        np.tile(orders.value, copies),
        orders.customers * copies,
    )
    best = np.inf
    for _ in range(options.runs):
        started = time.perf_counter()
        churn.predict(learned, many, CUT)
        best = min(best, time.perf_counter() - started)
    size = f"{many.customers} customers, {many.day.size} orders, features included"
    models = f"{FOLDS + 1} models, each chosen between two learners on {FOLDS} folds; CPU time"
    return [
        Figure("churn_learn", round(learn_seconds, 2), "s", detail=models),
        Figure("churn_score_1m", round(float(best), 2), "s", detail=size),
    ]


def _forward(orders: Orders) -> list[Figure]:
    learned = churn.learn(
        orders, FORWARD_CUT, horizon_days=FORWARD_DAYS, observed_until=CUT, seed=SEED
    )
    found = churn.forward(learned, orders, CUT, observed_until=UNTIL, seed=SEED)
    split = "learned at 1997-07-01 over 90 days, tried on the 90 days from 1997-10-01"
    then = learned.assessment
    aged = (
        f"{found.churned_share:.1%} churned, {then.churned_share:.1%} when learned; "
        f"z {found.calibration_z:.1f}: customers have aged, learn anew each horizon"
    )
    return [
        Figure(
            "churn_forward_auc",
            round(found.auc.value, 5),
            "",
            low=round(found.auc.low, 5),
            high=round(found.auc.high, 5),
            detail=split,
        ),
        Figure(
            "churn_forward_brier",
            round(found.brier.value, 5),
            "",
            low=round(found.brier.low, 5),
            high=round(found.brier.high, 5),
            detail=split,
        ),
        Figure("churn_forward_calibration", round(found.calibration_error, 5), "", detail=aged),
    ]
