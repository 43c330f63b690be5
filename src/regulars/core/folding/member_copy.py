"""A member's copy: the state, lots and refund progress that the effects of an entry change.

Owns what is copied and when: the state at once, a wallet or lot when it is first changed, so that
an entry costs what it touches. It knows which lots it holds and which were left out, and remembers
what changed, for whoever writes it down. What an effect does to it stands in `applying.py`.
"""

from collections.abc import Callable, Mapping
from operator import methodcaller
from typing import Any, Self

from regulars.core.effects import Effect, RefundProgress
from regulars.core.folding.due import UpcomingLots, heap_of
from regulars.core.state import ALL_LOTS, Lot, LotBook, MemberState, Wallet

# Twice as fast as copy.copy, which looks for other ways to copy first.
_copy: Callable[[Any], Any] = methodcaller("__copy__")


class MemberCopy:
    """What effects are applied to; what it was made from is never changed.

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
        self.upcoming: UpcomingLots | None = None
        self.lots: LotBook = {} if lots is None else lots.copy()
        self.progress = progress
        self.progress_changed: dict[int, RefundProgress] = {}
        self.lots_changed: dict[int, Lot | None] = {}
        self.seq = seq
        self.at = at
        self.effects: list[Effect] = []
        self._own: set[str] = set()

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
        self.upcoming = heap_of(self.lots)
        return self

    def book(self) -> LotBook | None:
        """All open lots, or None where not all of them were loaded."""
        return self.lots if self.loaded else None
