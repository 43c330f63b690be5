"""Refunds: goods of a purchase come back, and with them what it earned, counted and was paid with.

Cumulative: after each refund the total taken back is worked out from all that has come back so
far, and the effects are the difference to what RefundProgress says was taken before. So parts
always add up to the whole, and the last part takes exactly what is left. docs/architecture.md,
"Refunds".
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from regulars.core.compiled import Program
from regulars.core.decision import Award, Entry
from regulars.core.earning.earn import award_mask, basis_of_lines
from regulars.core.effects import (
    Counted,
    Effect,
    GrantsReturned,
    HeldPart,
    Moved,
    RedemptionLinked,
    RefundProgress,
    Revised,
)
from regulars.core.errors import AlreadyRefunded, OverRefund, UnknownLine, UnknownPurchase
from regulars.core.events import Exchange, Purchase, Refund
from regulars.core.lots import REDEEMED, REVERSED, claw_back, give_back
from regulars.core.money import share
from regulars.core.moves import TRANSIT, send_on
from regulars.core.periods import Span, add_span
from regulars.core.redecide import reversed_anew
from regulars.core.remainder import Remainder
from regulars.core.turn import Turn


def refund(turn: Turn, body: Refund) -> None:
    """Take back what the returned part of a purchase earned and give back what it cost.

    Refused, in this order: unknown_purchase, already_refunded, unknown_line, over_refund. Spent
    points return before earned ones are taken, so that they cover them. A merged member has no
    points any more: what comes back and what is taken back move on to the member of today.
    """
    work = turn.work
    entry = turn.member.recalled.get(body.purchase_seq)
    purchase = None if entry is None else purchase_of(entry)
    if entry is None or purchase is None:
        raise UnknownPurchase(body.purchase_seq)
    before = work.refunded(body.purchase_seq)
    if before is None:
        before = RefundProgress(body.purchase_seq, ())
    rest = _returned(body, purchase, before)
    version = turn.version(entry.program_version)
    awards = awards_of(entry, before)
    if turn.program.refund == "redecide":
        shipping_back = before.shipping or body.shipping
        reversed_now = reversed_anew(
            version, entry, awards, before, rest, shipping_back, work.state.enrolled_at
        )
    else:
        reversed_now = [_reversed(version, purchase, award, rest) for award in awards]
    returned = _return_spent(turn, entry, before, rest)
    _take_back(turn, awards, reversed_now, before)
    counted = _uncount(turn, entry, awards, reversed_now, before, rest)
    work.do(
        RefundProgress(
            body.purchase_seq,
            rest.progress(),
            before.shipping or body.shipping or rest.whole,
            tuple((index, units) for index, units in enumerate(reversed_now) if units),
            returned,
            counted,
            before.awards,
            before.counts,
        )
    )
    if work.state.status == "merged":
        send_on(work)


def purchase_of(entry: Entry) -> Purchase | None:
    """The order of an accepted purchase or exchange; None for any other entry."""
    if entry.refusal is not None:
        return None
    body = entry.event.body
    if isinstance(body, Exchange):
        return body.purchase
    return body if isinstance(body, Purchase) else None


def awards_of(entry: Entry, progress: RefundProgress | None) -> tuple[Award, ...]:
    """The awards of a purchase as they stand: of its entry, or as late events left them."""
    if progress is None or not progress.awards:
        return entry.awards
    return tuple(
        Award(award.rule, award.currency, award.points, award.lines, award.lot)
        for award in progress.awards
    )


def counts_of(entry: Entry, progress: RefundProgress | None) -> tuple[Counted, ...]:
    """What a purchase has counted as it stands: by its entry, or as late events left it."""
    if progress is not None and progress.awards:
        return tuple(Counted(*count) for count in progress.counts)
    return tuple(
        effect for effect in own_effects(entry) if isinstance(effect, Counted) and effect.amount > 0
    )


def own_effects(entry: Entry) -> Iterator[Effect]:
    """The effects of an entry's own purchase: of an exchange those after its refund, of a late
    event those before what it revised."""
    effects: Sequence[Effect] = entry.effects
    if isinstance(entry.event.body, Exchange):
        last = max(at for at, each in enumerate(effects) if isinstance(each, RefundProgress))
        effects = effects[last + 1 :]
    for effect in effects:
        if isinstance(effect, Revised):
            return
        yield effect


def _returned(body: Refund, purchase: Purchase, before: RefundProgress) -> Remainder:
    """What is left of the order after this refund."""
    rest = Remainder(purchase, before)
    # An order without lines is whole from the start; once it has come back its shipping has too.
    if rest.whole and (purchase.lines or before.shipping):
        raise AlreadyRefunded(body.purchase_seq)
    if body.shipping and before.shipping:
        raise OverRefund(body.purchase_seq, "", "shipping", 1, 0)
    if not body.lines:
        rest.take_all()
        return rest
    for line in body.lines:
        if line.line_id not in rest:
            raise UnknownLine(body.purchase_seq, line.line_id)
        quantity_left, amount_left = rest.left(line.line_id)
        if line.quantity > quantity_left:
            raise OverRefund(
                body.purchase_seq, line.line_id, "quantity", line.quantity, quantity_left
            )
        if line.amount_minor > amount_left:
            raise OverRefund(
                body.purchase_seq, line.line_id, "amount_minor", line.amount_minor, amount_left
            )
        rest.take(line.line_id, line.quantity, line.amount_minor)
    return rest


def _reversed(version: Program, purchase: Purchase, award: Award, rest: Remainder) -> int:
    """The units of an award that are taken back in all, by the share of its lines that came back:
    rounded half_even, all of them when all its lines are wholly back."""
    mask = award_mask(version, award, purchase)
    lines = [index for index in range(len(purchase.lines)) if not mask or mask >> index & 1]
    if rest.whole or all(rest.is_back(index) for index in lines):
        return award.points
    basis = basis_of_lines(version, award.rule, purchase)
    return share(
        award.points,
        sum(rest.of(index, basis[index]) for index in lines),
        sum(basis[index] for index in lines),
    )


def _return_spent(
    turn: Turn, entry: Entry, before: RefundProgress, rest: Remainder
) -> tuple[tuple[int, int], ...]:
    """Give back the share of the order of each redemption that paid for it; what was given back of
    each in all. The parts that were drawn last come back first. A voucher code that was shown is
    the member's: neither its points nor its use come back."""
    given = dict(before.returned)
    for effect in own_effects(entry):
        if not isinstance(effect, RedemptionLinked) or effect.code:
            continue
        earlier = given.get(effect.hold, 0)
        now = effect.points if rest.whole else share(effect.points, *rest.share_of_order())
        if now > earlier:
            given[effect.hold] = now
            parts = _slice(effect.parts[::-1], earlier, now - earlier)
            known = turn.program.currencies.get(effect.currency)
            days = 0 if known is None else known.refund_returns_days
            until = add_span(turn.program.zone, turn.at, Span(days, "day")) if days else 0
            give_back(turn.work, effect.currency, parts, REDEEMED, effect.hold, turn.at, until)
        if rest.whole:
            for counter, bucket in effect.counted:
                turn.work.do(Counted(counter, bucket, -effect.quantity))
            if effect.grants:
                turn.work.do(GrantsReturned(effect.hold, effect.grants))
    return tuple(given.items())


def _take_back(
    turn: Turn, awards: Sequence[Award], reversed_now: Sequence[int], before: RefundProgress
) -> None:
    """Claw back what is taken of the awards now, lot by lot."""
    taken = dict(before.reversed)
    by_lot: dict[tuple[str, int], int] = {}
    for index, award in enumerate(awards):
        amount = reversed_now[index] - taken.get(index, 0)
        if amount > 0:
            key = (award.currency, award.lot)
            by_lot[key] = by_lot.get(key, 0) + amount
    for (currency, lot), amount in by_lot.items():
        policy = turn.currency(currency).clawback
        if turn.work.state.status == "merged":
            turn.work.do(Moved(currency, amount, TRANSIT, REVERSED))
        else:
            claw_back(turn.work, currency, (lot,), amount, policy, turn.at)


def _slice(parts: Sequence[HeldPart], skip: int, take: int) -> list[HeldPart]:
    """`take` units of the parts after the first `skip` units."""
    found: list[HeldPart] = []
    for part in parts:
        passed = min(part.amount, skip)
        skip -= passed
        amount = min(part.amount - passed, take)
        take -= amount
        if amount:
            found.append(replace(part, amount=amount))
    return found


def _uncount(
    turn: Turn,
    entry: Entry,
    awards: Sequence[Award],
    reversed_now: Sequence[int],
    before: RefundProgress,
    rest: Remainder,
) -> tuple[tuple[str, int, int], ...]:
    """Give counters back; what was given back of each in all.

    Points follow their awards, money the share of the order; a use and the purchase itself are only
    given back when everything has come back.
    """
    version = turn.version(entry.program_version)
    taken: dict[str, int] = {}
    for award, units in zip(awards, reversed_now, strict=True):
        followers = [f"earned/{award.currency}"]
        if award.rule >= 0:
            followers.append(f"points/{version.rules[award.rule].id}")
        for name in followers:
            taken[name] = taken.get(name, 0) + units
    given = {(counter, bucket): amount for counter, bucket, amount in before.counted}
    for effect in counts_of(entry, before):
        name = effect.counter.rpartition("/")[0]
        if rest.whole:
            now = effect.amount
        elif name == "spend":
            now = share(effect.amount, *rest.share_of_order())
        else:
            now = min(taken.get(name, 0), effect.amount)
        key = (effect.counter, effect.bucket)
        amount = now - given.get(key, 0)
        if amount > 0:
            given[key] = now
            turn.work.do(Counted(effect.counter, effect.bucket, -amount))
    return tuple((counter, bucket, amount) for (counter, bucket), amount in given.items())
