"""How good probabilities of churning are: order (AUC, lift), closeness (Brier) and calibration.

Give it probabilities of customers that the model had not seen; on its own customers any model looks
better than it is. Intervals treat customers as a sample of many like them.
"""

import numpy as np
from scipy.special import ndtri
from scipy.stats import binomtest

from regulars.science import checks
from regulars.science.churn.contracts import Assessment, CalibrationRow
from regulars.science.churn.lift import lift
from regulars.science.contracts import Booleans, Floats, Interval
from regulars.science.errors import TooFew

PROBABILITY_LEAST = 1e-12
"""The log loss of a certainty that proved wrong is kept finite."""
LIFT_SHARES = (0.05, 0.1, 0.2, 0.3)


def assess(
    probability: Floats,
    churned: Booleans,
    *,
    seed: int,
    level: float = 0.95,
    bins: int = 10,
    shares: tuple[float, ...] = LIFT_SHARES,
) -> Assessment:
    """Compare probabilities, float64 (n,) within 0 and 1, with what happened, bool (n,).

    The expected calibration error is the sum over bins b of n_b / n |mean probability - churned
    share|, over `bins` bins of equally many customers in the order of their probability (the
    equal-mass form: Naeini, Cooper & Hauskrecht 2015, AAAI, equation 3, with the bins of Nguyen &
    O'Connor 2015, EMNLP). The Brier score is the mean squared difference (Brier 1950). The interval
    of the AUC is DeLong's (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44, equation 5).
    Refuses one class, and fewer than two customers of either outcome.
    """
    given = checks.floats("probability", probability, at_least=0.0, at_most=1.0)
    flags = checks.flags("churned", churned, length=given.size)
    checks.confidence(level)
    checks.number("bins", bins, at_least=1)
    checks.two_classes("churned", flags)
    rarer = int(min(flags.sum(), (~flags).sum()))
    if rarer < 2:
        raise TooFew("customers of the rarer outcome", rarer, 2)
    outcomes = flags.astype(np.float64)
    squares = (given - outcomes) ** 2
    brier = float(squares.mean())
    spread = float(ndtri(0.5 + level / 2) * squares.std(ddof=1) / np.sqrt(given.size))
    share = float(outcomes.mean())
    table = calibration(given, flags, bins=bins, level=level)
    weights = np.array([row.customers for row in table]) / given.size
    gaps = np.array([row.predicted - row.observed.value for row in table])
    certain = np.clip(given, PROBABILITY_LEAST, 1.0 - PROBABILITY_LEAST)
    return Assessment(
        customers=given.size,
        churned_share=share,
        auc=auc(given, flags, level=level),
        brier=Interval(brier, max(brier - spread, 0.0), min(brier + spread, 1.0), level),
        brier_skill=1.0 - brier / (share * (1.0 - share)),
        log_loss=float(-np.log(np.where(flags, certain, 1.0 - certain)).mean()),
        calibration_error=float(weights @ np.abs(gaps)),
        calibration_error_by_chance=_error_by_chance(given, bins),
        calibration_z=_spiegelhalter(given, outcomes),
        calibration=table,
        lift=tuple(lift(given, flags, share=one, seed=seed, level=level) for one in shares),
    )


def calibration(
    probability: Floats, churned: Booleans, *, bins: int = 10, level: float = 0.95
) -> tuple[CalibrationRow, ...]:
    """The calibration table: customers in the order of their probability, in `bins` parts of equal
    size, fewer where there are fewer customers. Intervals are Wilson's (1927, JASA 22).
    Refuses what `assess` refuses, but for one class."""
    given = checks.floats("probability", probability, at_least=0.0, at_most=1.0)
    flags = checks.flags("churned", churned, length=given.size)
    checks.number("bins", bins, at_least=1)
    checks.confidence(level)
    rows = []
    for part in _bins(given, bins):
        predicted = float(given[part].mean())
        rows.append(
            CalibrationRow(part.size, predicted, _wilson(int(flags[part].sum()), part.size, level))
        )
    return tuple(rows)


def auc(probability: Floats, churned: Booleans, *, level: float = 0.95) -> Interval:
    """The chance that a churned customer has a higher probability than one who stayed, ties
    counting half, with DeLong's interval, computed from ranks (Sun & Xu 2014, IEEE SPL 21(11))."""
    positive, negative = probability[churned], probability[~churned]
    above_negatives = _midranks(probability)[churned] - _midranks(positive)
    above_positives = _midranks(probability)[~churned] - _midranks(negative)
    placed_positives = above_negatives / negative.size
    placed_negatives = 1.0 - above_positives / positive.size
    value = float(placed_positives.mean())
    variance = (
        placed_positives.var(ddof=1) / positive.size + placed_negatives.var(ddof=1) / negative.size
    )
    spread = float(ndtri(0.5 + level / 2) * np.sqrt(variance))
    return Interval(value, max(value - spread, 0.0), min(value + spread, 1.0), level)


def _wilson(successes: int, trials: int, level: float) -> Interval:
    ends = binomtest(successes, trials).proportion_ci(level, method="wilson")
    return Interval(successes / trials, float(ends.low), float(ends.high), level)


def _bins(probability: Floats, bins: int) -> list[np.ndarray]:
    order = np.argsort(probability, kind="stable")
    return list(np.array_split(order, min(bins, probability.size)))


def _error_by_chance(probability: Floats, bins: int) -> float:
    """What the expected calibration error is under perfect calibration: the mean of |N(0, s)| is
    s sqrt(2 / pi), with s the standard deviation of a bin's churned share."""
    total = 0.0
    for part in _bins(probability, bins):
        total += np.sqrt((probability[part] * (1.0 - probability[part])).sum())
    return float(total * np.sqrt(2.0 / np.pi) / probability.size)


def _spiegelhalter(probability: Floats, outcomes: Floats) -> float:
    """Spiegelhalter 1986, Statistics in Medicine 5, section 3; 0 where it is not defined, which is
    where every probability is 0, 1/2 or 1."""
    variance = ((1.0 - 2.0 * probability) ** 2 * probability * (1.0 - probability)).sum()
    if variance <= 0.0:
        return 0.0
    total = ((outcomes - probability) * (1.0 - 2.0 * probability)).sum()
    return float(total / np.sqrt(variance))


def _midranks(values: Floats) -> Floats:
    """Ranks from 1, equal values sharing their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    answer: Floats = (ends - (counts - 1) / 2.0)[place]
    return answer
