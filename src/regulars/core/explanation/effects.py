"""Effects in words: lots, spending, expiry, debts, tiers, holds, refunds, members."""

from collections.abc import Callable, Iterable

from regulars.core import effects as kinds
from regulars.core.accounts import Account
from regulars.core.effects import SLIDING, WAITING, Effect
from regulars.core.explanation.model import EffectExplained
from regulars.core.explanation.reader import Reader


def explain_effects(reader: Reader, effects: Iterable[Effect]) -> tuple[EffectExplained, ...]:
    """Each effect in words, in order."""
    return tuple(_explain(reader, effect) for effect in effects)


def _explain(reader: Reader, effect: Effect) -> EffectExplained:
    name = type(effect).__name__
    in_words = _IN_WORDS.get(type(effect))
    sentence = name if in_words is None else in_words(reader, effect)
    return EffectExplained(
        name,
        sentence,
        getattr(effect, "currency", ""),
        getattr(effect, "amount", 0) if hasattr(effect, "currency") else 0,
        getattr(effect, "lot", 0),
    )


def _active(reader: Reader, active_at: int) -> str:
    if active_at == 0:
        return reader.say("active.now")
    if active_at == WAITING:
        return reader.say("active.waiting")
    return reader.say("active.at", at=reader.instant(active_at))


def _expires(reader: Reader, expires_at: int) -> str:
    if expires_at == 0:
        return reader.say("expires.never")
    if expires_at == SLIDING:
        return reader.say("expires.sliding")
    return reader.say("expires.at", at=reader.instant(expires_at))


def _opened(reader: Reader, effect: kinds.LotOpened) -> str:
    return reader.say(
        "lot.revised" if effect.for_seq else "lot.opened",
        points=reader.points(effect.amount, effect.currency),
        cause=reader.causes(effect.rule),
        lot=effect.lot,
        seq=effect.for_seq,
        active=_active(reader, effect.active_at),
        expires=_expires(reader, effect.expires_at),
    )


_ACCOUNTS = {int(account): account.name.lower() for account in Account}
_DRAWN: dict[int, str] = {
    Account.HELD: "held",
    Account.DEBT: "debt",
    Account.EXPIRED: "expired",
    Account.REVERSED: "reversed",
    Account.REDEEMED: "redeemed",
    Account.ADJUSTED: "adjusted",
    Account.TRANSIT: "transit",
    Account.FORFEITED: "forfeited",
    Account.DONATED: "donated",
    Account.DUE_TO_PARTNER: "due_to_partner",
}


def _drawn(reader: Reader, effect: kinds.LotDrawn) -> str:
    why = _DRAWN.get(effect.credit, "other")
    points = reader.points(effect.amount, effect.currency)
    return reader.say(f"drawn.{why}", points=points, lot=effect.lot)


def _restored(reader: Reader, effect: kinds.LotRestored) -> str:
    return reader.say(
        "lot.restored",
        points=reader.points(effect.amount, effect.currency),
        lot=effect.lot,
        expires=_expires(reader, effect.expires_at),
    )


def _activated(reader: Reader, effect: kinds.LotActivated) -> str:
    points = reader.points(effect.amount, effect.currency)
    return reader.say("lot.activated", points=points, lot=effect.lot)


def _moved(reader: Reader, effect: kinds.Moved) -> str:
    points = reader.points(effect.amount, effect.currency)
    debit, credit = effect.debit, effect.credit
    if credit == Account.REDEEMED:
        return reader.say("moved.redeemed", points=points)
    if credit == Account.EXPIRED:
        return reader.say("moved.expired", points=points)
    if debit == Account.DEBT:
        return reader.say("moved.owed", points=points)
    if credit == Account.DEBT:
        return reader.say("moved.settled", points=points)
    return reader.say("moved.other", points=points, debit=_account(debit), credit=_account(credit))


def _account(code: int) -> str:
    return _ACCOUNTS.get(code, str(code))


def _counted(reader: Reader, effect: kinds.Counted) -> str:
    """What a counter counts, which its name says: kind, of what, and the period last."""
    kind, _, rest = effect.counter.partition("/")
    of, _, period = rest.rpartition("/")
    amount, key = f"{effect.amount:+d}", f"counted.{kind}"
    if kind == "points":
        rule = next((each for each in reader.program.rules if each.id == of), None)
        if rule is not None:
            amount = _signed(reader.points(effect.amount, rule.currency.id), effect.amount)
    elif kind == "earned":
        amount = _signed(reader.points(effect.amount, of), effect.amount)
    elif kind == "spend":
        amount = _signed(reader.money(effect.amount), effect.amount)
    return reader.say(
        key if reader.knows(key) else "counted.other",
        rule=reader.rule_by_id(of),
        reward=reader.reward(of),
        counter=effect.counter,
        period=reader.period(period),
        amount=amount,
    )


def _signed(text: str, amount: int) -> str:
    return f"+{text}" if amount > 0 else text


def _tier_moved(reader: Reader, effect: kinds.TierMoved) -> str:
    ladder = reader.program.ladder
    if ladder is None:
        metric = str(effect.metric)
    elif ladder.metric == "spend":
        metric = reader.money(effect.metric)
    else:
        metric = reader.points(effect.metric, ladder.currency)
    return reader.say(
        "tier.moved",
        before=reader.tier(effect.before),
        after=reader.tier(effect.after),
        metric=metric,
    )


def _hold_opened(reader: Reader, effect: kinds.HoldOpened) -> str:
    return reader.say(
        "hold.opened",
        reward=reader.reward(effect.reward),
        points=reader.points(effect.points, effect.currency),
        until=reader.instant(effect.expires_at),
        discount=reader.money(effect.discount_minor),
    )


def _hold_closed(reader: Reader, effect: kinds.HoldClosed) -> str:
    return reader.say(
        f"hold.{effect.how}",
        reward=reader.reward(effect.reward),
        points=reader.points(effect.points, effect.currency),
    )


def _linked(reader: Reader, effect: kinds.RedemptionLinked) -> str:
    return reader.say(
        "redemption.linked.code" if effect.code else "redemption.linked",
        reward=reader.reward(effect.reward),
        hold=effect.hold,
        points=reader.points(effect.points, effect.currency),
        discount=reader.money(effect.discount_minor),
    )


def _progress(reader: Reader, effect: kinds.RefundProgress) -> str:
    if not effect.purchase_seq:
        return reader.say("refund.arrived")
    return reader.count(
        "refund.progress",
        len(effect.lines),
        seq=effect.purchase_seq,
        amount=reader.money(sum(line.amount_minor for line in effect.lines)),
    )


def _attributes(reader: Reader, effect: kinds.AttributesSet) -> str:
    # Names only: what they are is in the effect, for those who may see it.
    nothing = reader.say("word.none")
    return reader.say(
        "attributes.set",
        names=reader.both(sorted(effect.values)) or nothing,
        segments=reader.both(effect.segments) or nothing,
    )


def _touched(reader: Reader, effect: kinds.Touched) -> str:
    until = reader.instant(effect.expires_at) if effect.expires_at else reader.say("word.none")
    return reader.say("touched", currency=reader.currency(effect.currency), until=until)


def _revised(reader: Reader, effect: kinds.Revised) -> str:
    points = reader.points(effect.points, effect.currency)
    return reader.say("revised", seq=effect.seq, points=points)


def _clawback_left(reader: Reader, effect: kinds.ClawbackLeft) -> str:
    points = reader.points(abs(effect.amount), effect.currency)
    key = "clawback.left" if effect.amount > 0 else "clawback.found"
    return reader.say(key, points=points, seq=effect.seq)


_IN_WORDS: dict[type, Callable[..., str]] = {
    kinds.LotOpened: _opened,
    kinds.LotDrawn: _drawn,
    kinds.LotRestored: _restored,
    kinds.LotActivated: _activated,
    kinds.Moved: _moved,
    kinds.Counted: _counted,
    kinds.TierMoved: _tier_moved,
    kinds.HoldOpened: _hold_opened,
    kinds.HoldClosed: _hold_closed,
    kinds.RedemptionLinked: _linked,
    kinds.RefundProgress: _progress,
    kinds.StatusSet: lambda reader, effect: reader.say(f"status.{effect.status}"),
    kinds.AttributesSet: _attributes,
    kinds.Touched: _touched,
    kinds.Revised: _revised,
    kinds.GrantsReturned: lambda reader, effect: reader.say("grants.returned", hold=effect.hold),
    kinds.ClawbackLeft: _clawback_left,
}
