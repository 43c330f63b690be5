"""Postings: units that move between two accounts, as rows, as sums and in a wallet's balances.

Which effects move units is known here. Every movement is one row with an amount above zero, so the
journal is zero-sum by construction.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from regulars.core.accounts import Account
from regulars.core.effects import Effect, LotActivated, LotDrawn, LotOpened, LotRestored, Moved
from regulars.core.folding.member_copy import MemberCopy
from regulars.core.state import Wallet

_PENDING: Final = int(Account.PENDING)
_ACTIVE: Final = int(Account.ACTIVE)
_HELD: Final = int(Account.HELD)
_DEBT: Final = int(Account.DEBT)
_ISSUED: Final = int(Account.ISSUED)
_REDEEMED: Final = int(Account.REDEEMED)
_EXPIRED: Final = int(Account.EXPIRED)

_POSTINGS: Final = (LotOpened, LotDrawn, LotRestored, LotActivated)
_MOVEMENTS: Final = (*_POSTINGS, Moved)

PostedSums = dict[tuple[str, int, int], tuple[int, int]]


class Posting(NamedTuple):
    """One row of the journal's postings: `amount` > 0 units leave `debit` for `credit`; `lot` is 0
    where no lot is touched."""

    currency: str
    amount: int
    debit: int
    credit: int
    lot: int


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


def post(work: MemberCopy, currency: str, amount: int, debit: int, credit: int) -> Wallet:
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
