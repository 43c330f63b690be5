"""Lots: in which order they are spent, how they are drawn and restored, what time does to them.

Owns every movement of points between a member's lots and accounts except the earning itself. The
functions that change something do so through `Working.do`, so each movement is a recorded effect.
Instants are half-open: a lot can be spent from `active_at` on and no longer at `expires_at`.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from regulars.core.accounts import Account
from regulars.core.effects import (
    SLIDING,
    ClawbackLeft,
    Counted,
    HeldPart,
    HoldClosed,
    LotActivated,
    LotDrawn,
    LotOpened,
    LotRestored,
    Moved,
)
from regulars.core.folding.working import Working
from regulars.core.state import Lot, LotBook, MemberState, OpenHold, Wallet

PENDING: Final = int(Account.PENDING)
ACTIVE: Final = int(Account.ACTIVE)
HELD: Final = int(Account.HELD)
DEBT: Final = int(Account.DEBT)
ISSUED: Final = int(Account.ISSUED)
REDEEMED: Final = int(Account.REDEEMED)
EXPIRED: Final = int(Account.EXPIRED)
REVERSED: Final = int(Account.REVERSED)

_NEVER: Final = 1 << 62


class Available(NamedTuple):
    """A wallet as it is at an instant, whatever has been posted by then; in units.

    `spendable` >= 0. `pending` and `expiring` are ascending `(instant, units)`; the instant of
    pending units is WAITING (-1) where only a confirmation makes them active. `debt` <= 0.
    """

    currency: str
    spendable: int
    pending: tuple[tuple[int, int], ...]
    expiring: tuple[tuple[int, int], ...]
    held: int
    debt: int


def expiry(lot: Lot | HeldPart, wallet: Wallet) -> int:
    """The instant at which a lot expires, 0 for never. A sliding one follows its wallet."""
    return wallet.expires_at if lot.expires_at == SLIDING else lot.expires_at


def spendable(lots: LotBook, currency: str, wallet: Wallet, at: int) -> list[Lot]:
    """The lots that can be drawn at an instant, once time has been posted up to it, in the order in
    which they are: soonest-expiring first, then the earlier earned, then by number;
    never-expiring last."""
    found = [
        (expiry(lot, wallet) or _NEVER, lot.earned_at, lot.lot)
        for lot in lots.values()
        if lot.currency == currency and not lot.pending
    ]
    found.sort()
    return [lots[number] for expires, _earned, number in found if expires > at]


def spendable_net(work: Working, currency: str, at: int) -> tuple[list[Lot], int]:
    """The lots that can be drawn at `at`, and how many of their units are not owed."""
    wallet = work.wallet(currency)
    lots = spendable(work.lots, currency, wallet, at)
    return lots, max(sum(lot.remaining for lot in lots) + wallet.debt, 0)


def available(state: MemberState, lots: LotBook, at: int) -> dict[str, Available]:
    """Each wallet as it is at `at`: expired lots and lapsed holds never count, pending lots whose
    time has come do and pay debts first, whether or not anything was posted."""
    if 0 < state.next_due_at <= at:
        work = Working(state, lots, {})
        post_due(work, at)
        state, lots = work.state, work.lots
    return {
        currency: _available(state, lots, currency, wallet)
        for currency, wallet in state.wallets.items()
    }


def draw(work: Working, chosen: Iterable[Lot], amount: int, credit: int) -> list[HeldPart]:
    """Draw up to `amount` units out of the lots in the order given, into the account `credit`.
    Returns the parts that were drawn; their sum says whether it was enough."""
    parts: list[HeldPart] = []
    for lot in chosen:
        if amount == 0:
            break
        part = min(lot.remaining, amount)
        amount -= part
        parts.append(
            HeldPart(
                lot.lot,
                part,
                lot.earned_at,
                lot.active_at,
                lot.expires_at,
                lot.rule,
                lot.for_seq or lot.seq,
            )
        )
        debit = PENDING if lot.pending else ACTIVE
        work.do(LotDrawn(lot.lot, lot.currency, part, debit, credit))
    return parts


def restore(
    work: Working, currency: str, parts: Iterable[HeldPart], debit: int, hold: int
) -> list[LotRestored]:
    """Give parts that `hold` drew back to their lots, with their old expiry. What refunds since
    then did not find is reversed at once; then they pay debt."""
    restored: list[LotRestored] = []
    for part in parts:
        effect = LotRestored(
            part.lot, currency, part.amount, debit, ACTIVE, part.earned_at, part.active_at,
            part.expires_at, part.rule, part.for_seq,
        )  # fmt: skip
        work.do(effect)
        restored.append(effect)
        take_left(work, currency, part.lot, part.amount, hold)
        pay_debt(work, currency, part.lot)
    return restored


def give_back(
    work: Working,
    currency: str,
    parts: Sequence[HeldPart],
    debit: int,
    hold: int,
    at: int,
    until: int,
) -> None:
    """Give units that `hold` spent back: to their lots where these still live at `at`, else into a
    lot that expires at `until`, or to EXPIRED at once where that is 0."""
    wallet = work.wallet(currency)
    for part in parts:
        expires = expiry(part, wallet)
        if expires == 0 or expires > at:
            restore(work, currency, (part,), debit, hold)
        elif until > 0:
            lot = work.state.next_lot
            work.do(
                LotOpened(
                    lot,
                    currency,
                    part.amount,
                    debit,
                    ACTIVE,
                    part.earned_at,
                    0,
                    until,
                    part.rule,
                    part.for_seq,
                )
            )
            take_left(work, currency, lot, part.amount, hold)
            pay_debt(work, currency, lot)
        else:
            work.do(Moved(currency, part.amount, debit, EXPIRED))


def take_left(work: Working, currency: str, number: int, amount: int, drawn: int) -> None:
    """Reverse, of `amount` units that have just come into a lot, what refunds did not find since
    entry `drawn`, which had drawn them. So a hold hides nothing from a refund."""
    for each in work.state.clawbacks:
        if each.currency == currency and each.seq > drawn and amount > 0:
            taken = min(each.amount, amount)
            amount -= taken
            debit = PENDING if work.lots[number].pending else ACTIVE
            work.do(LotDrawn(number, currency, taken, debit, REVERSED))
            work.do(ClawbackLeft(currency, each.seq, -taken))


def owed_by(state: MemberState, hold: OpenHold) -> int:
    """The units of an open hold that are not the member's any more: what refunds since then did
    not find, less what the other open holds would pay of it, the newest first."""
    left = {each.seq: each.amount for each in state.clawbacks if each.currency == hold.currency}
    owed = 0
    others = [each for each in state.holds if each.currency == hold.currency and each != hold]
    for each in (*reversed(others), hold):
        owed = 0
        for seq in left:
            if seq > each.hold:
                taken = min(left[seq], each.points - owed)
                left[seq] -= taken
                owed += taken
    return owed


def pay_left(work: Working, hold: OpenHold, amount: int, at: int) -> None:
    """Reverse up to `amount` units of what refunds since `hold` did not find, out of what can be
    spent at `at`, so that its own units may be."""
    currency = hold.currency
    for each in work.state.clawbacks:
        if each.currency == currency and each.seq > hold.hold and amount > 0:
            lots = spendable(work.lots, currency, work.wallet(currency), at)
            parts = draw(work, lots, min(each.amount, amount), REVERSED)
            taken = sum(part.amount for part in parts)
            amount -= taken
            if taken:
                work.do(ClawbackLeft(currency, each.seq, -taken))


def pay_debt(work: Working, currency: str, number: int) -> None:
    """Let an active lot pay what the wallet owes, if anything is left of the lot."""
    wallet = work.state.wallets[currency]
    lot = work.lots.get(number) if wallet.debt < 0 else None
    if lot is not None:
        amount = min(-wallet.debt, lot.remaining)
        work.do(LotDrawn(number, currency, amount, ACTIVE, DEBT))


def claw_back(
    work: Working,
    currency: str,
    numbers: Iterable[int],
    amount: int,
    policy: str,
    at: int,
    credit: int = REVERSED,
) -> int:
    """Take back `amount` units that the lots `numbers` were opened with, into the account `credit`;
    returns how many were taken.

    First out of what is left of those lots, pending or active; then by the currency's policy:
    `clamp` out of other active lots, and the rest of what is held or spent now as soon as it
    returns; `negative` out of other active lots and the rest as debt;
    `pending_only` nothing but what is pending of the lots themselves.
    """
    own = [
        lot
        for lot in map(work.lots.get, numbers)
        if lot is not None and (lot.pending or policy != "pending_only")
    ]
    taken = sum(part.amount for part in draw(work, own, amount, credit))
    if policy == "pending_only" or taken == amount:
        return taken
    others = spendable(work.lots, currency, work.wallet(currency), at)
    taken += sum(part.amount for part in draw(work, others, amount - taken, credit))
    if policy == "negative" and taken < amount:
        work.do(Moved(currency, amount - taken, DEBT, credit))
        taken = amount
    elif taken < amount:
        work.do(ClawbackLeft(currency, work.seq, amount - taken))
    return taken


def post_due(work: Working, at: int) -> None:
    """Post what time has done by `at`: lots activated, lapsed holds voided, lots expired, wallets
    that saw no activity. In that order, each by its instant and number, so that units of a lapsed
    hold expire with their lot."""
    activated = [
        (lot.active_at, lot.lot)
        for lot in work.lots.values()
        if lot.pending and 0 < lot.active_at <= at
    ]
    for active_at, number in sorted(activated):
        activate(work, number, active_at)
    holds = [hold for hold in work.state.holds if hold.expires_at <= at]
    for hold in sorted(holds, key=lambda each: (each.expires_at, each.hold)):
        void(work, hold, "lapsed")
    fixed: list[tuple[int, int]] = []
    slid: list[tuple[int, int]] = []
    wallets = work.state.wallets
    for lot in work.lots.values():
        expires = lot.expires_at
        if 0 < expires <= at:
            fixed.append((expires, lot.lot))
        elif expires == SLIDING and 0 < wallets[lot.currency].expires_at <= at:
            slid.append((wallets[lot.currency].expires_at, lot.lot))
    for _expires, number in (*sorted(fixed), *sorted(slid)):
        expire(work, number)


def activate(work: Working, number: int, active_at: int) -> None:
    """Make a pending lot spendable; it pays debt first."""
    lot = work.lots[number]
    work.do(LotActivated(number, lot.currency, lot.remaining, PENDING, ACTIVE, active_at))
    pay_debt(work, lot.currency, number)


def expire(work: Working, number: int) -> None:
    """Let all that remains of a lot expire."""
    lot = work.lots[number]
    debit = PENDING if lot.pending else ACTIVE
    work.do(LotDrawn(number, lot.currency, lot.remaining, debit, EXPIRED))


def void(work: Working, hold: OpenHold, how: str) -> None:
    """End a hold without using it, `voided` or `lapsed`: its parts go back to their lots, and it
    no longer counts as a use."""
    work.do(
        HoldClosed(hold.hold, how, hold.reward, hold.currency, hold.points, hold.discount_minor)
    )
    restore(work, hold.currency, hold.parts, HELD, hold.hold)
    for counter, bucket in hold.counted:
        work.do(Counted(counter, bucket, -hold.quantity))


def _available(state: MemberState, lots: LotBook, currency: str, wallet: Wallet) -> Available:
    pending: dict[int, int] = {}
    expiring: dict[int, int] = {}
    for lot in lots.values():
        if lot.currency != currency:
            continue
        expires = expiry(lot, wallet)
        if lot.pending:
            pending[lot.active_at] = pending.get(lot.active_at, 0) + lot.remaining
        elif expires:
            expiring[expires] = expiring.get(expires, 0) + lot.remaining
    return Available(
        currency,
        max(wallet.active + wallet.debt, 0),
        tuple(sorted(pending.items())),
        tuple(sorted(expiring.items())),
        wallet.held,
        wallet.debt,
    )
