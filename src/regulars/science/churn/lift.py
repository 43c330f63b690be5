"""Top-k lift: how many more of those who leave are found among the highest probabilities.

Customers with equal probabilities are put in a random order, so that the order of the rows says
nothing. Intervals are percentiles over resampled customers (Efron & Tibshirani 1993, chapter 13):
the threshold moves with every sample, as it would with other customers.
"""

import numpy as np

from regulars.science import checks
from regulars.science.churn.contracts import LiftRow
from regulars.science.contracts import Booleans, Floats, Interval

SAMPLES = 500
BLOCKS = 500
"""Enough to place any threshold within a five-hundredth of the customers."""


def lift(
    probability: Floats, churned: Booleans, *, share: float, seed: int, level: float = 0.95
) -> LiftRow:
    """Precision, lift and the part found in the `share` (above 0, at most 1) of customers with the
    highest probabilities, at least one customer. Refuses one class."""
    given = checks.floats("probability", probability, at_least=0.0, at_most=1.0)
    flags = checks.flags("churned", churned, length=given.size)
    checks.number("share", share, above=0.0, at_most=1.0)
    checks.confidence(level)
    checks.two_classes("churned", flags)
    random = checks.generator(seed)
    mixed = random.permutation(given.size)
    order = mixed[np.argsort(-given[mixed], kind="stable")]
    outcomes = flags[order].astype(np.float64)
    top = max(round(share * given.size), 1)
    found = float(outcomes[:top].sum())
    everyone = float(outcomes.sum())
    precision, base = found / top, everyone / given.size
    samples = _resampled(outcomes, top, random)
    return LiftRow(
        share=share,
        customers=top,
        precision=_interval(precision, samples[:, 0], level),
        lift=_interval(precision / base, samples[:, 1], level),
        found=_interval(found / everyone, samples[:, 2], level),
        lift_most=min(1.0, everyone / top) / base,
    )


def _resampled(outcomes: Floats, top: int, random: np.random.Generator) -> Floats:
    """Precision, lift and part found in SAMPLES resamples of all customers: float64 (SAMPLES, 3).

    Customers in the order of their probability are taken in blocks, each its own block up to
    BLOCKS customers: how often a block is drawn is multinomial, how many of the drawn have churned
    binomial. The block that the threshold falls into counts by the part above it. A sample in
    which nobody churned has nothing to find, and counts as that of all customers.
    """
    blocks = np.array_split(outcomes, min(BLOCKS, outcomes.size))
    sizes = np.array([block.size for block in blocks])
    shares = np.array([block.mean() for block in blocks])
    drawn = random.multinomial(outcomes.size, sizes / outcomes.size, size=SAMPLES)
    gone = random.binomial(drawn, shares)
    taken = np.clip(top - (np.cumsum(drawn, axis=1) - drawn), 0, drawn)
    found = (gone * taken / np.maximum(drawn, 1)).sum(axis=1)
    everyone = gone.sum(axis=1)
    nobody = everyone == 0
    found[nobody], everyone[nobody] = outcomes[:top].sum(), outcomes.sum()
    precision = found / top
    return np.column_stack([precision, precision * outcomes.size / everyone, found / everyone])


def _interval(value: float, samples: Floats, level: float) -> Interval:
    """Percentiles, widened to the value itself where a lumpy sample would leave it out."""
    low, high = np.quantile(samples, [0.5 - level / 2, 0.5 + level / 2])
    return Interval(value, min(float(low), value), max(float(high), value), level)
