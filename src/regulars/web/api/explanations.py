"""Adds words to answers: picks the language and calls the core's explanation."""

from typing import TYPE_CHECKING

import msgspec

from regulars.intake.contracts import Outcome
from regulars.web.api.operation import Call
from regulars.web.api.wire.answers import DecisionAnswer, ExplanationAnswer

if TYPE_CHECKING:
    from regulars.core.decision import Entry


def explained(call: Call, answer: DecisionAnswer, outcome: Outcome) -> DecisionAnswer:
    """The answer of a recorded outcome with its explanation; others stay as they are."""
    if outcome.entry is None:
        return answer
    words = explain_entry(call, outcome.entry)
    return msgspec.structs.replace(answer, explanation=words)


def explain_entry(call: Call, entry: "Entry") -> ExplanationAnswer:
    """A recorded entry in words, in the caller's language."""
    raise NotImplementedError
