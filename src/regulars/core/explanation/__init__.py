"""Explanation: a recorded decision in words.

Reads a trace and effects, which are codes and numbers, against the program version that wrote them,
and says them in the reader's language. `words.py` is the one catalogue; nothing is decided here and
no words are stored. Personal values never reach it, since traces do not hold them.
"""

from regulars.core.explanation.conditions import explain_condition
from regulars.core.explanation.explain import explain
from regulars.core.explanation.model import (
    EffectExplained,
    Explanation,
    Failure,
    RefusalExplained,
    RuleExplained,
)

__all__ = [
    "EffectExplained",
    "Explanation",
    "Failure",
    "RefusalExplained",
    "RuleExplained",
    "explain",
    "explain_condition",
]
