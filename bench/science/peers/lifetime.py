"""lifetimes and pymc-marketing (MAP under flat priors, so that its peak is that of the likelihood).

The job names one .npz file per shop with `frequency`, `recency`, `age` in weeks and `ours`, the
parameters to be looked at. Answers for each shop and library the seconds of a fit, the parameters,
and the log-likelihood there and at `ours`, all by lifetimes' own function; for the shop `score` the
seconds of P(alive) and of expected purchases for every customer.

lifetimes is timed as its users call it, on a row for each customer, and again on distinct rows with
its own weights, which pandas has to find first: the better counts.
"""

import time

import numpy as np
import pandas as pd
from answering import answer, versions
from lifetimes import BetaGeoFitter

HORIZON = 39.0


def work(job):
    shops = {}
    for name, path in job["shops"].items():
        with np.load(path) as arrays:
            shop = {key: arrays[key] for key in arrays.files}
        found = {
            "lifetimes": fit_lifetimes(shop),
            "lifetimes, distinct rows": fit_lifetimes_distinct(shop),
        }
        try:
            found["pymc-marketing"] = fit_pymc(shop)
        except Exception as failure:  # noqa: BLE001  a peer that fails is said, not hidden
            found["pymc-marketing"] = {"failed": f"{type(failure).__name__}: {failure}"[:200]}
        for one in found.values():
            if "parameters" in one:
                one["log_likelihood"] = log_likelihood(shop, one["parameters"])
        shops[name] = {"peers": found, "at_ours": log_likelihood(shop, shop["ours"])}
        if name == job["score"]:
            shops[name]["score"] = score(shop, found)
    for shop in shops.values():
        for one in shop["peers"].values():
            one.pop("model", None)
    return {"shops": shops, "versions": versions("lifetimes", "pymc-marketing", "pymc")}


def fit_lifetimes(shop):
    model = BetaGeoFitter()
    seconds, _ = timed(lambda: model.fit(shop["frequency"], shop["recency"], shop["age"]))
    return {"seconds": seconds, "parameters": model.params_.tolist(), "model": model}


def fit_lifetimes_distinct(shop):
    def fit():
        table = pd.DataFrame({key: shop[key] for key in ("frequency", "recency", "age")})
        rows = table.value_counts().reset_index()
        model = BetaGeoFitter()
        model.fit(rows["frequency"], rows["recency"], rows["age"], weights=rows["count"])
        return model

    seconds, model = timed(fit)
    return {"seconds": seconds, "parameters": model.params_.tolist()}


def fit_pymc(shop):
    from pymc_extras.prior import Prior
    from pymc_marketing.clv import BetaGeoModel

    table = pd.DataFrame(
        {
            "customer_id": np.arange(shop["age"].size),
            "frequency": shop["frequency"],
            "recency": shop["recency"],
            "T": shop["age"],
        }
    )

    flat = {name: Prior("HalfFlat") for name in ("r", "alpha", "a", "b")}

    def fit():
        model = BetaGeoModel(model_config=flat)
        model.fit(table, method="map", progressbar=False)
        return model

    seconds, model = timed(fit)
    parameters = [float(model.fit_result[name].values.ravel()[0]) for name in flat]
    return {"seconds": seconds, "parameters": parameters, "model": (model, table)}


def score(shop, found):
    """Seconds by library; the expectation's hypergeometric function dominates both."""
    model = found["lifetimes"]["model"]
    columns = shop["frequency"], shop["recency"], shop["age"]

    def with_lifetimes():
        model.conditional_probability_alive(*columns)
        return model.conditional_expected_number_of_purchases_up_to_time(HORIZON, *columns)

    seconds, expected = timed(with_lifetimes)
    answered = {"lifetimes": {"seconds": seconds, "expected": float(np.sum(expected))}}
    if "model" in found["pymc-marketing"]:
        pymc, table = found["pymc-marketing"]["model"]

        def with_pymc():
            pymc.expected_probability_alive(table)
            return pymc.expected_purchases(table, future_t=HORIZON)

        seconds, expected = timed(with_pymc)
        answered["pymc-marketing"] = {"seconds": seconds, "expected": float(expected.sum())}
    return answered


def log_likelihood(shop, parameters):
    rows = shop["frequency"].astype(int), shop["recency"], shop["age"]
    ones = np.ones(rows[0].size)
    mean = BetaGeoFitter._negative_log_likelihood(np.log(parameters), *rows, ones, 0.0)
    return -float(mean) * rows[0].size


def timed(call):
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


answer(work)
