"""Recommending: the next best reward or product for each customer, why, and how well that works.

Pure: order lines as arrays in, frozen lists out. A model stands at a day and knows what was bought
before it; fit, recommend, tell the reasons, evaluate on later days.
"""

from regulars.science.recommend.contracts import (
    Choice,
    Constraints,
    Evaluation,
    HeldOut,
    Kind,
    Quality,
    Reasons,
    Recommendations,
    Recommender,
    Settings,
    Source,
)
from regulars.science.recommend.diversity import list_similarity
from regulars.science.recommend.errors import HalfConstraint
from regulars.science.recommend.evaluation import before, evaluate, held_out, quality
from regulars.science.recommend.fitting import fit
from regulars.science.recommend.ranking import recommend
from regulars.science.recommend.reasons import reasons
from regulars.science.recommend.tuning import choose_settings

__all__ = [
    "Choice",
    "Constraints",
    "Evaluation",
    "HalfConstraint",
    "HeldOut",
    "Kind",
    "Quality",
    "Reasons",
    "Recommendations",
    "Recommender",
    "Settings",
    "Source",
    "before",
    "choose_settings",
    "evaluate",
    "fit",
    "held_out",
    "list_similarity",
    "quality",
    "reasons",
    "recommend",
]
