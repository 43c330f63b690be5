"""Several metrics at once: one in twenty moves by chance, so the p-values are read together."""

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.experiment.contracts import Discoveries


def false_discovery(
    p_values: ArrayLike, *, rate: float = 0.05, any_dependence: bool = False
) -> Discoveries:
    """Which metrics moved, with a false share among them of `rate` at most in expectation.

    `p_values`: float64 (m,), each from 0 to 1, always-valid ones included. Benjamini and Hochberg
    (1995, Journal of the Royal Statistical Society B 57, procedure 1), right for independent and
    for positively dependent metrics; with `any_dependence` Benjamini and Yekutieli (2001, Annals
    of Statistics 29, theorem 1.3). Intervals of what was found are to be computed at the level
    1 - rate found / m (Benjamini and Yekutieli 2005, JASA 100, definition 1).

    Raises NoData, WrongShape, NotFinite, OutOfRange.
    """
    given = checks.floats("p_values", p_values, at_least=0.0, at_most=1.0)
    checks.number("rate", rate, above=0.0, below=1.0)
    count = given.size
    ranks = np.arange(1, count + 1)
    penalty = float(np.sum(1.0 / ranks)) if any_dependence else 1.0
    order = np.argsort(given, kind="stable")
    stepped = given[order] * count * penalty / ranks
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    found = adjusted <= rate
    return Discoveries(
        adjusted,
        found,
        rate,
        1.0 - rate * max(int(found.sum()), 1) / count / penalty if found.any() else 1.0 - rate,
    )
