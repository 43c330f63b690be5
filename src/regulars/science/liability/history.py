"""Lots and redemptions, checked and put in the order in which points are spent; what stood open on
an earlier day; and for how long each member had something to redeem.

Spending takes the soonest-expiring lot first, then the older. Everything is reckoned backwards from
the day of the forecast, on which the lots are known: a history that begins in the middle, with
balances of unknown origin, then does no harm.
"""

from dataclasses import dataclass, replace

import numpy as np

from regulars.science import checks
from regulars.science.contracts import Floats, Integers
from regulars.science.errors import NoData, NotFinite, OutOfRange, WrongShape
from regulars.science.liability.contracts import Lots, Redemptions

POINTS_LEAST = 1e-6
"""Fewer points are not redeemed, they are what rounding left."""


@dataclass(frozen=True, slots=True)
class Balances:
    """What each member had and did from `observed_from` to `as_of`; arrays are (members,).

    `count`: days with a redemption. `exposure`: days with a redeemable balance; `exposure_active`:
    those of them up to the last activity, earning or redemption. `earned_per_day`: points.
    `opening`: the balance at the beginning.
    `before`: (m,), the balance of which each merged redemption took its part.
    """

    count: Integers
    exposure: Floats
    exposure_active: Floats
    earned_per_day: Floats
    opening: Floats
    redemptions: Redemptions
    before: Floats


def checked_lots(lots: Lots, as_of: float) -> Lots:
    """Lots that fit each other, in the order given."""
    count = checks.rows("lots.member", lots.member)
    if count == 0:
        raise NoData("lots")
    expires = checks.numbers("lots.expires_day", lots.expires_day)
    if expires.shape != (count,):
        raise WrongShape("lots.expires_day", expires.shape, f"({count},)")
    for row in np.flatnonzero(np.isnan(expires) | np.isneginf(expires))[:1]:
        raise NotFinite("lots.expires_day", int(row), float(expires[row]))
    checks.floats("lots.expires_day", np.where(np.isposinf(expires), as_of, expires))
    earned = checks.floats("lots.earned", lots.earned, length=count, above=0.0)
    unspent = checks.floats("lots.unspent", lots.unspent, length=count, at_least=0.0)
    for row in np.flatnonzero(unspent > earned)[:1]:
        raise OutOfRange(
            "lots.unspent", int(row), float(unspent[row]), "at most what the lot earned"
        )
    return Lots(
        checks.codes("lots.member", lots.member, lots.members, length=count),
        checks.days("lots.earned_day", lots.earned_day, length=count, at_most=as_of),
        expires,
        earned,
        unspent,
        lots.members,
    )


def spending_order(lots: Lots) -> Integers:
    """Rows by member, soonest expiry, then age."""
    order: Integers = np.lexsort((lots.earned_day, lots.expires_day, lots.member))
    return order


def take_lots(lots: Lots, rows: Integers) -> Lots:
    """Some of the lots, in that order."""
    return Lots(
        lots.member[rows],
        lots.earned_day[rows],
        lots.expires_day[rows],
        lots.earned[rows],
        lots.unspent[rows],
        lots.members,
    )


def checked_redemptions(redemptions: Redemptions, members: int, as_of: float) -> Redemptions:
    """Redemptions by member and day, those of one day put together."""
    count = checks.rows("redemptions.member", redemptions.member)
    if count == 0:
        raise NoData("redemptions")
    member = checks.codes("redemptions.member", redemptions.member, members, length=count)
    day = checks.days("redemptions.day", redemptions.day, length=count, at_most=as_of)
    amount = checks.floats("redemptions.amount", redemptions.amount, length=count, above=0.0)
    checks.floats("redemptions.amount", amount, at_least=POINTS_LEAST)
    order = np.lexsort((day, member))
    member, day, amount = member[order], day[order], amount[order]
    new = np.append(True, (member[1:] != member[:-1]) | (np.floor(day[1:]) != np.floor(day[:-1])))
    place = np.cumsum(new) - 1
    return Redemptions(member[new], day[new], summed(place, amount, int(place[-1]) + 1))


def as_known_on(day: float, lots: Lots, redemptions: Redemptions) -> tuple[Lots, Redemptions]:
    """Lots and redemptions as they stood at the end of an earlier day.

    Of a member's points spent from known lots, in spending order, the redemptions after that day
    took the last ones; what of them is more than the known lots gave came from older, unknown lots
    and is nobody's. Where a lot that expires sooner was earned later, the order is a guess.
    """
    ordered = take_lots(lots, spending_order(lots))
    spent = ordered.earned - ordered.unspent
    later = redemptions.day > day
    after = summed(redemptions.member[later], redemptions.amount[later], lots.members)
    total = summed(ordered.member, spent, lots.members)
    kept = np.maximum(total - after, 0.0)[ordered.member]
    spent_then = np.clip(kept - _before_in_member(ordered.member, spent), 0.0, spent)
    known = replace(ordered, unspent=ordered.earned - spent_then)
    rows: Integers = np.flatnonzero(ordered.earned_day <= day)
    earlier = ~later
    return take_lots(known, rows), Redemptions(
        redemptions.member[earlier], redemptions.day[earlier], redemptions.amount[earlier]
    )


def balances(
    lots: Lots,
    redemptions: Redemptions,
    *,
    observed_from: float,
    as_of: float,
    redeemable_from: float,
) -> Balances:
    """The balance of every member through time, and what follows from it."""
    within = redemptions.day >= observed_from
    redeemed = Redemptions(
        redemptions.member[within], redemptions.day[within], redemptions.amount[within]
    )
    earning = lots.earned_day >= observed_from
    expiring = (lots.expires_day <= as_of) & (lots.expires_day >= observed_from)
    counts = (int(earning.sum()), redeemed.day.size, int(expiring.sum()))
    member = np.concatenate([lots.member[earning], redeemed.member, lots.member[expiring]])
    day = np.concatenate([lots.earned_day[earning], redeemed.day, lots.expires_day[expiring]])
    change = np.concatenate([lots.earned[earning], -redeemed.amount, -lots.unspent[expiring]])
    kind = np.repeat([0, 1, 2], counts)
    order = np.lexsort((kind, day, member))
    member, day, change, kind = member[order], day[order], change[order], kind[order]
    is_open = lots.expires_day > as_of
    now = summed(lots.member[is_open], lots.unspent[is_open], lots.members)
    before = now[member] - _before_in_member(member[::-1], change[::-1])[::-1] - change
    last = np.full(lots.members, observed_from)
    active = kind < 2
    np.maximum.at(last, member[active], day[active])
    exposure, exposure_active = _exposures(
        lots, member, day, before, now, last, observed_from, as_of, redeemable_from
    )
    merged = kind == 1
    count = np.bincount(redeemed.member, minlength=lots.members)
    # Who earned and redeemed within the same day had a balance for a moment.
    least = 0.5 * count
    began = np.maximum(_first_day(lots, redeemed, as_of), observed_from)
    observed = np.maximum(as_of - began, 1.0)
    return Balances(
        count.astype(np.int64),
        np.maximum(exposure, least),
        np.maximum(exposure_active, least),
        summed(member[kind == 0], change[kind == 0], lots.members) / observed,
        np.maximum(now - summed(member, change, lots.members), 0.0),
        Redemptions(member[merged], day[merged], -change[merged]),
        np.maximum(before[merged], -change[merged]),
    )


def _exposures(
    lots: Lots,
    member: Integers,
    day: Floats,
    before: Floats,
    now: Floats,
    last: Floats,
    observed_from: float,
    as_of: float,
    redeemable_from: float,
) -> tuple[Floats, Floats]:
    """Days with a redeemable balance: until `as_of`, and until the last activity."""
    least = max(redeemable_from, 1e-9)
    first = np.append(True, member[1:] != member[:-1]) if member.size else np.empty(0, bool)
    since = np.where(first, observed_from, np.append(observed_from, day[:-1])[: day.size])
    able = before >= least
    exposure = summed(member, able * (day - since), lots.members)
    until_last = np.clip(np.minimum(day, last[member]) - since, 0.0, None)
    active = summed(member, able * until_last, lots.members)
    ends = np.full(lots.members, observed_from)
    np.maximum.at(ends, member, day)
    exposure += (now >= least) * (as_of - ends)
    return exposure, active


def _first_day(lots: Lots, redemptions: Redemptions, as_of: float) -> Floats:
    first = np.full(lots.members, as_of)
    np.minimum.at(first, lots.member, lots.earned_day)
    np.minimum.at(first, redemptions.member, redemptions.day)
    return first


def summed(code: Integers, amount: Floats, codes: int) -> Floats:
    """The total of each code, float64 (codes,)."""
    totals: Floats = np.bincount(code, amount, minlength=codes).astype(np.float64, copy=False)
    return totals


def _before_in_member(member: Integers, amount: Floats) -> Floats:
    """The sum of the member's earlier rows; rows of one member are together."""
    if member.size == 0:
        return np.empty(0)
    running = np.cumsum(amount) - amount
    first = np.append(True, member[1:] != member[:-1])
    start = np.maximum.accumulate(np.where(first, np.arange(member.size), 0))
    answered: Floats = running - running[start]
    return answered
