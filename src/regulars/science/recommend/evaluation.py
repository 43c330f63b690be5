"""How well lists foretell purchases: a split in time, recall and nDCG, repeat and discovery apart.

Protocol. What was bought before the day `at` is known; what is bought from `at` to `until` is to be
foretold. Customers count who bought before and who bought, in the window, at least one relevant
item that somebody had bought before (no method can show an item that is not there yet; how many
purchases that leaves out is told). Each customer weighs the same. Relevant are, for all items,
everything bought; for repeat, what the customer had bought before; for discovery, what they had
not. Most of what is bought again is easy to foretell, so that a figure over all items says little
about discovery (Li et al. 2023, "A next basket recommendation reality check", ACM TOIS 41(4)).

For a customer with the relevant set R and a list with the hits h_1 .. h_k in {0, 1}:

    recall@k = sum h_r / |R|                       (Manning, Raghavan & Schuetze 2008, section 8.3)
    nDCG@k = sum h_r / log2(r + 1) divided by sum over r <= min(k, |R|) of 1 / log2(r + 1)
                                  (Jaervelin & Kekaelaeinen 2002, ACM TOIS 20(4); the discount of
                                  Burges et al. 2005, ICML, with gains of 0 and 1)
"""

import math

import numpy as np
from scipy import special

from regulars.science import checks
from regulars.science.contracts import Floats, Integers, Interval, Lines
from regulars.science.errors import NoData, OutOfRange, WrongShape
from regulars.science.recommend.contracts import (
    Evaluation,
    HeldOut,
    Kind,
    Quality,
    Recommender,
    Settings,
    Source,
)
from regulars.science.recommend.fitting import fit
from regulars.science.recommend.history import positions
from regulars.science.recommend.ranking import recommend

_NO_SETTINGS = Settings()


def before(lines: Lines, at: float) -> Lines:
    """The lines before the day `at`; what a model that stands there may see."""
    given = checks.lines(lines)
    checks.day("at", at)
    known = given.day < at
    return Lines(
        given.customer[known],
        given.item[known],
        given.day[known],
        given.quantity[known],
        given.customers,
        given.items,
    )


def held_out(lines: Lines, at: float, until: float, kind: Kind = Kind.ALL) -> HeldOut:
    """What customers who bought before `at` bought from `at` (included) to `until` (not).

    Raises NoData where no customer is left to be asked about.
    """
    given = checks.lines(lines)
    checks.day("at", at)
    checks.number("until", until, above=at)
    pair = given.customer * given.items + given.item
    past = np.unique(pair[given.day < at])
    window = np.unique(pair[(given.day >= at) & (given.day < until)])
    has_past = np.zeros(given.customers, dtype=np.bool_)
    has_past[past // given.items] = True
    is_known = np.zeros(given.items, dtype=np.bool_)
    is_known[past % given.items] = True
    window = window[has_past[window // given.items]]
    known = window[is_known[window % given.items]]
    unknown = int(window.size - known.size)
    if kind is not Kind.ALL:
        is_repeat = np.isin(known, past, assume_unique=True)
        known = known[is_repeat if kind is Kind.REPEAT else ~is_repeat]
    if known.size == 0:
        raise NoData("the purchases in the window")
    customer, count = np.unique(known // given.items, return_counts=True)
    start = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    return HeldOut(customer, start, known % given.items, given.items, unknown)


def quality(window: HeldOut, item: Integers, level: float = 0.95) -> Quality:
    """How well the lists `item` (int64 (n, k), -1 for an empty place) of the window's customers
    did; anybody's lists, so that other methods are measured alike.

    Intervals are mean +- z s / sqrt(n) over customers, cut to what a share can be; of one customer
    they are 0 to 1.
    """
    checks.confidence(level)
    given = checks.read("item", item)
    if given.ndim != 2 or len(given) != window.customer.size or not given.size:
        raise WrongShape("item", given.shape, f"({window.customer.size}, k)")
    given = checks.codes("item", given.ravel(), window.items, least=-1).reshape(given.shape)
    customers, k = len(given), given.size // len(given)
    hits = _hits(window, given)
    relevant = np.diff(window.start)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal: Floats = np.cumsum(discount)[np.minimum(relevant, k) - 1]
    gain: Floats = np.asarray((hits @ discount) / ideal)
    found: Floats = np.asarray(hits.sum(axis=1) / relevant)
    shown = int(np.unique(given[given >= 0]).size)
    return Quality(
        k=k,
        customers=customers,
        recall=_mean_interval(found, level),
        ndcg=_mean_interval(gain, level),
        hit_rate=_mean_interval(np.asarray(hits.any(axis=1), dtype=np.float64), level),
        coverage=shown / window.items,
    )


def evaluate(
    lines: Lines,
    at: float,
    until: float,
    settings: Settings = _NO_SETTINGS,
    *,
    k: int = 10,
    model: Recommender | None = None,
) -> Evaluation:
    """Fit before the day `at` and see how the lists do from there to `until`.

    `model`: one that is fitted already, to the lines before `at`. Raises what `fit` and `held_out`
    raise, and OutOfRange for a model that stands after `at`: it has seen what it is to foretell.
    """
    if model is not None and model.at > at:
        raise OutOfRange("model.at", -1, model.at, f"at most {at}")
    fitted = fit(before(lines, at), at, settings) if model is None else model
    window = held_out(lines, at, until)
    lists = recommend(fitted, window.customer, k)
    filled = lists.source != Source.NOTHING
    return Evaluation(
        settings=fitted.settings,
        all=quality(window, lists.item),
        repeat=_of_kind(fitted, lines, at, until, k, Kind.REPEAT),
        discovery=_of_kind(fitted, lines, at, until, k, Kind.DISCOVERY),
        repeat_share=float((lists.source[filled] == Source.REPEAT).mean()),
        unknown=window.unknown,
    )


def _of_kind(
    model: Recommender, lines: Lines, at: float, until: float, k: int, kind: Kind
) -> Quality | None:
    try:
        window = held_out(lines, at, until, kind)
    except NoData:
        return None
    return quality(window, recommend(model, window.customer, k, kind=kind).item)


def _hits(window: HeldOut, item: Integers) -> Floats:
    """1 where a place holds a relevant item, float64 (n, k); an item shown twice counts once."""
    rows = np.repeat(np.arange(window.customer.size), np.diff(window.start))
    place = positions(window.start[:-1], np.diff(window.start))
    relevant = rows * window.items + window.item[place]
    shown = np.arange(len(item))[:, None] * window.items + item
    hit = np.isin(shown, relevant) & (item >= 0)
    earlier = np.tril(np.ones((item.shape[1], item.shape[1]), dtype=np.bool_), -1)
    again = ((item[:, :, None] == item[:, None, :]) & earlier).any(axis=2)
    answer: Floats = (hit & ~again).astype(np.float64)
    return answer


def _mean_interval(values: Floats, level: float) -> Interval:
    """The mean of shares with its normal interval."""
    mean = float(values.mean())
    if values.size == 1:
        return Interval(mean, 0.0, 1.0, level)
    z = float(special.ndtri(0.5 + level / 2.0))
    half = z * float(values.std(ddof=1)) / math.sqrt(values.size)
    return Interval(mean, max(0.0, mean - half), min(1.0, mean + half), level)
