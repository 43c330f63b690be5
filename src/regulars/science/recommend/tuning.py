"""Settings chosen where it is fair: in a window before the day that the model stands at."""

from collections.abc import Sequence

import numpy as np

from regulars.science.contracts import Lines
from regulars.science.errors import NoData
from regulars.science.recommend.contracts import Choice, Evaluation, Settings, Singles
from regulars.science.recommend.evaluation import before, evaluate
from regulars.science.recommend.fitting import fit


def choose_settings(
    lines: Lines,
    at: float,
    candidates: Sequence[Settings],
    *,
    days: float = 56.0,
    k: int = 10,
) -> Choice:
    """The candidate that did best in the `days` before the day `at`, fitted to what came before.

    Best is the largest nDCG@k over all items plus that of discovery, the earlier candidate where
    two are equal. Lines on or after `at` are not looked at, so that a later window stays untouched.
    The item weights are fitted once per regularization. Raises NoData for no candidate and what
    `evaluate` raises.
    """
    if not candidates:
        raise NoData("candidates")
    known = before(lines, at)
    training = before(known, at - days)
    weights: dict[float, Singles] = {}
    tried: list[Evaluation] = []
    for settings in candidates:
        fitted = weights.get(settings.regularization)
        model = fit(training, at - days, settings, weights=fitted)
        weights[settings.regularization] = model.weights
        tried.append(evaluate(known, at - days, at, settings, k=k, model=model))
    best = int(np.argmax([_merit(one) for one in tried]))
    return Choice(candidates[best], tuple(tried))


def _merit(one: Evaluation) -> float:
    discovery = one.discovery.ndcg.value if one.discovery is not None else 0.0
    return one.all.ndcg.value + discovery
