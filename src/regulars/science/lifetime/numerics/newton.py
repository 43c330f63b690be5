"""Maximum of a smooth function of a few parameters by damped Newton steps.

The likelihoods of this room have three or four parameters and exact second derivatives, so that a
handful of passes over the data is enough where quasi-Newton methods take dozens. The parameters are
logarithms throughout; a fit that walks far away or ends on a plateau has no peak, and says so.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from regulars.science.contracts import Floats

Evaluation = tuple[float, Floats, Floats]
"""Value, gradient (k,) and Hessian (k, k)."""

ITERATIONS_MAX = 200
STEP_MAX = 2.0
"""Longest step of a logarithm: no parameter changes by more than a factor of 7.4 at once."""
BOX = 14.0
"""Further than this from the start (a factor of a million) a logarithm is no estimate any more."""
CURVATURE_MIN = 1e-4
"""A peak flatter than this has a standard error above 100 in some logarithm: it is a plateau."""
RUNS_AWAY = "a parameter runs to zero or infinity: the data do not hold it"
TOLERANCE = 1e-9
"""What a further step may still gain, in the units of the function (log-likelihood)."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the ascent ended. `converged` means a peak: no step gains more than the tolerance and
    the value falls in every direction; else `reason` says what happened."""

    at: Floats
    value: float
    gradient: Floats
    hessian: Floats
    converged: bool
    reason: str
    iterations: int


def maximise(
    evaluate: Callable[[Floats], Evaluation], start: Floats, tolerance: float = TOLERANCE
) -> Optimum:
    """Climb from `start` (k,) to a local maximum. Levenberg's damping (Nocedal and Wright 2006,
    section 3.4), with the curvature's absolute value where it is positive, so that saddles repel.
    """
    point = np.array(start, dtype=np.float64)
    value, gradient, hessian = evaluate(point)
    damping = 0.0
    for iteration in range(1, ITERATIONS_MAX + 1):
        curvature, directions = np.linalg.eigh(-hessian)
        slope = directions.T @ gradient
        steepness = np.maximum(np.abs(curvature), 1e-12 * max(1.0, float(np.abs(curvature).max())))
        gain = float(slope @ (slope / steepness)) / 2.0
        if gain <= tolerance + 1e-15 * abs(value):
            peak = bool(curvature[0] > CURVATURE_MIN)
            reason = "" if peak else RUNS_AWAY
            return Optimum(point, value, gradient, hessian, peak, reason, iteration - 1)
        step = directions @ (slope / (steepness + damping * steepness.max()))
        step *= min(1.0, STEP_MAX / max(float(np.abs(step).max()), 1e-300))
        if np.abs(point + step - start).max() > BOX:
            return Optimum(point, value, gradient, hessian, False, RUNS_AWAY, iteration)
        candidate = evaluate(point + step)
        # Equal values are let through: at the peak the gain drowns in the rounding of the sum.
        if candidate[0] >= value - 1e-13 * abs(value):
            point = point + step
            value, gradient, hessian = candidate
            damping = 0.0 if damping < 1e-6 else damping / 10.0
        elif damping > 1e8:
            reason = "no step in any direction improves the likelihood"
            return Optimum(point, value, gradient, hessian, False, reason, iteration)
        else:
            damping = max(10.0 * damping, 1e-4)
    reason = f"no peak within {ITERATIONS_MAX} steps"
    return Optimum(point, value, gradient, hessian, False, reason, ITERATIONS_MAX)


def in_logarithms(evaluation: Evaluation, parameters: Floats) -> Evaluation:
    """The same evaluation with its derivatives after the parameters' logarithms."""
    value, gradient, hessian = evaluation
    slope = gradient * parameters
    return value, slope, hessian * np.outer(parameters, parameters) + np.diag(slope)
