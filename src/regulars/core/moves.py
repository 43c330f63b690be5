"""Moves between two members: transfer, household, merge, and refunds of a merged member. Two
recorded steps through TRANSIT.

The first step draws the lots; `arrival` makes the second step's event out of it, which intake keeps
until it is recorded. Lots keep when they were earned, when they can be spent and when they
expire. A merge also moves pending lots, debts, counters and the higher tier, and closes the member.
A refund of a merged member is a first step too: spent points that return move on, and what it takes
back is taken of the member of today, by the currency's policy.
"""

from collections.abc import Mapping
from typing import Final

from regulars.core.accounts import Account
from regulars.core.crediting import open_lot
from regulars.core.decision import Decision
from regulars.core.effects import Counted, LotDrawn, Moved, StatusSet, TierMoved
from regulars.core.errors import InsufficientPoints, NothingToMove, NotLoaded
from regulars.core.events import Event, MovedClawback, MovedLot, MoveIn, MoveOut, Refund
from regulars.core.folding.applying import apply
from regulars.core.folding.working import Working
from regulars.core.lots import (
    ACTIVE,
    DEBT,
    PENDING,
    REVERSED,
    claw_back,
    draw,
    spendable,
    take_left,
    void,
)
from regulars.core.packed import Counter, Pairs, unpacked
from regulars.core.state import Member
from regulars.core.tiers import tier_move, tier_of
from regulars.core.turn import Turn

TRANSIT: Final = int(Account.TRANSIT)


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
        moved += sum(part.amount for part in draw(work, lots, wanted, TRANSIT))
    if moved == 0:
        raise NothingToMove(body.currency)


def move_in(turn: Turn, body: MoveIn) -> None:
    """Open the lots that arrive; take in counters, tier, debts and clawbacks of a merged member."""
    work = turn.work
    if (body.debts or body.clawbacks) and not work.loaded:
        raise NotLoaded("lots")
    for currency, owed in body.debts:
        wallet = work.wallet(turn.currency(currency).id)
        lots = spendable(work.lots, currency, wallet, turn.at)
        own = sum(part.amount for part in draw(work, lots, owed, TRANSIT))
        if own < owed:
            work.do(Moved(currency, owed - own, DEBT, TRANSIT))
    for lot in body.lots:
        turn.currency(lot.currency)
        number = open_lot(
            turn,
            lot.currency,
            lot.amount,
            TRANSIT,
            lot.active_at,
            lot.expires_at,
            lot.rule,
            lot.earned_at,
        )
        if body.why == "refund" and number in work.lots:
            # Spent before the merge, and so before all that was not found here since.
            take_left(work, lot.currency, number, work.lots[number].remaining, 0)
    for clawback in body.clawbacks:
        _claw_back(turn, clawback)
    for counter, pairs in body.counters.items():
        for bucket, value in zip(pairs[::2], pairs[1::2], strict=True):
            work.do(Counted(counter, bucket, value))
    _raise_tier(turn, body.tier)


def send_on(work: Working) -> None:
    """All lots leave; of a merged member these are spent points that a refund gave back."""
    for number in sorted(work.lots):
        lot = work.lots[number]
        debit = PENDING if lot.pending else ACTIVE
        work.do(LotDrawn(number, lot.currency, lot.remaining, debit, TRANSIT))


def destination(event: Event) -> int:
    """The member towards whom `event`, once accepted, is the first step of a move; 0 for none."""
    body = event.body
    if isinstance(body, MoveOut):
        return body.to_member
    return body.into if isinstance(body, Refund) else 0


def arrival(member: Member, event: Event, decision: Decision) -> MoveIn:
    """The second step of the move whose first one `decision` made of `event` for `member` (as it
    was before)."""
    body = event.body
    assert destination(event) and decision.refusal is None
    lots, debts = _on_its_way(member, event, decision)
    if isinstance(body, Refund):
        earned_at = member.recalled[body.purchase_seq].event.occurred_at
        return MoveIn(
            from_member=member.member_id,
            from_seq=member.seq,
            lots=lots,
            why="refund",
            counters=_given_back(decision),
            clawbacks=tuple(
                MovedClawback(effect.currency, effect.amount, earned_at)
                for effect in decision.effects
                if isinstance(effect, Moved) and effect.debit == TRANSIT
            ),
        )
    assert isinstance(body, MoveOut) and decision.state is not None
    return MoveIn(
        from_member=member.member_id,
        from_seq=member.seq,
        lots=lots,
        why=body.why,
        # The counters after it: holds that the merge voided no longer count as uses.
        counters=_pairs(decision.state.counters) if body.close else {},
        tier=member.state.tier if body.close else "",
        debts=debts,
    )


def _pairs(counters: Mapping[str, Counter]) -> dict[str, Pairs]:
    return {name: unpacked(counter) for name, counter in counters.items()}


def _on_its_way(
    member: Member, event: Event, decision: Decision
) -> tuple[tuple[MovedLot, ...], tuple[tuple[str, int], ...]]:
    """The parts of lots and the debts that a first step has put into transit."""
    work = Working(member.state, member.lots, {}, member.seq, event.occurred_at)
    lots: list[MovedLot] = []
    debts: list[tuple[str, int]] = []
    for effect in (*decision.due, *decision.effects):
        if isinstance(effect, LotDrawn) and effect.credit == TRANSIT:
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
        elif isinstance(effect, Moved) and effect.debit == TRANSIT:
            debts.append((effect.currency, effect.amount))
        apply(work, effect)
    return tuple(lots), tuple(debts)


def _given_back(decision: Decision) -> dict[str, tuple[int, ...]]:
    """What a refund gave back of counters, as differences for another member's."""
    found: dict[str, tuple[int, ...]] = {}
    for effect in decision.effects:
        if isinstance(effect, Counted):
            pairs = found.get(effect.counter, ())
            found[effect.counter] = (*pairs, effect.bucket, effect.amount)
    return found


def _claw_back(turn: Turn, clawback: MovedClawback) -> None:
    """Take back here what a merged member had earned: of the lots that came from it, known by when
    they were earned, then by the currency's policy. What that leaves is not taken back now."""
    work, currency = turn.work, clawback.currency
    own = [
        number
        for number, lot in sorted(work.lots.items())
        if lot.currency == currency and lot.earned_at == clawback.earned_at
    ]
    policy = turn.currency(currency).clawback
    taken = claw_back(work, currency, own, clawback.amount, policy, turn.at, TRANSIT)
    if taken < clawback.amount:
        work.do(Moved(currency, clawback.amount - taken, REVERSED, TRANSIT))


def _move_everything(turn: Turn, body: MoveOut) -> None:
    work = turn.work
    for hold in work.state.holds:
        void(work, hold, "voided")
    send_on(work)
    for currency, wallet in list(work.state.wallets.items()):
        if wallet.debt < 0:
            work.do(Moved(currency, -wallet.debt, TRANSIT, DEBT))
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
