"""Crediting: what earned points do to a member: counters grow, lots are opened, debts are paid,
the tier moves.

All that an event earns in one currency has the same terms and opens one lot. The rules themselves
are run by `earning/`. The tier that multiplied and that sets the terms of the lots is the one
before the event; a move of the tier follows the earning.
"""

from collections.abc import Sequence
from typing import Final

from regulars.core.accounts import Account
from regulars.core.causes import join_causes
from regulars.core.compiled import Program
from regulars.core.decision import Award
from regulars.core.earning.earn import Earned
from regulars.core.effects import SLIDING, LotOpened
from regulars.core.expiry import lot_terms
from regulars.core.lots import pay_debt
from regulars.core.tiers import tier_move
from regulars.core.turn import Turn

_ISSUED: Final = int(Account.ISSUED)
_PENDING: Final = int(Account.PENDING)
_ACTIVE: Final = int(Account.ACTIVE)


def credit(turn: Turn, earned: Earned, tier: str) -> None:
    """Count what an event counts, open its lots, and move the tier."""
    open_awards(turn, earned, tier)
    move = tier_move(turn.program, turn.work.state, turn.at)
    if move is not None:
        turn.work.do(move)


def open_awards(turn: Turn, earned: Earned, tier: str) -> None:
    """Count what an event counts and open a lot per currency. Leaves the awards, each with its
    lot, and the trace and context in the turn."""
    turn.work.do_all(earned.counted)
    if earned.awards:
        at = turn.event.occurred_at
        turn.awards = credit_awards(turn, turn.program, earned.awards, tier, at, 0)
    turn.trace = earned.trace
    turn.context = earned.context


def credit_awards(
    turn: Turn,
    program: Program,
    awards: Sequence[Award],
    tier: str,
    earned_at: int,
    for_seq: int,
) -> tuple[Award, ...]:
    """Open one lot for the awards of each currency, under its terms; the awards with their lots."""
    rules = program.rules
    units: dict[str, int] = {}
    causes: dict[str, list[str]] = {}
    for award in awards:
        rule = award.rule
        currency = award.currency
        cause = rules[rule].id if rule >= 0 else f"tier:{tier}"
        before = units.get(currency)
        if before is None:
            units[currency] = award.points
            causes[currency] = [cause]
        else:
            units[currency] = before + award.points
            causes[currency].append(cause)
    lots: dict[str, int] = {}
    for currency, amount in units.items():
        active_at, expires_at = lot_terms(program, currency, tier, earned_at)
        cause = join_causes(causes[currency])
        lots[currency] = open_lot(
            turn, currency, amount, _ISSUED, active_at, expires_at, cause, earned_at, for_seq
        )
    return tuple(
        [
            Award(award.rule, award.currency, award.points, award.lines, lots[award.currency])
            for award in awards
        ]
    )


def open_lot(
    turn: Turn,
    currency: str,
    amount: int,
    debit: int,
    active_at: int,
    expires_at: int,
    rule: str,
    earned_at: int = 0,
    for_seq: int = 0,
) -> int:
    """Open a lot and let it pay what the wallet owes, if it is active; its number.

    It is pending where `active_at` lies after the instant of the decision or waits. `earned_at` 0
    stands for the event's own instant.
    """
    work = turn.work
    if earned_at == turn.event.occurred_at:
        earned_at = 0
    if expires_at == SLIDING:
        turn.touch(currency)
    lot = work.state.next_lot
    pending = active_at != 0 and (active_at < 0 or active_at > turn.at)
    credited = _PENDING if pending else _ACTIVE
    work.do(
        LotOpened(
            lot,
            currency,
            amount,
            debit,
            credited,
            earned_at,
            active_at,
            expires_at,
            rule,
            for_seq,
        )
    )
    if not pending and work.state.wallets[currency].debt < 0:
        pay_debt(work, currency, lot)
    return lot
