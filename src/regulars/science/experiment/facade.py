"""Experiments: who gets what, whether it made a difference, and what that was worth.

Pure: arrays in, frozen results out; the assignment key and every seed are passed in.
"""

from regulars.science.experiment.adjustment import adjusted_difference
from regulars.science.experiment.assignment import NOT_IN_TEST, assign
from regulars.science.experiment.difference import (
    difference_in_means,
    difference_in_ratios,
    quotient_interval,
)
from regulars.science.experiment.mismatch import ratio_mismatch
from regulars.science.experiment.planning import (
    duration_days,
    fixed_plan,
    fixed_power,
    sequential_plan,
)
from regulars.science.experiment.returns import incremental_return
from regulars.science.experiment.sequences import confidence_sequence, monitor
from regulars.science.experiment.several import false_discovery

__all__ = [
    "NOT_IN_TEST",
    "adjusted_difference",
    "assign",
    "confidence_sequence",
    "difference_in_means",
    "difference_in_ratios",
    "duration_days",
    "false_discovery",
    "fixed_plan",
    "fixed_power",
    "incremental_return",
    "monitor",
    "quotient_interval",
    "ratio_mismatch",
    "sequential_plan",
]
