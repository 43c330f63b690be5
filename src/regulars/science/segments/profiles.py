"""What the members of a segment are like, beside all members."""

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers
from regulars.science.errors import WrongShape
from regulars.science.segments.contracts import Profile


def profiles(segment: Integers, names: tuple[str, ...], values: Floats) -> tuple[Profile, ...]:
    """One profile per name, in their order.

    `segment`: int64 (n,), places in `names`. `values`: float64 (n, d), what to describe them by.
    """
    given = checks.matrix("values", values)
    if not names:
        raise WrongShape("names", (0,), "(k,) with k at least 1")
    codes = checks.codes("segment", segment, len(names), length=given.shape[0])
    all_means = given.mean(axis=0)
    totals = given.sum(axis=0)
    return tuple(
        _profile(name, given[codes == place], given.shape[0], all_means, totals)
        for place, name in enumerate(names)
    )


def _profile(name: str, own: Floats, everyone: int, means: Floats, totals: Floats) -> Profile:
    nothing = np.zeros(means.size)
    if own.shape[0] == 0:
        return Profile(name, 0, 0.0, nothing, nothing, nothing, nothing)
    mean = own.mean(axis=0)
    return Profile(
        name=name,
        customers=own.shape[0],
        share=own.shape[0] / everyone,
        mean=mean,
        median=np.median(own, axis=0),
        index=100.0 * np.divide(mean, means, out=nothing.copy(), where=means != 0.0),
        total_share=np.divide(own.sum(axis=0), totals, out=nothing.copy(), where=totals != 0.0),
    )
