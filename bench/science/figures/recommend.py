"""Recommending on Online Retail: the last eight weeks held out, all items and new ones apart.

The data: lines with a customer, a quantity and a price above 0, and a stock code that begins with
five digits (goods; postage, discounts and fees have other codes). Days are whole. The cut is eight
weeks before the last day, 2011-10-14; whoever bought before and after is asked about: 1,730
customers, 3,549 items with a past, none left out. Settings, ours and the peers', are chosen in the
eight weeks before the cut, by nDCG over all items plus nDCG over new ones; nothing is chosen in the
held-out weeks. Recall and nDCG are those of `recommend.evaluation`, for everybody's lists.
"""

import time
from itertools import product
from pathlib import Path

import duckdb
import numpy as np

from bench.report import Figure
from bench.science.environment import Peers
from bench.science.options import Options, save_arrays, shared_file
from regulars.science.contracts import Lines
from regulars.science.recommend import facade as recommend
from regulars.science.recommend.facade import Evaluation, Kind, Quality, Settings

FIGURES = (
    "recommend_recall_all",
    "recommend_ndcg_all",
    "recommend_recall_new",
    "recommend_ndcg_new",
    "recommend_ndcg_repeat",
    "recommend_ndcg_all_without_trend",
    "recommend_ndcg_new_without_trend",
    "recommend_fit",
    "recommend_lists",
)

K = 10
DAYS = 56.0
_READ = """
SELECT CustomerID AS customer, StockCode AS item,
       epoch(date_trunc('day', CAST(InvoiceDate AS TIMESTAMP))) / 86400.0 AS day
FROM read_csv(?, all_varchar = true)
WHERE CustomerID IS NOT NULL AND CAST(Quantity AS DOUBLE) > 0 AND CAST(UnitPrice AS DOUBLE) > 0
      AND regexp_matches(StockCode, '^[0-9]{5}')
"""
CANDIDATES = tuple(
    Settings(
        half_life_days=half_life,
        regularization=regularization,
        discovery_weight=weight,
        repeat_trend_power=powers[0],
        discovery_trend_power=powers[1],
    )
    for regularization, half_life, weight, powers in product(
        (500.0, 1000.0),
        (180.0, 365.0),
        (2.0, 4.0),
        ((0.0, 0.0), (0.15, 0.5), (0.3, 0.8)),
    )
)


def online_retail(path: Path) -> tuple[Lines, float]:
    """The lines, and the day of the cut."""
    with duckdb.connect() as connection:
        found = connection.execute(_READ, [str(path)]).fetchnumpy()
    names, customer = np.unique(found["customer"].astype(str), return_inverse=True)
    goods, item = np.unique(found["item"].astype(str), return_inverse=True)
    day = found["day"].astype(np.float64)
    lines = Lines(customer, item, day, np.ones(day.size), names.size, goods.size)
    return lines, float(day.max()) - DAYS


def measure(peers: Peers | None, options: Options) -> list[Figure]:
    lines, cut = online_retail(shared_file("online_retail.csv.gz"))
    until = float(lines.day.max()) + 1.0
    choice = recommend.choose_settings(lines, cut, CANDIDATES, days=DAYS, k=K)
    ours = recommend.evaluate(lines, cut, until, choice.settings, k=K)
    still = [one for one in choice.tried if one.settings.discovery_trend_power == 0.0]
    plain_settings = max(still, key=_merit).settings
    plain = recommend.evaluate(lines, cut, until, plain_settings, k=K)
    popular = _popularity(lines, cut, until)
    best, told = _peers(peers, lines, cut, until)
    chosen = f"{_words(choice.settings)}; {told}; popularity {_four(*popular)}"
    found = [
        _figure("recommend_recall_all", ours.all, "recall", best, chosen),
        _figure("recommend_ndcg_all", ours.all, "ndcg", best),
        _figure("recommend_recall_new", ours.discovery, "recall", best),
        _figure("recommend_ndcg_new", ours.discovery, "ndcg", best),
        _figure(
            "recommend_ndcg_repeat",
            ours.repeat,
            "ndcg",
            {},
            f"{ours.repeat_share:.0%} of the places in lists of all items are repeats",
        ),
        _figure(
            "recommend_ndcg_all_without_trend", plain.all, "ndcg", best, _words(plain_settings)
        ),
        _figure("recommend_ndcg_new_without_trend", plain.discovery, "ndcg", best),
    ]
    return found + _speed(lines, cut, choice.settings, options)


def _speed(lines: Lines, cut: float, settings: Settings, options: Options) -> list[Figure]:
    past = recommend.before(lines, cut)
    fits, lists = [], []
    for _ in range(options.runs):
        started = time.perf_counter()
        model = recommend.fit(past, cut, settings)
        fits.append(time.perf_counter() - started)
        started = time.perf_counter()
        recommend.recommend(model, np.arange(lines.customers), K)
        lists.append(lines.customers / (time.perf_counter() - started))
    size = f"{past.customer.size} lines, {lines.customers} customers, {lines.items} items"
    return [
        Figure("recommend_fit", round(min(fits), 3), "s", detail=size),
        Figure("recommend_lists", round(max(lists)), "lists/s", detail=f"of {K}"),
    ]


def _popularity(lines: Lines, cut: float, until: float) -> tuple[Quality, Quality]:
    """The same lists for everybody: the items bought by most in the past, of new items those that
    the customer has not."""
    model = recommend.fit(recommend.before(lines, cut), cut)
    order = np.argsort(-np.diag(model.together), kind="stable")
    window = recommend.held_out(lines, cut, until)
    every = recommend.quality(window, np.tile(order[:K], (window.customer.size, 1)))
    fresh = recommend.held_out(lines, cut, until, Kind.DISCOVERY)
    past = model.history
    lists = np.empty((fresh.customer.size, K), dtype=np.int64)
    for row, customer in enumerate(fresh.customer):
        bought = past.item[past.start[customer] : past.start[customer + 1]]
        lists[row] = order[~np.isin(order, bought)][:K]
    return every, recommend.quality(fresh, lists)


def _peers(
    peers: Peers | None, lines: Lines, cut: float, until: float
) -> tuple[dict[str, float], str]:
    """The best peer's figures on the held-out weeks, and words about each method's."""
    if peers is None:
        return {}, "peers were not asked"
    windows = {"validation": (cut - DAYS, cut), "held_out": (cut, until)}
    job = {
        "k": K,
        "lists": str(peers.folder / "recommend-lists.npz"),
        "windows": {
            name: _past(peers.folder / f"recommend-{name}.npz", lines, *window)
            for name, window in windows.items()
        },
    }
    answered = peers.ask("recommend", job)
    with np.load(job["lists"]) as given:
        lists = {name: given[name] for name in given.files}
    methods = sorted({name.split("|")[1] for name in lists})
    rated = {
        (window, method): _rate(lines, *windows[window], lists, f"{window}|{method}")
        for window in windows
        for method in methods
    }
    best: dict[str, float] = {}
    told = []
    for family in ("ALS", "BM25", "cosine"):
        chosen = max(
            (one for one in methods if one.startswith(family)),
            key=lambda one: sum(quality.ndcg.value for quality in rated["validation", one]),
        )
        every, fresh = rated["held_out", chosen]
        told.append(f"{chosen} {_four(every, fresh)}")
        for name, value in (
            ("recommend_recall_all", every.recall.value),
            ("recommend_ndcg_all", every.ndcg.value),
            ("recommend_recall_new", fresh.recall.value),
            ("recommend_ndcg_new", fresh.ndcg.value),
        ):
            best[name] = max(best.get(name, 0.0), value)
    return best, f"implicit {answered['versions']['implicit']}: {', '.join(told)}"


def _past(path: Path, lines: Lines, at: float, until: float) -> str:
    model = recommend.before(lines, at)
    pair, count = np.unique(
        np.unique(np.stack([model.customer, model.item, model.day.astype(np.int64)]), axis=1)[:2],
        axis=1,
        return_counts=True,
    )
    return save_arrays(
        path,
        customer=pair[0],
        item=pair[1],
        count=count,
        customers=np.array(lines.customers),
        items=np.array(lines.items),
        asked=recommend.held_out(lines, at, until).customer,
    )


def _rate(
    lines: Lines, at: float, until: float, lists: dict[str, np.ndarray], name: str
) -> tuple[Quality, Quality]:
    """The figures of a peer's lists over all items, and over new ones."""
    every = recommend.held_out(lines, at, until)
    fresh = recommend.held_out(lines, at, until, Kind.DISCOVERY)
    rows = np.searchsorted(every.customer, fresh.customer)
    return (
        recommend.quality(every, lists[f"{name}|all"]),
        recommend.quality(fresh, lists[f"{name}|new"][rows]),
    )


def _figure(
    name: str, quality: Quality | None, what: str, best: dict[str, float], detail: str = ""
) -> Figure:
    assert quality is not None
    interval = getattr(quality, what)
    reference = best.get(name.removesuffix("_without_trend"), 0.0)
    return Figure(
        name,
        round(interval.value, 4),
        f"{what}@{quality.k}",
        round(reference, 4),
        round(interval.value / reference, 3) if reference else 0.0,
        round(interval.low, 4),
        round(interval.high, 4),
        f"{quality.customers} customers, 95% interval" + (f"; {detail}" if detail else ""),
    )


def _merit(one: Evaluation) -> float:
    return one.all.ndcg.value + (one.discovery.ndcg.value if one.discovery else 0.0)


def _four(every: Quality, fresh: Quality) -> str:
    numbers = (every.recall, every.ndcg, fresh.recall, fresh.ndcg)
    return "/".join(f"{one.value:.3f}" for one in numbers)


def _words(settings: Settings) -> str:
    return (
        f"half-life {settings.half_life_days:g} days, regularization {settings.regularization:g}, "
        f"discovery weight {settings.discovery_weight:g}, trend powers "
        f"{settings.repeat_trend_power:g} and {settings.discovery_trend_power:g}"
    )
