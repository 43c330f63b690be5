"""How far a value is from what is typical, in units that outliers cannot stretch."""

import numpy as np
from numpy.typing import ArrayLike

from regulars.science import checks
from regulars.science.contracts import Floats, Integers

# A normal distribution's standard deviation over its median, and over its mean, absolute deviation.
_PER_MEDIAN_DEVIATION = 1.482602218505602
_PER_MEAN_DEVIATION = 1.2533141373155003


def robust_z(
    values: ArrayLike, *, groups: ArrayLike | None = None, unit: float = 0.0
) -> tuple[Floats, Floats]:
    """The robust z of every value and the median it is compared with, float64 (n,) both.

    z = (x - median) / (1.4826 MAD), MAD the median absolute deviation (Iglewicz & Hoaglin 1993,
    "How to Detect and Handle Outliers", eq. 3.2; they call values beyond 3.5 outliers). Where more
    than half of the values are the same the MAD is 0; the mean absolute deviation times 1.2533
    stands in (same, section 3). `groups`: int64 (n,), codes from 0: each group is compared within
    itself. `unit`: the scale is at least that. Values that are all the same have z 0.
    """
    array = checks.floats("values", values)
    checks.number("unit", unit, at_least=0.0)
    if groups is None:
        return _within(array, unit)
    codes = checks.codes("groups", groups, array.shape[0], length=array.shape[0])
    z, typical = np.empty_like(array), np.empty_like(array)
    for group in np.unique(codes):
        rows: Integers = np.flatnonzero(codes == group)
        z[rows], typical[rows] = _within(array[rows], unit)
    return z, typical


def _within(values: Floats, unit: float) -> tuple[Floats, Floats]:
    median = float(np.median(values))
    distance = np.abs(values - median)
    scale = _PER_MEDIAN_DEVIATION * float(np.median(distance))
    if scale == 0.0:
        scale = _PER_MEAN_DEVIATION * float(distance.mean())
    scale = max(scale, unit)
    typical = np.full_like(values, median)
    if scale == 0.0:
        return np.zeros_like(values), typical
    # So far off, that it is further off by more says nothing.
    with np.errstate(over="ignore"):
        z: Floats = np.clip(
            (values - median) / scale, -checks.MAGNITUDE_MOST, checks.MAGNITUDE_MOST
        )
    return z, typical
