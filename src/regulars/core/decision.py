"""The answer of the engine, and the form in which the journal keeps it.

A Decision is what one event did and why, in codes and numbers against one immutable program
version; words are made when it is read (`explanation.py`). An Entry is a recorded decision.
"""

from typing import TYPE_CHECKING, Final

from msgspec import Raw, Struct

from regulars.core.effects import Effect, RefundProgress
from regulars.core.events import Event

if TYPE_CHECKING:
    from regulars.core.state import Lot, LotBook, MemberState

ENGINE_VERSION: Final = 1


class Refusal(Struct, frozen=True, array_like=True, gc=False):
    """A business refusal: a stable `code` of `core/errors.py` and the data that its class names."""

    code: str
    data: dict[str, str | int | bool] = {}


class Award(Struct, frozen=True, array_like=True, gc=False):
    """What one rule earned in one currency, before it became a lot.

    `rule`: index in the program version's earning list, or -1 for the tier multiplier. `points` is
    final (after stacking, multiplier and caps). `lines`: bit mask of the order lines that the rule
    earned on (bit 0 = first line), 0 for a rule that is not about lines. `lot` is the one that
    all awards of the event in this currency opened together.
    """

    rule: int
    currency: str
    points: int
    lines: int = 0
    lot: int = 0


class Considered(Struct, frozen=True, array_like=True, gc=False):
    """One rule that was looked at. `verdict` is a Verdict code; the meaning of `numbers` is fixed
    per verdict and formula in `core/trace.py`, where both writer and reader stand."""

    rule: int
    verdict: int
    numbers: tuple[int | str | bool | None, ...] = ()


class Context(Struct, frozen=True, array_like=True, gc=False):
    """What of the member's state the rules looked at, so that `refund: redecide` and replay see the
    same: tier, number of this purchase, and the use of each counter before it (0 where absent).
    `attributes` and `segments` are those that a rule for this event type asks for."""

    tier: str = ""
    nth_purchase: int = 0
    counters: dict[str, int] = {}
    attributes: dict[str, str | int | bool] = {}
    segments: tuple[str, ...] = ()


class Decision(Struct, frozen=True, gc=False):
    """What one event does to one member.

    `refusal` is None for an accepted event. `due` are the effects that time had made due before
    the event and that are posted first; they are recorded in the same entry, before `effects`.

    The last four fields are the fold of `due` and `effects`, left here so that nobody folds twice;
    they are not stored. `lots` is None where not all of the member's lots were loaded;
    `lots_changed` maps the number of each lot that was touched to the lot, or to None where nothing
    remains of it; `progress` holds the refund progress that this decision changed.
    """

    refusal: Refusal | None
    due: tuple[Effect, ...]
    effects: tuple[Effect, ...]
    awards: tuple[Award, ...]
    trace: tuple[Considered, ...]
    context: Context
    grants_used: tuple[str, ...] = ()
    state: "MemberState | None" = None
    lots: "LotBook | None" = None
    lots_changed: "dict[int, Lot | None]" = {}
    progress: dict[int, RefundProgress] = {}


class Grant(Struct, frozen=True, array_like=True, gc=False):
    """A claim or reservation taken for this event before it was decided.

    `kind`: stock, budget or voucher; `key` names the counter or pool; `reservation` identifies it;
    `code` is the voucher code (a secret: never in the trace).
    """

    kind: str
    key: str
    reservation: str
    amount: int = 1
    code: str = ""


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """A recorded decision: the part of a journal entry that is hashed and stored as its body."""

    program_version: int
    engine_version: int
    zone_version: str
    event: Event
    refusal: Refusal | None
    due: tuple[Effect, ...]
    effects: tuple[Effect, ...]
    awards: tuple[Award, ...] = ()
    trace: tuple[Considered, ...] = ()
    context: Context = Context()
    grants: tuple[Grant, ...] = ()
    seq: int = 0


class When(Struct, frozen=True, array_like=True, gc=False):
    """The event of an entry, of which only the instant is read."""

    type: Raw
    source: Raw
    event_id: Raw
    occurred_at: int


class Facts(Struct, frozen=True, array_like=True, gc=False):
    """What the fold needs of an Entry, field by field at the same place: half the work of decoding
    the whole, where all that was ever recorded is read."""

    program_version: int
    engine_version: int
    zone_version: Raw
    event: When
    refusal: Raw
    due: tuple[Effect, ...]
    effects: tuple[Effect, ...]
    awards: Raw = Raw()
    trace: Raw = Raw()
    context: Raw = Raw()
    grants: Raw = Raw()
    seq: int = 0
