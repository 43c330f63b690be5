"""Satisfaction: NPS, CSAT and CES that say how sure they are, what goes with them, and weights for
surveys that not everybody answers.

Pure: answers as arrays in, frozen results out. Answers that are missing are left out by the caller.
"""

from regulars.science.satisfaction.contracts import Driver, Drivers, ResponseWeights, Score
from regulars.science.satisfaction.drivers import drivers
from regulars.science.satisfaction.scores import (
    change,
    effort_score,
    net_promoter_score,
    satisfaction_score,
)
from regulars.science.satisfaction.weighting import (
    poststratification_weights,
    response_weights,
)

__all__ = [
    "Driver",
    "Drivers",
    "ResponseWeights",
    "Score",
    "change",
    "drivers",
    "effort_score",
    "net_promoter_score",
    "poststratification_weights",
    "response_weights",
    "satisfaction_score",
]
