"""Moves between two members: transfer, household, merge. Two recorded steps through TRANSIT.

The first step draws the lots; `arrival` makes the second step's event out of it, which intake keeps
until it is recorded. Lots keep when they were earned, when they can be spent and when they
expire. A merge also moves pending lots, debts, counters and the higher tier, and closes the member.
"""

from regulars.core.accounts import Account
from regulars.core.crediting import open_lot
from regulars.core.decision import Decision
from regulars.core.effects import Counted, LotDrawn, Moved, StatusSet, TierMoved
from regulars.core.errors import InsufficientPoints, NothingToMove, NotLoaded
from regulars.core.events import Event, MovedLot, MoveIn, MoveOut
from regulars.core.fold import Working, apply
from regulars.core.lots import ACTIVE, DEBT, PENDING, draw, spendable, void
from regulars.core.state import Member
from regulars.core.tiers import tier_move, tier_of
from regulars.core.turn import Turn

_TRANSIT = int(Account.TRANSIT)


def move_out(turn: Turn, body: MoveOut) -> None:
    """Draw what leaves: of one currency or all, `points` of its spendable units or all of them; on
    a merge everything. Refused: unknown_currency, insufficient_points, nothing_to_move."""
    work = turn.work
    if body.close:
        _move_everything(turn, body)
        return
    names = [turn.currency(body.currency).id] if body.currency else list(work.state.wallets)
    moved = 0
    for currency in names:
        wallet = work.wallet(currency)
        lots = spendable(work.lots, currency, wallet, turn.at)
        available = sum(lot.remaining for lot in lots)
        if body.points > available:
            raise InsufficientPoints(currency, body.points, available)
        wanted = body.points or available
        moved += sum(part.amount for part in draw(work, lots, wanted, _TRANSIT))
    if moved == 0:
        raise NothingToMove(body.currency)


def move_in(turn: Turn, body: MoveIn) -> None:
    """Open the lots that arrive; merge counters, tier and debts of a merged member."""
    work = turn.work
    if body.debts and not work.loaded:
        raise NotLoaded("lots")
    for currency, owed in body.debts:
        wallet = work.wallet(turn.currency(currency).id)
        lots = spendable(work.lots, currency, wallet, turn.at)
        own = sum(part.amount for part in draw(work, lots, owed, _TRANSIT))
        if own < owed:
            work.do(Moved(currency, owed - own, DEBT, _TRANSIT))
    for lot in body.lots:
        turn.currency(lot.currency)
        open_lot(
            turn,
            lot.currency,
            lot.amount,
            _TRANSIT,
            lot.active_at,
            lot.expires_at,
            lot.rule,
            lot.earned_at,
        )
    for counter, pairs in body.counters.items():
        for bucket, value in zip(pairs[::2], pairs[1::2], strict=True):
            work.do(Counted(counter, bucket, value))
    _raise_tier(turn, body.tier)


def arrival(member: Member, event: Event, decision: Decision) -> MoveIn:
    """The second step of the move that `decision` made of the MoveOut `event` for `member` (as it
    was before)."""
    body = event.body
    assert isinstance(body, MoveOut) and decision.refusal is None
    work = Working(member.state, member.lots, {}, member.seq, event.occurred_at)
    lots: list[MovedLot] = []
    debts: list[tuple[str, int]] = []
    for effect in (*decision.due, *decision.effects):
        if isinstance(effect, LotDrawn) and effect.credit == _TRANSIT:
            lot = work.lots[effect.lot]
            lots.append(
                MovedLot(
                    lot.currency,
                    effect.amount,
                    lot.earned_at,
                    lot.active_at,
                    lot.expires_at,
                    lot.rule,
                )
            )
        elif isinstance(effect, Moved) and effect.debit == _TRANSIT:
            debts.append((effect.currency, effect.amount))
        apply(work, effect)
    # The counters after it: holds that the merge voided no longer count as uses.
    counters = work.state.counters if body.close else {}
    return MoveIn(
        from_member=member.member_id,
        from_seq=member.seq,
        lots=tuple(lots),
        why=body.why,
        counters=dict(counters),
        tier=member.state.tier if body.close else "",
        debts=tuple(debts),
    )


def _move_everything(turn: Turn, body: MoveOut) -> None:
    work = turn.work
    for hold in work.state.holds:
        void(work, hold, "voided")
    for number in sorted(work.lots):
        lot = work.lots[number]
        debit = PENDING if lot.pending else ACTIVE
        work.do(LotDrawn(number, lot.currency, lot.remaining, debit, _TRANSIT))
    for currency, wallet in list(work.state.wallets.items()):
        if wallet.debt < 0:
            work.do(Moved(currency, -wallet.debt, _TRANSIT, DEBT))
    work.do(StatusSet("merged", body.to_member))


def _raise_tier(turn: Turn, other: str) -> None:
    """The higher of the two members' tiers, and what the merged counters reach."""
    work, ladder = turn.work, turn.program.ladder
    if ladder is None:
        return
    before = tier_of(turn.program, work.state)
    if other in ladder.by_id and ladder.by_id[other].index > ladder.by_id[before].index:
        work.do(TierMoved(before, other, 0))
    move = tier_move(turn.program, work.state, turn.at)
    if move is not None:
        work.do(move)
