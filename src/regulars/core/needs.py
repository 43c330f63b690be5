"""What the loader must fetch of a member before an event can be decided.

Pure, and cheap enough for every event: a purchase of a member for whom nothing is due needs the
state alone. Asked again before each event of a group, with the state that the event before it left.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

from regulars.core.events import (
    Activity,
    Adjustment,
    Attributes,
    Body,
    Capture,
    Due,
    Event,
    Exchange,
    MoveIn,
    Purchase,
    Refund,
)
from regulars.core.periods import add_span
from regulars.core.state import MemberState

if TYPE_CHECKING:
    from regulars.core.compiled import Program


class Needs(NamedTuple):
    """What to fetch.

    `lots`: all open lots. `dues`: those that time may change by the instant of the event, and when
    the first of the others may be due (`Member.rest_due_at`). `recall`: sequence numbers of
    entries. `progress`: the refund progress of these purchases. `history`: the nearest checkpoint
    with `latest_occurred_at` at or before the event which no later entry reached behind (the state
    at enrolment where there is none), and all entries after it.
    """

    lots: bool = False
    recall: tuple[int, ...] = ()
    progress: tuple[int, ...] = ()
    history: bool = False
    dues: bool = False


NOTHING: Final = Needs()
LOTS: Final = Needs(lots=True)
DUES: Final = Needs(dues=True)
HISTORY: Final = Needs(lots=True, history=True)


def needs(program: "Program", state: MemberState, event: Event) -> Needs:
    """What `decide` will look at for `event`, given the member's state before it."""
    body = event.body
    if isinstance(body, Purchase | Activity):
        if event.occurred_at < state.latest_occurred_at and is_late(program, state, event):
            return HISTORY
        if isinstance(body, Purchase) and body.redemptions and state.clawbacks:
            return LOTS
        return _of_time(state, event.occurred_at)
    if isinstance(body, Refund):
        return Needs(True, (body.purchase_seq,), (body.purchase_seq,))
    if isinstance(body, Exchange):
        if body.arrived is not None:
            return LOTS
        seq = body.refund.purchase_seq
        return Needs(True, (seq,), (seq,))
    if isinstance(body, Capture) and state.clawbacks:
        return LOTS
    if _without_lots(body):
        return _of_time(state, event.occurred_at)
    return LOTS


def is_due(state: MemberState, at: int) -> bool:
    """Whether time may have changed a lot or a hold by `at` or by the latest decided instant."""
    due = state.next_due_at
    return due > 0 and (due <= at or due <= state.latest_occurred_at)


def time_needs_all(state: MemberState, at: int) -> bool:
    """Whether what is due by `at` (or by the latest decided instant) changes lots that are not due
    themselves: the parts of a lapsed hold return to theirs, and a wallet that saw no activity ends
    with all that slide."""
    until = max(at, state.latest_occurred_at)
    return any(hold.expires_at <= until for hold in state.holds) or any(
        0 < wallet.expires_at <= until for wallet in state.wallets.values()
    )


def _of_time(state: MemberState, at: int) -> Needs:
    if not is_due(state, at):
        return NOTHING
    return LOTS if time_needs_all(state, at) else DUES


def is_late(program: "Program", state: MemberState, event: Event) -> bool:
    """Whether `event` is an earning one that comes late, and soon enough to revise what came
    after it. Beyond the program's window it is decided on the state of now."""
    if event.occurred_at >= state.latest_occurred_at or state.status != "active":
        return False
    if not isinstance(event.body, Purchase | Activity):
        return False
    until = add_span(program.zone, event.occurred_at, program.late_window)
    return state.latest_occurred_at <= until


def _without_lots(body: Body) -> bool:
    if isinstance(body, Adjustment):
        return body.points >= 0
    if isinstance(body, MoveIn):
        return not (body.debts or body.clawbacks)
    return isinstance(body, Attributes | Capture | Due)
