"""An isolation forest over the signals: oddness in combinations that no single signal shows."""

import numpy as np
from sklearn.ensemble import IsolationForest

from regulars.science import checks
from regulars.science.anomaly.contracts import Measured
from regulars.science.contracts import Floats
from regulars.science.errors import TooFew

_LEAST = 20


def isolation(measured: Measured, *, seed: int, trees: int = 200) -> Floats:
    """The anomaly score of every entity, float64 (entities,), from 0 to 1, higher is odder: eq. 2
    of Liu, Ting & Zhou 2008, "Isolation Forest", with 256 rows per tree.

    Signals enter as log(1 + value). Entities that did nothing have 0, and so have all where
    everybody is the same. Refuses fewer than 20 entities (TooFew): there is no crowd to be apart
    from.
    """
    checks.number("trees", trees, at_least=1)
    whole = checks.whole_seed(seed)
    rows = np.flatnonzero(measured.present)
    if rows.size < _LEAST:
        raise TooFew(f"{measured.entity.value}s with activity", int(rows.size), _LEAST)
    scores = np.zeros(measured.present.shape[0])
    features = np.log1p(measured.values[rows])
    varied = np.ptp(features, axis=0) > 0.0
    if not varied.any():
        return scores
    model = IsolationForest(
        n_estimators=trees, max_samples=min(256, int(rows.size)), random_state=whole % 2**32
    )
    # scikit-learn answers the score of the paper with its sign turned.
    scores[rows] = -model.fit(features[:, varied]).score_samples(features[:, varied])
    return scores
