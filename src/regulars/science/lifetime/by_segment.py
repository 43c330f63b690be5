"""One fit for each segment, and whether the segments differ at all.

Separate parameters cost data: the likelihood-ratio test says whether they earn it. A segment with
too few customers gets none, and the pooled fit stands beside for it.
"""

import numpy as np
from scipy import special

from regulars.science import checks
from regulars.science.contracts import Booleans, Integers
from regulars.science.errors import ScienceRefused
from regulars.science.lifetime.contracts import Histories, PurchaseFit, SegmentFits
from regulars.science.lifetime.fit import fit_beta_geometric, fit_pareto
from regulars.science.lifetime.models.beta_geometric import BetaGeometric
from regulars.science.lifetime.models.pareto import Pareto
from regulars.science.lifetime.summarise import checked


def fit_by_segment(
    kind: type[BetaGeometric] | type[Pareto],
    histories: Histories,
    segment: Integers,
    segments: int,
    customers_min: int,
) -> SegmentFits:
    """See the facade."""
    given = checked(histories)
    group = checks.codes("segment", segment, segments, length=given.age.shape[0])
    pooled = _fit(kind, given, None)
    fits: list[PurchaseFit | None] = []
    reasons: list[str] = []
    for number in range(segments):
        member = group == number
        size = int(member.sum())
        if size < customers_min:
            fits.append(None)
            reasons.append(f"{size} customers, at least {customers_min} are needed")
            continue
        try:
            fits.append(_fit(kind, part_of(given, member), pooled))
            reasons.append("")
        except ScienceRefused as refusal:
            fits.append(None)
            reasons.append(str(refusal))
    fitted = [fit for fit in fits if fit is not None]
    if len(fitted) < 2:
        return SegmentFits(tuple(fits), tuple(reasons), pooled, None, 0, None)
    kept = np.isin(group, [number for number, fit in enumerate(fits) if fit is not None])
    together = pooled if kept.all() else _fit(kind, part_of(given, kept), pooled)
    gain = sum(fit.log_likelihood for fit in fitted) - together.log_likelihood
    degrees = len(pooled.model.names) * (len(fitted) - 1)
    p_value = float(special.chdtrc(degrees, max(2.0 * gain, 0.0)))
    return SegmentFits(tuple(fits), tuple(reasons), pooled, float(gain), degrees, p_value)


def part_of(histories: Histories, member: Booleans) -> Histories:
    """The histories of some customers."""
    return Histories(
        histories.customer[member],
        histories.frequency[member],
        histories.recency[member],
        histories.age[member],
        histories.value[member],
        histories.unit_days,
    )


def _fit(
    kind: type[BetaGeometric] | type[Pareto], histories: Histories, near: PurchaseFit | None
) -> PurchaseFit:
    # A segment climbs from the pooled fit only where that is a peak; else from the usual starts.
    start = near.model if near is not None and near.converged else None
    if kind is BetaGeometric:
        return fit_beta_geometric(histories, start if isinstance(start, BetaGeometric) else None)
    return fit_pareto(histories, start if isinstance(start, Pareto) else None)
