"""implicit's BM25 and cosine neighbours and ALS: ranked lists for the customers asked about.

The job names one .npz file per window with `customer`, `item`, `count` (the pairs of the past, and
on how many days), the shape, and `asked`, the customers to make lists for. For each method and
each of its settings the lists of all items and of new items alone are written to `lists`; what was
bought later is never seen here.
"""

import numpy as np
from answering import answer, versions
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, bm25_weight
from scipy.sparse import csr_matrix


def work(job):
    lists = {}
    for window, path in job["windows"].items():
        with np.load(path) as past:
            shape = (int(past["customers"]), int(past["items"]))
            bought = csr_matrix(
                (past["count"].astype(np.float32), (past["customer"], past["item"])), shape
            )
            asked = past["asked"]
        for name, model, fitted_to in _methods(bought):
            model.fit(fitted_to, show_progress=False)
            for kind in ("all", "new"):
                item, _ = model.recommend(
                    asked,
                    fitted_to[asked],
                    N=job["k"],
                    filter_already_liked_items=kind == "new",
                )
                lists[f"{window}|{name}|{kind}"] = item.astype(np.int64)
    np.savez(job["lists"], **lists)
    return {"versions": versions("implicit")}


def _methods(bought):
    """Name, model and what it is fitted to: the grid that the validation window chooses from."""
    once = bought.copy()
    once.data[:] = 1.0
    for neighbours in (20, 100, 500):
        yield f"BM25 K={neighbours}", BM25Recommender(K=neighbours, num_threads=1), bought
        yield f"cosine K={neighbours}", CosineRecommender(K=neighbours, num_threads=1), once
    weighted = bm25_weight(bought, K1=100, B=0.8).tocsr()
    for factors in (64, 128):
        for alpha in (1.0, 10.0):
            for what, matrix in (("counts", bought), ("BM25 weights", weighted)):
                model = AlternatingLeastSquares(
                    factors=factors,
                    regularization=0.05,
                    alpha=alpha,
                    iterations=15,
                    random_state=1,
                    num_threads=1,
                )
                yield f"ALS factors={factors} alpha={alpha:g} {what}", model, matrix


answer(work)
