"""The door of the engine: what the rooms above call; the types they pass stand in the contracts
(`events`, `effects`, `state`, `decision`, `compiled`, `errors`)."""

from types import FunctionType
from typing import Final

from regulars.core.codec import UnreadableEntry, decode_entry, decode_facts, encode_entry
from regulars.core.compiled import Program, Voucher
from regulars.core.decide import decide
from regulars.core.document import ProgramDocument, check_document, load_document
from regulars.core.errors import NotLoaded, Refused, refused
from regulars.core.explanation import Explanation, explain
from regulars.core.folding.fold import fold, fold_into
from regulars.core.folding.postings import PostedSums, Posting, add_postings, postings
from regulars.core.folding.working import Working
from regulars.core.lots import Available, available
from regulars.core.moves import arrival, destination
from regulars.core.needs import Needs, needs
from regulars.core.periods import add_span
from regulars.core.program import compile_program
from regulars.core.redemption.availability import reservations
from regulars.core.redemption.quote import Offer, Quote, quote

IS_COMPILED: Final = not isinstance(decide, FunctionType)
"""Whether this engine was built as C extensions (docs/decisions/0019)."""

__all__ = [
    "IS_COMPILED",
    "Available",
    "Explanation",
    "Needs",
    "NotLoaded",
    "Offer",
    "PostedSums",
    "Posting",
    "Program",
    "ProgramDocument",
    "Quote",
    "Refused",
    "UnreadableEntry",
    "Voucher",
    "Working",
    "add_postings",
    "add_span",
    "arrival",
    "available",
    "check_document",
    "compile_program",
    "decide",
    "decode_entry",
    "decode_facts",
    "destination",
    "encode_entry",
    "explain",
    "fold",
    "fold_into",
    "load_document",
    "needs",
    "postings",
    "quote",
    "refused",
    "reservations",
]
