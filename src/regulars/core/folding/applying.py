"""Applying: one function per effect that changes a member's state, lots and refund progress.

Owns the meaning of every effect, and the bounds on what a state remembers. It is given a member's
copy and changes nothing else; `APPLY` names each effect's function.
"""

from collections.abc import Callable
from typing import Any, Final

from regulars.core.accounts import Account
from regulars.core.counters import count
from regulars.core.effects import (
    SLIDING,
    AttributesSet,
    ClawbackLeft,
    Counted,
    Effect,
    GrantsReturned,
    HoldClosed,
    HoldOpened,
    LotActivated,
    LotDrawn,
    LotOpened,
    LotRestored,
    Moved,
    RedemptionLinked,
    RefundProgress,
    Revised,
    StatusSet,
    TierMoved,
    Touched,
)
from regulars.core.folding.due import note_upcoming
from regulars.core.folding.member_copy import MemberCopy
from regulars.core.folding.postings import post
from regulars.core.state import Lot, OpenClawback, OpenHold

CAPTURED_KEPT: Final = 20
"""Captured redemptions that no purchase has named yet and that a member's state remembers."""

CLAWBACKS_KEPT: Final = 20
"""Open clawbacks per currency in a member's state; with one more the two oldest become one."""

_PENDING: Final = int(Account.PENDING)
_ISSUED: Final = int(Account.ISSUED)


def apply(work: MemberCopy, effect: Effect) -> None:
    """Apply one effect of the entry `work.seq` that occurred at `work.at`."""
    APPLY[type(effect)](work, effect)


def _due_no_later(work: MemberCopy, instant: int) -> None:
    if instant > 0:
        due = work.state.next_due_at
        if due == 0 or instant < due:
            work.state.next_due_at = instant
        if work.soonest == 0 or instant < work.soonest:
            work.soonest = instant


def _lot_opened(work: MemberCopy, effect: LotOpened) -> None:
    number = effect.lot
    currency = effect.currency
    amount = effect.amount
    credit = effect.credit
    active_at = effect.active_at
    expires = effect.expires_at
    pending = credit == _PENDING
    if effect.debit == _ISSUED:
        # Points that were earned, by far the most lots: without the way over all accounts.
        wallet = work.wallet(currency)
        wallet.earned += amount
        if pending:
            wallet.pending += amount
        else:
            wallet.active += amount
    else:
        wallet = post(work, currency, amount, effect.debit, credit)
    state = work.state
    work.lots[number] = work.lots_changed[number] = lot = Lot(
        number,
        currency,
        amount,
        effect.earned_at or work.at,
        active_at,
        expires,
        effect.rule,
        pending,
        effect.for_seq,
        work.seq,
    )
    if work.upcoming is not None:
        note_upcoming(work.upcoming, lot)
    if number >= state.next_lot:
        state.next_lot = number + 1
    if expires == SLIDING:
        expires = wallet.expires_at
    if pending and active_at > 0 and (active_at < expires or expires <= 0):
        expires = active_at
    if expires > 0:
        due = state.next_due_at
        if due == 0 or expires < due:
            state.next_due_at = expires
        if work.soonest == 0 or expires < work.soonest:
            work.soonest = expires


def _lot_drawn(work: MemberCopy, effect: LotDrawn) -> None:
    post(work, effect.currency, effect.amount, effect.debit, effect.credit)
    lot = work.lot(effect.lot)
    lot.remaining -= effect.amount
    assert lot.remaining >= 0, f"lot {effect.lot} drawn below zero"
    if lot.remaining == 0:
        del work.lots[effect.lot]
        work.lots_changed[effect.lot] = None


def _lot_restored(work: MemberCopy, effect: LotRestored) -> None:
    wallet = post(work, effect.currency, effect.amount, effect.debit, effect.credit)
    if effect.lot in work.lots:
        work.lot(effect.lot).remaining += effect.amount
        return
    # The lot had been drawn to zero. It keeps its number and the entry that its units stem from.
    lot = Lot(
        effect.lot, effect.currency, effect.amount, effect.earned_at, effect.active_at,
        effect.expires_at, effect.rule, effect.credit == _PENDING, 0, effect.for_seq or work.seq,
    )  # fmt: skip
    work.lots[effect.lot] = lot
    work.lots_changed[effect.lot] = lot
    if work.upcoming is not None:
        note_upcoming(work.upcoming, lot)
    expires = effect.expires_at
    _due_no_later(work, wallet.expires_at if expires == SLIDING else expires)


def _lot_activated(work: MemberCopy, effect: LotActivated) -> None:
    post(work, effect.currency, effect.amount, effect.debit, effect.credit)
    lot = work.lot(effect.lot)
    lot.pending = False
    lot.active_at = effect.active_at
    if work.upcoming is not None:
        note_upcoming(work.upcoming, lot)


def _moved(work: MemberCopy, effect: Moved) -> None:
    post(work, effect.currency, effect.amount, effect.debit, effect.credit)


def _counted(work: MemberCopy, effect: Counted) -> None:
    counters = work.state.counters
    name = effect.counter
    amount = effect.amount
    before = counters.get(name, ())
    if not before and amount > 0:
        counters[name] = (effect.bucket, amount)
        return
    pairs = count(before, name, effect.bucket, amount)
    if pairs:
        counters[name] = pairs
    else:
        counters.pop(name, None)


def _tier_moved(work: MemberCopy, effect: TierMoved) -> None:
    work.state.tier = effect.after
    work.state.tier_since = work.at


def _hold_opened(work: MemberCopy, effect: HoldOpened) -> None:
    hold = OpenHold(
        effect.hold, effect.reward, effect.currency, effect.points, effect.discount_minor,
        effect.expires_at, effect.parts, effect.grants, effect.quantity, effect.line_discounts,
        effect.counted, effect.code,
    )  # fmt: skip
    work.state.holds = (*work.state.holds, hold)
    _due_no_later(work, effect.expires_at)


def _hold_closed(work: MemberCopy, effect: HoldClosed) -> None:
    state = work.state
    if effect.how == "captured":
        ended = tuple(hold for hold in state.holds if hold.hold == effect.hold)
        state.captured = (state.captured + ended)[-CAPTURED_KEPT:]
    state.holds = tuple(hold for hold in state.holds if hold.hold != effect.hold)


def _redemption_linked(work: MemberCopy, effect: RedemptionLinked) -> None:
    kept = tuple(hold for hold in work.state.captured if hold.hold != effect.hold)
    work.state.captured = kept


def _refund_progress(work: MemberCopy, effect: RefundProgress) -> None:
    if effect.purchase_seq:
        work.progress_changed[effect.purchase_seq] = effect


def _status_set(work: MemberCopy, effect: StatusSet) -> None:
    work.state.status = effect.status
    work.state.merged_into = effect.into


def _attributes_set(work: MemberCopy, effect: AttributesSet) -> None:
    work.state.attributes = effect.values
    work.state.segments = effect.segments


def _touched(work: MemberCopy, effect: Touched) -> None:
    wallet = work.wallet(effect.currency)
    if effect.at >= wallet.touched_at:
        wallet.touched_at = effect.at
        wallet.expires_at = effect.expires_at
        _due_no_later(work, effect.expires_at)


def _revised(work: MemberCopy, effect: Revised) -> None:
    """Its postings stand in effects of their own."""


def _grants_returned(work: MemberCopy, effect: GrantsReturned) -> None:
    """Stock is counted outside of members; whoever writes the entry puts it back."""


def _clawback_left(work: MemberCopy, effect: ClawbackLeft) -> None:
    found = {(each.currency, each.seq): each.amount for each in work.state.clawbacks}
    key = (effect.currency, effect.seq)
    found[key] = found.get(key, 0) + effect.amount
    assert found[key] >= 0, f"more taken back than entry {effect.seq} left"
    own = [each for each in found if each[0] == effect.currency]
    if len(own) > CLAWBACKS_KEPT:
        found[own[1]] += found.pop(own[0])
    work.state.clawbacks = tuple(
        OpenClawback(currency, seq, amount) for (currency, seq), amount in found.items() if amount
    )


APPLY: Final[dict[type, Callable[[MemberCopy, Any], None]]] = {
    LotOpened: _lot_opened,
    LotDrawn: _lot_drawn,
    LotRestored: _lot_restored,
    LotActivated: _lot_activated,
    Moved: _moved,
    Counted: _counted,
    TierMoved: _tier_moved,
    HoldOpened: _hold_opened,
    HoldClosed: _hold_closed,
    RedemptionLinked: _redemption_linked,
    RefundProgress: _refund_progress,
    StatusSet: _status_set,
    AttributesSet: _attributes_set,
    Touched: _touched,
    Revised: _revised,
    GrantsReturned: _grants_returned,
    ClawbackLeft: _clawback_left,
}
