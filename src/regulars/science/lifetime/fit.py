"""Maximum likelihood: the same ascent for the three models, from several starts.

Starts scale with the data, so that weeks and days give the same fit. Where there are very many
distinct rows the starts are compared on every k-th of them, and only the best climbs on all: from
there two or three steps remain.
"""

from collections.abc import Callable, Iterable

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats
from regulars.science.errors import NoVariation, TooFew
from regulars.science.lifetime.contracts import Fit, Histories, Model, SpendFit
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.beta_geometric_likelihood import BetaGeometricLikelihood
from regulars.science.lifetime.models.gamma_gamma import GammaGamma
from regulars.science.lifetime.models.gamma_gamma_likelihood import GammaGammaLikelihood
from regulars.science.lifetime.models.pareto import Pareto
from regulars.science.lifetime.models.pareto_likelihood import ParetoLikelihood
from regulars.science.lifetime.numerics.newton import Evaluation, Optimum, maximise
from regulars.science.lifetime.rows import Rows, distinct
from regulars.science.lifetime.summarise import checked

ROWS_OF_STARTS = 20_000
REPEATERS_MIN = 2
START_LEAST, START_MOST = 1e-12, 1e12
VALUE_LEAST = 1e-60
"""A mean value below is nothing, like one of 0."""
DISTINCT_MIN = 5
"""Distinct histories, one more than the four parameters."""

Likelihood = Callable[[Floats], Evaluation]


def fit_beta_geometric(histories: Histories, start: BetaGeometric | None) -> Fit[BetaGeometric]:
    """See the facade."""
    given = checked(histories)
    rows = _enough(given)
    rate = float(rows.weight @ rows.frequency / (rows.weight @ np.maximum(rows.age, 1e-12)))
    starts = [
        np.array([r, r / (3.0 * rate), a, b])
        for r, a, b in ((0.3, 0.7, 2.5), (1.0, 0.3, 5.0), (3.0, 2.0, 2.0))
    ]
    optimum, reached = _best(BetaGeometricLikelihood, rows, starts, start)
    return _told(BetaGeometric, optimum, reached, given, rows.age.shape[0])


def fit_pareto(histories: Histories, start: Pareto | None) -> Fit[Pareto]:
    """See the facade."""
    given = checked(histories)
    rows = _enough(given)
    exposure = float(rows.weight @ np.maximum(rows.age, 1e-12))
    rate, mean_age = float(rows.weight @ rows.frequency) / exposure, exposure / rows.weight.sum()
    starts = [
        np.array([r, r / (2.0 * rate), s, beta * mean_age])
        for r, s, beta in ((0.5, 0.6, 0.4), (1.0, 0.3, 1.0), (3.0, 2.0, 2.0))
    ]
    optimum, reached = _best(ParetoLikelihood, rows, starts, start)
    return _told(Pareto, optimum, reached, given, rows.age.shape[0])


def fit_spend(histories: Histories, start: GammaGamma | None) -> SpendFit:
    """See the facade."""
    given = checked(histories)
    repeated = given.frequency > 0
    used = repeated & (given.value > VALUE_LEAST)
    frequency, value = given.frequency[used], given.value[used]
    if value.shape[0] < DISTINCT_MIN:
        raise TooFew(
            "customers with a repeat order of positive value", value.shape[0], DISTINCT_MIN
        )
    checks.varied("histories.value", value)
    scale = float(value.mean())
    guesses = [
        np.array([p, q, v * scale])
        for p, q, v in ((6.0, 4.0, 0.5), (2.0, 3.0, 1.0), (1.0, 1.5, 0.5))
    ]
    if start is not None:
        guesses = [_positive(start.parameters, start.names)]
    likelihood = GammaGammaLikelihood(frequency, value)
    optima = [maximise(likelihood, np.log(guess)) for guess in guesses]
    best = max(optima, key=lambda optimum: optimum.value)
    reached = tuple(float(optimum.value) for optimum in optima)
    fit = _told(GammaGamma, best, reached, given, value.shape[0], customers=value.shape[0])
    constant = np.ptp(frequency) == 0
    correlation = None if constant else float(np.corrcoef(frequency, value)[0, 1])
    return SpendFit(fit, correlation, int(repeated.sum()) - value.shape[0])


def _enough(histories: Histories) -> Rows:
    repeaters = int(np.count_nonzero(histories.frequency))
    if repeaters < REPEATERS_MIN:
        raise TooFew("customers with a repeat order", repeaters, REPEATERS_MIN)
    rows = distinct(histories)
    if all(np.ptp(column) == 0 for column in (rows.age, rows.recency, rows.frequency)):
        raise NoVariation("histories", float(rows.age[0]))
    if rows.age.shape[0] < DISTINCT_MIN:
        raise TooFew("distinct histories", rows.age.shape[0], DISTINCT_MIN)
    return rows


def _best(
    likelihood: Callable[[Rows], Likelihood],
    rows: Rows,
    starts: Iterable[Floats],
    given: BetaGeometric | Pareto | None,
) -> tuple[Optimum, tuple[float, ...]]:
    if given is not None:
        starts = [_positive(given.parameters, given.names)]
    sample = rows.sample(ROWS_OF_STARTS)
    climb = likelihood(sample)
    if sample is rows:
        optima = [maximise(climb, np.log(start)) for start in starts]
        best = max(optima, key=lambda optimum: optimum.value)
        return best, tuple(float(optimum.value) for optimum in optima)
    # On the sample the peak is needed to far less than its own standard error.
    optima = [maximise(climb, np.log(start), tolerance=1e-3) for start in starts]
    best = max(optima, key=lambda optimum: optimum.value)
    return maximise(likelihood(rows), best.at), tuple(float(optimum.value) for optimum in optima)


def _positive(parameters: Floats, names: tuple[str, ...]) -> Floats:
    for name, value in zip(names, parameters, strict=True):
        checks.number(f"start.{name}", float(value), above=0.0)
        checks.number(f"start.{name}", float(value), at_least=START_LEAST, at_most=START_MOST)
    return parameters


def _told(
    kind: type[Model],
    optimum: Optimum,
    reached: tuple[float, ...],
    histories: Histories,
    rows: int,
    customers: int | None = None,
) -> Fit[Model]:
    covariance: Floats | None = None
    if optimum.converged:
        covariance = np.linalg.inv(-optimum.hessian).astype(np.float64)
    return Fit(
        kind(*(float(value) for value in np.exp(optimum.at))),
        float(optimum.value),
        covariance,
        optimum.converged,
        optimum.reason,
        optimum.iterations,
        reached,
        histories.age.shape[0] if customers is None else customers,
        rows,
        histories.unit_days,
    )
