"""The door of the engine: what the rooms above call; the types they pass stand in the contracts
(`events`, `effects`, `state`, `decision`, `compiled`, `errors`)."""

from regulars.core.codec import UnreadableEntry, decode_entry, encode_entry
from regulars.core.compiled import Program, Voucher
from regulars.core.decide import decide
from regulars.core.fold import Posting, Working, fold_into, postings
from regulars.core.moves import arrival
from regulars.core.needs import Needs, needs
from regulars.core.periods import add_span
from regulars.core.program import compile_program
from regulars.core.redemption.availability import reservations
from regulars.core.redemption.quote import Quote, quote

__all__ = [
    "Needs",
    "Posting",
    "Program",
    "Quote",
    "UnreadableEntry",
    "Voucher",
    "Working",
    "add_span",
    "arrival",
    "compile_program",
    "decide",
    "decode_entry",
    "encode_entry",
    "fold_into",
    "needs",
    "postings",
    "quote",
    "reservations",
]
