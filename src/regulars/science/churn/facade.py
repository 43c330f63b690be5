"""The door of churn: who will not come back, how sure that is, and why.

`learn` and `predict` do it all from orders; `features`, `churned`, `fit`, `score`, `reasons` and
`english` are its steps; `assess`, `calibration` and `lift` judge probabilities of any origin;
`leaks` finds features that look past their cut.
"""

from regulars.science.churn.assessment import assess, calibration
from regulars.science.churn.features import churned, features
from regulars.science.churn.fitting import fit
from regulars.science.churn.leakage import leaks
from regulars.science.churn.learning import forward, learn, predict
from regulars.science.churn.lift import lift
from regulars.science.churn.scoring import reasons, score
from regulars.science.churn.words import english

__all__ = [
    "assess",
    "calibration",
    "churned",
    "english",
    "features",
    "fit",
    "forward",
    "leaks",
    "learn",
    "lift",
    "predict",
    "reasons",
    "score",
]
