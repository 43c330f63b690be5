"""Holds: a reward reserved on a cart, then used or given back.

Points go ACTIVE -> HELD -> REDEEMED, or back to their lots. All that a reward takes off is worked
out here anew from the cart; a claim that differs is refused. A hold lapses by time, which is posted
as due before the event that finds it lapsed.
"""

from typing import Final

from regulars.core.compiled import PayWithPoints, Program, Reward, Voucher
from regulars.core.conditions.subject import Subject
from regulars.core.effects import Counted, HoldClosed, HoldOpened, Moved, RedemptionLinked
from regulars.core.errors import (
    ClaimMismatch,
    HoldExpired,
    HoldNotOpen,
    InsufficientPoints,
    RewardUnavailable,
    TooManyHolds,
    UnknownReward,
)
from regulars.core.events import Capture, Hold, Purchase, Void
from regulars.core.folding.working import Working
from regulars.core.lots import HELD, REDEEMED, draw, owed_by, pay_left, spendable_net, void
from regulars.core.periods import add_span
from regulars.core.redemption.availability import granted, limits_reached, reasons, uses
from regulars.core.redemption.discounts import Cart, Discount, Reason, discount
from regulars.core.state import OpenHold
from regulars.core.turn import Turn

OPEN_HOLDS_MAX: Final = 20


def open_hold(turn: Turn, body: Hold) -> None:
    """Reserve a reward: draw its points into HELD and count its use.

    Refused, in this order: unknown_reward, too_many_holds, hold_not_open (of another hold on the
    cart), reward_unavailable, limit_reached, insufficient_points, claim_mismatch, out_of_stock.
    """
    program, work = turn.program, turn.work
    reward = program.rewards.get(body.reward)
    if reward is None:
        raise UnknownReward(body.reward)
    state = work.state
    if len(state.holds) >= OPEN_HOLDS_MAX:
        raise TooManyHolds(OPEN_HOLDS_MAX)
    taken = _offered(turn, reward, body)
    # A hold happens now: a late one competes with what was decided since for the same points.
    at = turn.at
    reached = limits_reached(program, state, reward, at, body.quantity)
    if reached:
        raise reached[0]
    currency = reward.currency.id
    lots, available = spendable_net(work, currency, at)
    if available < taken.points:
        raise InsufficientPoints(currency, taken.points, available)
    if body.discount_minor not in (-1, taken.minor):
        raise ClaimMismatch(reward.id, body.discount_minor, taken.minor)
    turn.used = granted(reward, body.quantity, turn.grants)
    parts = draw(work, lots, taken.points, HELD)
    counted = uses(program, reward, at)
    by_line = tuple(
        (line.line_id, amount)
        for line, amount in zip(body.cart.lines, taken.lines, strict=True)
        if amount
    )
    work.do(
        HoldOpened(
            turn.member.seq,
            reward.id,
            currency,
            taken.points,
            taken.minor,
            add_span(program.zone, at, reward.hold),
            tuple(parts),
            by_line,
            turn.used,
            body.quantity,
            counted,
            isinstance(reward.gives, Voucher),
        )
    )
    for counter, bucket in counted:
        work.do(Counted(counter, bucket, body.quantity))


def capture_hold(turn: Turn, body: Capture) -> None:
    """Use a hold: its points are redeemed. Where refunds since then are to take some of them,
    others must stand in, as if the hold were given back first and made anew. Refused:
    insufficient_points."""
    hold = _open(turn, body.hold)
    owed = owed_by(turn.work.state, hold)
    if owed:
        _, available = spendable_net(turn.work, hold.currency, turn.at)
        if available < owed:
            raise InsufficientPoints(hold.currency, owed, available)
        pay_left(turn.work, hold, owed, turn.at)
    capture(turn, hold)


def void_hold(turn: Turn, body: Void) -> None:
    """Give a hold back: its points return to their lots, its use and its grants with them."""
    void(turn.work, _open(turn, body.hold), "voided")


def capture(turn: Turn, hold: OpenHold) -> None:
    """Redeem an open hold."""
    work = turn.work
    work.do(
        HoldClosed(
            hold.hold,
            "captured",
            hold.reward,
            hold.currency,
            hold.points,
            hold.discount_minor,
            hold.parts,
        )
    )
    work.do(Moved(hold.currency, hold.points, HELD, REDEEMED))
    turn.touch(hold.currency)


def link(turn: Turn, purchase: Purchase) -> None:
    """Tie the redemptions that a purchase names to it, so that its refund can return their points;
    one that is still open is captured, and refunds since then take what else there is in its place:
    the order was paid all the same. One that is neither open nor captured a short while ago,
    or that another purchase has named, is left alone."""
    state = turn.work.state
    for number in dict.fromkeys(purchase.redemptions):
        hold = next((each for each in state.holds if each.hold == number), None)
        if hold is not None:
            owed = owed_by(state, hold)
            if owed:
                pay_left(turn.work, hold, owed, turn.at)
            capture(turn, hold)
        else:
            hold = next((each for each in state.captured if each.hold == number), None)
        if hold is not None:
            turn.work.do(
                RedemptionLinked(
                    hold.hold,
                    hold.reward,
                    hold.currency,
                    hold.points,
                    hold.discount_minor,
                    hold.parts,
                    hold.quantity,
                    hold.counted,
                    hold.grants,
                    hold.code,
                )
            )


def cart_of(work: Working, program: Program, cart: Purchase) -> tuple[Cart, list[Reward]]:
    """A cart as the other holds on it leave it, and their rewards."""
    made = Cart(cart.lines)
    others: list[Reward] = []
    for number in dict.fromkeys(cart.redemptions):
        hold = next((each for each in work.state.holds if each.hold == number), None)
        if hold is None:
            raise HoldNotOpen(number)
        by_line = dict(hold.line_discounts)
        made.take([by_line.get(line.line_id, 0) for line in cart.lines])
        if hold.reward in program.rewards:
            others.append(program.rewards[hold.reward])
    return made, others


def measured(program: Program, subject: Subject, cart: Purchase) -> Subject:
    """The subject of a cart, placed and measured for the conditions of rewards."""
    subject.place(program.zone)
    subject.amounts, subject.quantities, subject.masks = program.reward_measures.measure(cart)
    subject.units = []
    return subject


def _offered(turn: Turn, reward: Reward, body: Hold) -> Discount:
    """What the reward takes off, or the refusal with all reasons against it."""
    program = turn.program
    cart, others = cart_of(turn.work, program, body.cart)
    subject = measured(program, turn.subject("purchase", body.cart), body.cart)
    against = reasons(reward, subject)
    against += exclusion(reward, others)
    if body.points and not isinstance(reward.gives, PayWithPoints):
        against.append(Reason("points_given", reward.cost, body.points))
    taken = discount(reward, cart, body.quantity, body.points)
    if taken.reason is not None:
        against.append(taken.reason)
    if against:
        raise RewardUnavailable(reward.id, ",".join(reason.code for reason in against))
    return taken


def exclusion(reward: Reward, others: list[Reward]) -> list[Reason]:
    """The reason against an exclusive reward beside others, or beside an exclusive one."""
    alone = reward.combine == "exclusive" and bool(others)
    if alone or any(other.combine == "exclusive" for other in others):
        return [Reason("exclusive")]
    return []


def _open(turn: Turn, number: int) -> OpenHold:
    """An open hold of the member, or the refusal that says what became of it."""
    state = turn.work.state
    for hold in state.holds:
        if hold.hold == number:
            return hold
    for hold in turn.member.state.holds:
        if hold.hold == number:
            raise HoldExpired(number, hold.expires_at)
    for hold in state.captured:
        if hold.hold == number:
            raise HoldNotOpen(number, "captured")
    raise HoldNotOpen(number)
