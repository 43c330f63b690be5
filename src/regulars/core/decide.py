"""The engine: what one event does to one member, and why.

`decide` is a pure function. It posts what time has made due, hands the event to the decider of its
kind, and answers with the effects and the member after them. A business refusal is an answer that
keeps the due effects and changes nothing else. docs/architecture.md, "The engine".
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from regulars.core.accounts import Account
from regulars.core.compiled import Program
from regulars.core.crediting import open_lot
from regulars.core.decision import Decision, Grant, Refusal
from regulars.core.effects import AttributesSet, Effect, LotDrawn, Moved, RefundProgress, StatusSet
from regulars.core.errors import (
    AmountTooLarge,
    InsufficientPoints,
    MemberClosed,
    NothingToConfirm,
    NotLoaded,
    Refused,
)
from regulars.core.events import (
    Activity,
    Adjustment,
    Attributes,
    Body,
    Capture,
    Close,
    Confirm,
    Due,
    Event,
    Exchange,
    Hold,
    MoveIn,
    MoveOut,
    Purchase,
    Refund,
    Void,
)
from regulars.core.expiry import lot_terms
from regulars.core.folding.fold import finish
from regulars.core.folding.working import Working
from regulars.core.lots import activate, draw, post_due, spendable_net, void
from regulars.core.magnitude import refuse_too_large
from regulars.core.moves import move_in, move_out
from regulars.core.needs import time_needs_all
from regulars.core.purchases import earn_activity, earn_purchase
from regulars.core.redemption.holds import capture_hold, open_hold, void_hold
from regulars.core.refunds import refund
from regulars.core.state import Lot, Member
from regulars.core.tiers import tier_of
from regulars.core.turn import Turn

NO_VERSIONS: Final[Mapping[int, Program]] = {}

_ADJUSTED: Final = int(Account.ADJUSTED)
_FORFEITED: Final = int(Account.FORFEITED)
_ACTIVE: Final = int(Account.ACTIVE)
_PENDING: Final = int(Account.PENDING)
_DEBT: Final = int(Account.DEBT)


def decide(
    program: Program,
    member: Member,
    event: Event,
    grants: Sequence[Grant] = (),
    versions: Mapping[int, Program] = NO_VERSIONS,
) -> Decision:
    """What `event` does to `member` under `program`, the version in force at `event.occurred_at`.

    `grants` are the claims and reservations taken for this event; `versions` the other versions of
    the program, for a refund or a late event that touches entries decided under them. Nothing that
    is passed in is changed. NotLoaded if the member lacks something that `needs` asked for.
    """
    state = member.state
    turn = Turn(program, member, event, grants, versions)
    work = turn.work
    due: tuple[Effect, ...] = ()
    if 0 < state.next_due_at <= turn.at:
        if not work.loaded and (not work.dues_loaded or time_needs_all(state, turn.at)):
            raise NotLoaded("lots")
        post_due(work, turn.at)
        due = tuple(work.effects)
        work.effects = []
    refusal = None
    try:
        body = event.body
        if state.status != "active" and not _is_taken_after_the_end(state.status, body):
            raise MemberClosed(state.status, state.merged_into)
        _DECIDERS[type(body)](turn, body)
        refuse_too_large(body, turn.work.effects, turn.trace, turn.work.state)
    except Refused as refused:
        if isinstance(refused, AmountTooLarge):
            turn.trace = ()  # its numbers could not be stored either
        refusal = refused.refusal()
        turn.begin_again(due)
    work = turn.work
    finish(work)
    if refusal is not None:
        return _answer(turn, work, refusal, due, ())
    return _answer(turn, work, None, due, tuple(work.effects))


def _is_taken_after_the_end(status: str, body: Body) -> bool:
    """What a member who is no longer active still takes: time, and once merged the goods that come
    back, for the member of today."""
    if isinstance(body, Due):
        return True
    return isinstance(body, Refund) and body.into != 0 and status == "merged"


def _answer(
    turn: Turn,
    work: Working,
    refusal: Refusal | None,
    due: tuple[Effect, ...],
    effects: tuple[Effect, ...],
) -> Decision:
    accepted = refusal is None
    return Decision(
        refusal,
        due,
        effects,
        turn.awards if accepted else (),
        turn.trace,
        turn.context,
        turn.used if accepted else (),
        work.state,
        work.book(),
        work.lots_changed,
        work.progress_changed,
    )


def _loaded(decider: Callable[[Turn, Any], None]) -> Callable[[Turn, Any], None]:
    """A decider that looks at lots."""

    def checked(turn: Turn, body: Any) -> None:
        if not turn.work.loaded:
            raise NotLoaded("lots")
        decider(turn, body)

    return checked


def _adjust(turn: Turn, body: Adjustment) -> None:
    """Open a lot, or draw lots; zero does nothing. Refused: as `_take`, unknown_currency first."""
    currency = turn.currency(body.currency).id
    if body.points < 0:
        _take(turn, currency, -body.points)
    elif body.points > 0:
        tier = tier_of(turn.program, turn.work.state)
        _, expires_at = lot_terms(turn.program, currency, tier, turn.event.occurred_at)
        expires_at = body.expires_at or expires_at
        open_lot(turn, currency, body.points, _ADJUSTED, 0, expires_at, "adjustment")


def _take(turn: Turn, currency: str, units: int) -> None:
    work = turn.work
    if not work.loaded:
        raise NotLoaded("lots")
    lots, available = spendable_net(work, currency, turn.at)
    if available < units:
        raise InsufficientPoints(currency, units, available)
    draw(work, lots, units, _ADJUSTED)


def _confirm(turn: Turn, body: Confirm) -> None:
    """Pending lots of the purchase whose currency waits for this kind of event become active."""
    work = turn.work
    waiting = [
        lot.lot
        for lot in sorted(work.lots.values(), key=lambda each: each.lot)
        if lot.pending
        and _is_of_purchase(lot, body)
        and _confirmed_by(turn, lot.currency, lot.active_at)
    ]
    if not waiting:
        raise NothingToConfirm(body.purchase_seq)
    for number in waiting:
        activate(work, number, turn.event.occurred_at)


def _is_of_purchase(lot: Lot, body: Confirm) -> bool:
    if body.earned_at:
        return lot.earned_at == body.earned_at
    return (lot.for_seq or lot.seq) == body.purchase_seq


def _confirmed_by(turn: Turn, currency: str, active_at: int) -> bool:
    found = turn.program.currencies.get(currency)
    return active_at < 0 or (found is not None and found.confirmed_by == turn.event.type)


def _nothing(turn: Turn, body: Due) -> None:
    """Time has been posted already."""


def _set_attributes(turn: Turn, body: Attributes) -> None:
    state = turn.work.state
    values = dict(state.attributes)
    for name, value in body.values.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    segments = state.segments if body.segments is None else body.segments
    turn.work.do(AttributesSet(values, segments))


def _close(turn: Turn, body: Close) -> None:
    work = turn.work
    for hold in work.state.holds:
        void(work, hold, "voided")
    for number in sorted(work.lots):
        lot = work.lots[number]
        debit = _PENDING if lot.pending else _ACTIVE
        work.do(LotDrawn(number, lot.currency, lot.remaining, debit, _FORFEITED))
    for currency, wallet in list(work.state.wallets.items()):
        if wallet.debt < 0:
            work.do(Moved(currency, -wallet.debt, _FORFEITED, _DEBT))
    work.do(StatusSet("closed"))


def _exchange(turn: Turn, body: Exchange) -> None:
    if body.arrived is None:
        refund(turn, body.refund)
    else:
        move_in(turn, body.arrived)
        turn.work.do(RefundProgress(0, ()))
    earn_purchase(turn, body.purchase)


_DECIDERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    Purchase: earn_purchase,
    Activity: earn_activity,
    Refund: _loaded(refund),
    Exchange: _loaded(_exchange),
    Hold: _loaded(open_hold),
    Capture: capture_hold,
    Void: _loaded(void_hold),
    Adjustment: _adjust,
    Confirm: _loaded(_confirm),
    Due: _nothing,
    MoveOut: _loaded(move_out),
    MoveIn: move_in,
    Close: _loaded(_close),
    Attributes: _set_attributes,
}
