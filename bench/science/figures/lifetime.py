"""Fitting and scoring BG/NBD beside lifetimes and pymc-marketing, and what intervals are worth.

Two shops: the CDNOW master file (23,570 customers, calibration to 1997-09-30) and as many synthetic
customers as asked for (1,000,000), who behave as the CDNOW sample's fit says, came on days spread
over twelve weeks and are seen for 39. Their orders are made, then summarised to whole days, as real
ones are; times of fits start from the histories and contain finding the distinct rows. A time is
the best of the runs, on one thread, of peers the only one.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from bench.report import Figure
from bench.science.environment import PeerFailed, Peers
from bench.science.options import Options, Skipped, save_arrays, shared_file
from regulars.science.contracts import Orders
from regulars.science.lifetime import facade as lifetime
from regulars.science.lifetime.contracts import Histories
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.gamma_gamma import GammaGamma

FIGURES = (
    "bgnbd_fit_cdnow",
    "bgnbd_fit_1m",
    "bgnbd_speedup_1m",
    "bgnbd_likelihood_gap",
    "bgnbd_score_1m",
    "bgnbd_fit_1m_continuous",
    "bgnbd_coverage",
    "pareto_fit_cdnow",
    "lifetime_summarise_1m",
    "lifetime_value_1m",
)

TRUTH = BetaGeometric(0.243, 4.414, 0.793, 2.426)
SPEND = GammaGamma(6.25, 3.74, 15.44)
CALIBRATION_END = 272.0
HORIZON = 39.0
_READ = """
SELECT customer_id AS customer, dollar_value AS value,
       date_diff('day', DATE '1997-01-01', strptime(date, '%Y%m%d')::DATE) AS day
FROM read_csv(?, types = {'date': 'VARCHAR', 'customer_id': 'VARCHAR'})
"""


def cdnow_master(path: Path) -> Orders:
    with duckdb.connect() as connection:
        found = connection.execute(_READ, [str(path)]).fetchnumpy()
    names, customer = np.unique(found["customer"].astype(str), return_inverse=True)
    day, value = found["day"].astype(np.float64), found["value"].astype(np.float64)
    return Orders(customer, day, value, names.size)


def synthetic(customers: int) -> Orders:
    first = np.floor(np.random.default_rng(1).random(customers) * 84.0)
    return lifetime.simulate_orders(TRUTH, SPEND, first, CALIBRATION_END + 1.0, seed=1)


def measure(peers: Peers | None, options: Options) -> list[Figure]:
    shops: dict[str, Histories] = {}
    found: list[Figure] = []
    try:
        path = shared_file("cdnow_master.csv.gz")
        shops["cdnow"] = lifetime.summarise(cdnow_master(path), CALIBRATION_END)
    except Skipped as reason:
        found += [Figure("bgnbd_fit_cdnow", 0.0, "", detail=f"skipped: {reason}")]
    if options.wants(*(set(FIGURES) - {"bgnbd_fit_cdnow", "pareto_fit_cdnow", "bgnbd_coverage"})):
        orders = synthetic(options.customers)
        seconds, shops["synthetic"] = _best(
            options.runs, lambda: lifetime.summarise(orders, CALIBRATION_END)
        )
        size = f"{orders.day.size:,} orders of {options.customers:,} customers"
        found.append(Figure("lifetime_summarise_1m", round(seconds, 3), "s", detail=size))
    found += _fits_and_scores(shops, peers, options)
    if options.wants("pareto_fit_cdnow") and "cdnow" in shops:
        seconds, fit = _best(options.runs, lambda: lifetime.fit_pareto(shops["cdnow"]))
        detail = f"three starts, log-likelihood {fit.log_likelihood:,.2f}"
        found.append(Figure("pareto_fit_cdnow", round(seconds, 3), "s", detail=detail))
    if options.wants("bgnbd_coverage"):
        found.append(_coverage(options.seeds))
    return found


def _fits_and_scores(
    shops: dict[str, Histories], peers: Peers | None, options: Options
) -> list[Figure]:
    ours = {
        name: _best(options.runs, lambda shop=shop: lifetime.fit_beta_geometric(shop))
        for name, shop in shops.items()
    }
    answered, told = _peers(peers, shops, {name: fit.model for name, (_, fit) in ours.items()})
    found, gaps = [], {}
    for name, figure in (("cdnow", "bgnbd_fit_cdnow"), ("synthetic", "bgnbd_fit_1m")):
        if name not in ours:
            continue
        seconds, fit = ours[name]
        shop = answered.get(name, {})
        best = min((one["seconds"] for one in _fitted(shop)), default=0.0)
        detail = f"{fit.customers:,} customers, {fit.rows:,} distinct histories; {_times(shop)}"
        found.append(_against(figure, seconds, best, f"{detail}; {told}"))
        if shop:
            gaps[name] = _gap(fit.log_likelihood, shop)
        if name == "synthetic" and best:
            detail = "times as fast as the fastest peer's way"
            found.append(Figure("bgnbd_speedup_1m", round(best / seconds, 1), "x", detail=detail))
    if gaps:
        words = ", ".join(f"{name} {gap:.1e}" for name, gap in gaps.items())
        detail = f"relative; same value at our parameters, no peer's peak higher: {words}"
        found.append(Figure("bgnbd_likelihood_gap", max(gaps.values()), "", detail=detail))
    if "synthetic" in shops:
        found += _scores(shops["synthetic"], ours["synthetic"][1], answered, options)
    return found


def _scores(shop: Histories, fit: Any, answered: dict[str, Any], options: Options) -> list[Figure]:
    seconds, scores = _best(options.runs, lambda: lifetime.score(fit, shop, HORIZON))
    theirs = answered.get("synthetic", {}).get("score", {})
    best = min((one["seconds"] for one in theirs.values()), default=0.0)
    times = ", ".join(f"{name} {one['seconds']:.2f} s" for name, one in theirs.items())
    sums = ", ".join(f"{one['expected']:,.1f}" for one in theirs.values())
    detail = (
        f"P(alive) and orders expected in {HORIZON:g} weeks of {shop.age.size:,} customers, sum "
        f"{scores.expected.sum():,.1f} (peers, at their own parameters: {sums or 'none'}); {times}"
    )
    found = [_against("bgnbd_score_1m", seconds, best, detail)]
    seconds, _ = _best(
        options.runs, lambda: lifetime.residual_value(fit, None, shop, rate_per_year=0.15)
    )
    found.append(Figure("lifetime_value_1m", round(seconds, 3), "s", detail="discounted, for ever"))
    if options.wants("bgnbd_fit_1m_continuous"):
        chance = np.random.default_rng(2).random(shop.age.size)
        continuous = lifetime.simulate_histories(TRUTH, shop.age + chance / 7.0, seed=3)
        seconds, other = _best(options.runs, lambda: lifetime.fit_beta_geometric(continuous))
        detail = f"times off the grid of days, {other.rows:,} distinct histories"
        found.append(Figure("bgnbd_fit_1m_continuous", round(seconds, 3), "s", detail=detail))
    return found


def _coverage(seeds: int) -> Figure:
    """How often 95 % intervals of simulated customers' parameters hold the truth."""
    truth = BetaGeometric(0.5, 5.0, 0.8, 2.4)
    age = np.linspace(60.0, 104.0, 2_000)
    held = []
    for seed in range(seeds):
        histories = lifetime.simulate_histories(truth, age, seed=seed)
        intervals = lifetime.fit_beta_geometric(histories, start=truth).intervals()
        held.append(
            [one.covers(value) for one, value in zip(intervals, truth.parameters, strict=True)]
        )
    each = np.mean(held, axis=0)
    words = ", ".join(f"{name} {share:.3f}" for name, share in zip(truth.names, each, strict=True))
    detail = f"of 95% intervals over {seeds} seeds of {age.size:,} customers: {words}"
    return Figure(
        "bgnbd_coverage", round(float(each.mean()), 4), "share", 0.95, 0.0,
        float(each.min()), float(each.max()), detail,
    )  # fmt: skip


def _peers(
    peers: Peers | None, shops: dict[str, Histories], ours: dict[str, BetaGeometric]
) -> tuple[dict[str, Any], str]:
    if peers is None:
        return {}, "peers were not asked"
    job = {
        "score": "synthetic",
        "shops": {
            name: save_arrays(
                peers.folder / f"lifetime-{name}.npz",
                frequency=shop.frequency,
                recency=shop.recency,
                age=shop.age,
                ours=ours[name].parameters,
            )
            for name, shop in shops.items()
        },
    }
    try:
        answered = peers.ask("lifetime", job, seconds=3_600.0)
    except PeerFailed as failure:
        return {}, str(failure)
    libraries = ", ".join(f"{name} {found}" for name, found in answered["versions"].items())
    return answered["shops"], libraries


def _fitted(shop: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in shop.get("peers", {}).values() if "seconds" in one]


def _gap(ours: float, shop: dict[str, Any]) -> float:
    """Relative: our value against the peer's function at our parameters, or by how much the best
    peer's peak is higher, whichever is more."""
    same = abs(ours - shop["at_ours"])
    higher = max(one["log_likelihood"] for one in _fitted(shop)) - shop["at_ours"]
    return max(same, higher, 0.0) / abs(ours)


def _times(shop: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {one['seconds']:.2f} s" if "seconds" in one else f"{name}: {one['failed']}"
        for name, one in shop.get("peers", {}).items()
    )


def _against(name: str, seconds: float, best: float, detail: str) -> Figure:
    ratio = round(best / seconds, 1) if best else 0.0
    return Figure(name, round(seconds, 4), "s", round(best, 2), ratio, detail=detail)


def _best(runs: int, call: Callable[[], Any]) -> tuple[float, Any]:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - started)
    return min(times), result
