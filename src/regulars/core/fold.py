"""The fold: one function per effect that changes a member's state, lots and refund progress.

Owns the meaning of every effect. The engine applies each effect with it as it decides, the ledger
writes what the decision left in it, and rebuild and verify fold the journal with the same code; so
the state is the fold of the recorded entries and nothing else. It decides nothing and refuses
nothing; an effect that does not fit (a draw beyond what remains) is a programmer's mistake.

What an entry contributes besides its effects: `event.occurred_at` moves `latest_occurred_at` (a
refused event does too) and dates a tier move. Purchases are counted by the counter
`purchases/lifetime`, as an effect like any other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from operator import methodcaller
from typing import Any, NamedTuple, Self

from regulars.core.accounts import Account
from regulars.core.counters import count
from regulars.core.decision import Entry, Facts
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
from regulars.core.state import (
    ALL_LOTS,
    Lot,
    LotBook,
    MemberState,
    OpenClawback,
    OpenHold,
    Wallet,
)

CAPTURED_KEPT = 20
"""Captured redemptions that no purchase has named yet and that a member's state remembers."""

CLAWBACKS_KEPT = 20
"""Open clawbacks per currency in a member's state; with one more the two oldest become one."""

_PENDING = int(Account.PENDING)
_ACTIVE = int(Account.ACTIVE)
_HELD = int(Account.HELD)
_DEBT = int(Account.DEBT)
_ISSUED = int(Account.ISSUED)
_REDEEMED = int(Account.REDEEMED)
_EXPIRED = int(Account.EXPIRED)
_NEVER = 1 << 62

# Twice as fast as copy.copy, which looks for other ways to copy first.
_copy: Callable[[Any], Any] = methodcaller("__copy__")

_POSTINGS = (LotOpened, LotDrawn, LotRestored, LotActivated)
_MOVEMENTS = (*_POSTINGS, Moved)

PostedSums = dict[tuple[str, int, int], tuple[int, int]]


class Posting(NamedTuple):
    """One row of the journal's postings: `amount` > 0 units leave `debit` for `credit`; `lot` is 0
    where no lot is touched."""

    currency: str
    amount: int
    debit: int
    credit: int
    lot: int


class Working:
    """A working copy that effects are applied to; what it was made from is never changed.

    `lots` is always a book: where not all of the member's lots were loaded (`loaded` is False) it
    holds those that may be due (`dues_loaded`) or none, and those opened meanwhile. `rest_due_at`
    is when the first lot that was left out may be due, 0 for never. `soonest` is the earliest
    instant at which something done in this entry comes due, 0 for none. `upcoming`, where many
    entries are folded, is a heap of when lots come due; what is no longer true of it is left in.
    `lots_changed` maps each lot that was touched to its new form, or to None where nothing remains.
    `at` is the `occurred_at` of the entry being folded and `seq` its number.
    """

    __slots__ = (
        "_own", "at", "dues_loaded", "effects", "loaded", "lots", "lots_changed", "progress",
        "progress_changed", "rest_due_at", "seq", "soonest", "state", "upcoming",
    )  # fmt: skip

    def __init__(
        self,
        state: MemberState,
        lots: LotBook | None,
        progress: Mapping[int, RefundProgress],
        seq: int = 0,
        at: int = 0,
        rest_due_at: int = ALL_LOTS,
    ) -> None:
        copied: MemberState = _copy(state)
        copied.wallets = state.wallets.copy()
        copied.counters = state.counters.copy()
        self.state = copied
        self.dues_loaded = lots is not None
        self.loaded = lots is not None and rest_due_at == ALL_LOTS
        self.rest_due_at = rest_due_at if rest_due_at > 0 else 0
        self.soonest = 0
        self.upcoming: list[tuple[int, int]] | None = None
        self.lots: LotBook = {} if lots is None else lots.copy()
        self.progress = progress
        self.progress_changed: dict[int, RefundProgress] = {}
        self.lots_changed: dict[int, Lot | None] = {}
        self.seq = seq
        self.at = at
        self.effects: list[Effect] = []
        self._own: set[str] = set()

    def do(self, effect: Effect) -> None:
        """Apply an effect and keep it in `effects`: how the engine decides."""
        _APPLY[type(effect)](self, effect)
        self.effects.append(effect)

    def do_all(self, effects: Sequence[Effect]) -> None:
        """Apply effects and keep them, in order."""
        for effect in effects:
            _APPLY[type(effect)](self, effect)
        self.effects += effects

    def wallet(self, currency: str) -> Wallet:
        """The wallet of `currency`, ours to change; an empty one is opened where there is none."""
        wallets = self.state.wallets
        if currency in self._own:
            return wallets[currency]
        self._own.add(currency)
        found = wallets.get(currency)
        wallet: Wallet = Wallet() if found is None else _copy(found)
        wallets[currency] = wallet
        return wallet

    def lot(self, number: int) -> Lot:
        """The open lot `number`, ours to change."""
        changed = self.lots_changed.get(number)
        if changed is not None:
            return changed
        lot: Lot = _copy(self.lots[number])
        self.lots[number] = lot
        self.lots_changed[number] = lot
        return lot

    def refunded(self, purchase_seq: int) -> RefundProgress | None:
        """What has come back of a purchase so far; None where nothing has."""
        changed = self.progress_changed.get(purchase_seq)
        return self.progress.get(purchase_seq) if changed is None else changed

    def follow(self) -> Self:
        """Follow what comes due from now on, so that no entry looks at all lots for it."""
        self.upcoming = [each for each in map(_upcoming, self.lots.values()) if each[0]]
        heapify(self.upcoming)
        return self

    def book(self) -> LotBook | None:
        """All open lots, or None where not all of them were loaded."""
        return self.lots if self.loaded else None


def fold(
    state: MemberState,
    lots: LotBook | None,
    progress: Mapping[int, RefundProgress],
    entry: Entry,
) -> Working:
    """The member after `entry`: its due effects, then its effects, then what its instant means.

    To fold a long journal, make one `Working`, let it `follow` what comes due, and give each entry
    to `fold_into`.
    """
    work = Working(state, lots, progress)
    fold_into(work, entry)
    return work


def fold_into(work: Working, entry: Entry | Facts) -> None:
    """Fold `entry` into a working copy."""
    work.soonest = 0
    work.seq = entry.seq
    work.at = entry.event.occurred_at
    for effect in entry.due:
        apply(work, effect)
    for effect in entry.effects:
        apply(work, effect)
    finish(work)


def apply(work: Working, effect: Effect) -> None:
    """Apply one effect of the entry `work.seq` that occurred at `work.at`."""
    _APPLY[type(effect)](work, effect)


def finish(work: Working) -> None:
    """End an entry: `latest_occurred_at` moves, and `next_due_at` where its instant has passed.

    Opening a lot or a hold brings `next_due_at` forward at once; only here is it set back, by
    looking at the lots, which are loaded then since something might have been due. What this entry
    brought forward stands even if it is gone again, as it does where no lots were loaded.
    """
    state = work.state
    if work.at > state.latest_occurred_at:
        state.latest_occurred_at = work.at
    if 0 < state.next_due_at <= state.latest_occurred_at and work.dues_loaded:
        heap = work.upcoming
        lots_due = _first_due(work.lots) if heap is None else _first_upcoming(heap, work.lots)
        due = _next_due_at(state, lots_due, work.rest_due_at)
        soonest = work.soonest
        state.next_due_at = soonest if 0 < soonest < due or due == 0 else due


def next_due_at(state: MemberState, lots: LotBook) -> int:
    """The earliest instant at which time changes a lot or hold; 0 when nothing is to come. Sliding
    lots end with their wallet, whose instant counts while it lies ahead."""
    return _next_due_at(state, _first_due(lots), 0)


def _next_due_at(state: MemberState, lots_due: int, rest_due_at: int) -> int:
    earliest = lots_due or _NEVER
    if 0 < rest_due_at < earliest:
        earliest = rest_due_at
    for hold in state.holds:
        if hold.expires_at < earliest:
            earliest = hold.expires_at
    latest = state.latest_occurred_at
    for wallet in state.wallets.values():
        if latest < wallet.expires_at < earliest:
            earliest = wallet.expires_at
    return 0 if earliest == _NEVER else earliest


def _first_due(lots: LotBook) -> int:
    earliest = _NEVER
    for lot in lots.values():
        if lot.pending and 0 < lot.active_at < earliest:
            earliest = lot.active_at
        if 0 < lot.expires_at < earliest:
            earliest = lot.expires_at
    return 0 if earliest == _NEVER else earliest


def _upcoming(lot: Lot) -> tuple[int, int]:
    """When time first changes a lot by itself (0: never), and its number."""
    active_at, expires_at = lot.active_at, lot.expires_at
    if lot.pending and active_at > 0 and (active_at < expires_at or expires_at <= 0):
        return active_at, lot.lot
    return (expires_at if expires_at > 0 else 0), lot.lot


def _first_upcoming(heap: list[tuple[int, int]], lots: LotBook) -> int:
    """What `_first_due` says, without looking at all lots."""
    while heap:
        instant, number = heap[0]
        lot = lots.get(number)
        if lot is not None and _upcoming(lot)[0] == instant:
            return instant
        heappop(heap)
    return 0


def _note_upcoming(heap: list[tuple[int, int]], lot: Lot) -> None:
    upcoming = _upcoming(lot)
    if upcoming[0]:
        heappush(heap, upcoming)


def postings(effects: Iterable[Effect]) -> list[Posting]:
    """The postings among `effects`, in order."""
    rows: list[Posting] = []
    for effect in effects:
        if isinstance(effect, _POSTINGS):
            rows.append(
                Posting(effect.currency, effect.amount, effect.debit, effect.credit, effect.lot)
            )
        elif isinstance(effect, Moved):
            rows.append(Posting(effect.currency, effect.amount, effect.debit, effect.credit, 0))
    return rows


def add_postings(sums: PostedSums, effects: Iterable[Effect]) -> None:
    """Add the postings among `effects` to sums and counts per currency, debit and credit."""
    for effect in effects:
        if isinstance(effect, _MOVEMENTS):
            key = (effect.currency, effect.debit, effect.credit)
            amount, count = sums.get(key, (0, 0))
            sums[key] = (amount + effect.amount, count + 1)


def post(work: Working, currency: str, amount: int, debit: int, credit: int) -> Wallet:
    """Move `amount` units between two accounts in the balances of a wallet; the wallet."""
    wallet = work.wallet(currency)
    if debit == _ISSUED:
        wallet.earned += amount
    elif debit == _ACTIVE:
        wallet.active -= amount
    elif debit == _PENDING:
        wallet.pending -= amount
    elif debit == _HELD:
        wallet.held -= amount
    elif debit == _DEBT:
        wallet.debt -= amount
    if credit == _ACTIVE:
        wallet.active += amount
    elif credit == _PENDING:
        wallet.pending += amount
    elif credit == _HELD:
        wallet.held += amount
    elif credit == _DEBT:
        wallet.debt += amount
    elif credit == _REDEEMED:
        wallet.redeemed += amount
    elif credit == _EXPIRED:
        wallet.expired += amount
    return wallet


def _due_no_later(work: Working, instant: int) -> None:
    if instant > 0:
        due = work.state.next_due_at
        if due == 0 or instant < due:
            work.state.next_due_at = instant
        if work.soonest == 0 or instant < work.soonest:
            work.soonest = instant


def _lot_opened(work: Working, effect: LotOpened) -> None:
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
        _note_upcoming(work.upcoming, lot)
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


def _lot_drawn(work: Working, effect: LotDrawn) -> None:
    post(work, effect.currency, effect.amount, effect.debit, effect.credit)
    lot = work.lot(effect.lot)
    lot.remaining -= effect.amount
    assert lot.remaining >= 0, f"lot {effect.lot} drawn below zero"
    if lot.remaining == 0:
        del work.lots[effect.lot]
        work.lots_changed[effect.lot] = None


def _lot_restored(work: Working, effect: LotRestored) -> None:
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
        _note_upcoming(work.upcoming, lot)
    expires = effect.expires_at
    _due_no_later(work, wallet.expires_at if expires == SLIDING else expires)


def _lot_activated(work: Working, effect: LotActivated) -> None:
    post(work, effect.currency, effect.amount, effect.debit, effect.credit)
    lot = work.lot(effect.lot)
    lot.pending = False
    lot.active_at = effect.active_at
    if work.upcoming is not None:
        _note_upcoming(work.upcoming, lot)


def _moved(work: Working, effect: Moved) -> None:
    post(work, effect.currency, effect.amount, effect.debit, effect.credit)


def _counted(work: Working, effect: Counted) -> None:
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


def _tier_moved(work: Working, effect: TierMoved) -> None:
    work.state.tier = effect.after
    work.state.tier_since = work.at


def _hold_opened(work: Working, effect: HoldOpened) -> None:
    hold = OpenHold(
        effect.hold, effect.reward, effect.currency, effect.points, effect.discount_minor,
        effect.expires_at, effect.parts, effect.grants, effect.quantity, effect.line_discounts,
        effect.counted, effect.code,
    )  # fmt: skip
    work.state.holds = (*work.state.holds, hold)
    _due_no_later(work, effect.expires_at)


def _hold_closed(work: Working, effect: HoldClosed) -> None:
    state = work.state
    if effect.how == "captured":
        ended = tuple(hold for hold in state.holds if hold.hold == effect.hold)
        state.captured = (state.captured + ended)[-CAPTURED_KEPT:]
    state.holds = tuple(hold for hold in state.holds if hold.hold != effect.hold)


def _redemption_linked(work: Working, effect: RedemptionLinked) -> None:
    kept = tuple(hold for hold in work.state.captured if hold.hold != effect.hold)
    work.state.captured = kept


def _refund_progress(work: Working, effect: RefundProgress) -> None:
    if effect.purchase_seq:
        work.progress_changed[effect.purchase_seq] = effect


def _status_set(work: Working, effect: StatusSet) -> None:
    work.state.status = effect.status
    work.state.merged_into = effect.into


def _attributes_set(work: Working, effect: AttributesSet) -> None:
    work.state.attributes = effect.values
    work.state.segments = effect.segments


def _touched(work: Working, effect: Touched) -> None:
    wallet = work.wallet(effect.currency)
    if effect.at >= wallet.touched_at:
        wallet.touched_at = effect.at
        wallet.expires_at = effect.expires_at
        _due_no_later(work, effect.expires_at)


def _revised(work: Working, effect: Revised) -> None:
    """Its postings stand in effects of their own."""


def _grants_returned(work: Working, effect: GrantsReturned) -> None:
    """Stock is counted outside of members; whoever writes the entry puts it back."""


def _clawback_left(work: Working, effect: ClawbackLeft) -> None:
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


_APPLY: dict[type, Callable[[Working, Any], None]] = {
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
