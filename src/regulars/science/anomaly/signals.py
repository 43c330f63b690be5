"""The signals of members, stores and devices: how each is counted. What each is says `catalogue`.

Each signal answers one question that a reviewer would ask. They are counted over the whole of the
activity given, so give a period (a quarter, say), not all of history.
"""

from dataclasses import dataclass

import numpy as np

from regulars.science import checks
from regulars.science.anomaly.catalogue import (
    DEVICE_MEMBERS,
    DEVICE_SIGNALS,
    DRAINED,
    DRAINED_TOGETHER,
    IDLE_REFERRED,
    MEMBER_SIGNALS,
    POINTS_EARNED,
    PURCHASES_DAY,
    REDEMPTIONS_DAY,
    REFERRALS,
    REFERRED_SAME_DEVICE,
    REFUNDED_SHARE,
    REFUNDS,
    SAME_TILL,
    SAME_TILL_PURCHASES,
    SPENT_THEN_REFUNDED,
    STORE_SIGNALS,
)
from regulars.science.anomaly.contracts import NONE, Activity, Entity, Kind, Measured, Signal
from regulars.science.anomaly.robust import robust_z
from regulars.science.anomaly.velocity import peak_within, sum_before
from regulars.science.contracts import Booleans, Floats, Integers
from regulars.science.errors import NoData

# Half of a typical redemption: less is not what an account is taken over for.
_WORTH_TAKING = 0.5


@dataclass(frozen=True, slots=True)
class Uses:
    """Which member used which personal device, each pair once: int64 (pairs,), and since when."""

    member: Integers
    device: Integers
    since: Floats


def checked(activity: Activity) -> Activity:
    """Activity whose columns fit each other. Refuses an empty one (NoData) and what the shared
    checks refuse."""
    count = checks.rows("activity.day", activity.day)
    if count == 0:
        raise NoData("activity")
    devices = checks.rows("activity.till", activity.till)
    till = np.zeros(0, dtype=np.bool_)
    if devices:
        till = checks.flags("activity.till", activity.till)
    return Activity(
        checks.days("activity.day", activity.day, length=count),
        checks.codes("activity.kind", activity.kind, len(Kind), length=count),
        checks.codes("activity.member", activity.member, activity.members, length=count),
        checks.codes("activity.store", activity.store, activity.stores, length=count, least=NONE),
        checks.codes("activity.device", activity.device, devices, length=count, least=NONE),
        checks.floats("activity.amount", activity.amount, length=count, at_least=0.0),
        checks.floats("activity.points", activity.points, length=count, at_least=0.0),
        checks.codes("activity.other", activity.other, activity.members, length=count, least=NONE),
        activity.members,
        activity.stores,
        till,
    )


def member_signals(activity: Activity) -> Measured:
    """The signals of every member; those who did nothing are not compared and have z 0."""
    activity = checked(activity)
    uses = personal_devices(activity)
    columns = {
        **_refunds(activity),
        **_referrals(activity, uses),
        **_devices(activity, uses),
        **_tills(activity),
    }
    values = np.stack([columns[signal.name] for signal in MEMBER_SIGNALS], axis=1)
    present = np.bincount(activity.member, minlength=activity.members) > 0
    return _measured(Entity.MEMBER, MEMBER_SIGNALS, values, present, None)


def store_signals(activity: Activity) -> Measured:
    """The signals of every store."""
    activity = checked(activity)
    stores = activity.stores
    known = activity.store != NONE
    bought = known & (activity.kind == Kind.PURCHASE)
    purchases = _count(activity.store[bought], stores)
    refunds = _count(activity.store[known & (activity.kind == Kind.REFUND)], stores)
    spent = known & (activity.kind == Kind.REDEMPTION)
    earned = _count(activity.store[bought], stores, activity.points[bought])
    redeemed = _count(activity.store[spent], stores, activity.points[spent])
    top = np.zeros(stores)
    pair, times = np.unique(
        activity.store[bought] * activity.members + activity.member[bought], return_counts=True
    )
    np.maximum.at(top, pair // activity.members, times)
    some = np.maximum(purchases, 1.0)
    values = np.stack([refunds / some, redeemed / np.maximum(earned, 1.0), top / some], axis=1)
    return _measured(Entity.STORE, STORE_SIGNALS, values, purchases > 0, None)


def device_signals(activity: Activity) -> Measured:
    """The signals of every device; tills are compared with tills, personal devices with personal
    devices."""
    activity = checked(activity)
    devices = activity.till.shape[0]
    known = activity.device != NONE
    pair = np.unique(activity.device[known] * activity.members + activity.member[known])
    members = _count(pair // activity.members, devices)
    spent = known & (activity.kind == Kind.REDEMPTION)
    redeemed = peak_within(
        activity.device[spent], activity.day[spent], devices, 1.0, weight=activity.points[spent]
    )
    bought = known & (activity.kind == Kind.PURCHASE)
    together, code = np.unique(
        activity.device[bought] * activity.members + activity.member[bought], return_inverse=True
    )
    per_pair = peak_within(code, activity.day[bought], together.shape[0], 1.0)
    top = np.zeros(devices)
    np.maximum.at(top, together // activity.members, per_pair)
    values = np.stack([members, redeemed, top], axis=1)
    return _measured(
        Entity.DEVICE, DEVICE_SIGNALS, values, members > 0, activity.till.astype(np.int64)
    )


def personal_devices(activity: Activity) -> Uses:
    """The pairs of member and personal device that occur, and when each was first seen."""
    known = activity.device != NONE
    known[known] &= ~activity.till[activity.device[known]]
    member, device, day = activity.member[known], activity.device[known], activity.day[known]
    devices = max(activity.till.shape[0], 1)
    pair, code = np.unique(member * devices + device, return_inverse=True)
    since = np.full(pair.shape[0], np.inf)
    np.minimum.at(since, code, day)
    return Uses(pair // devices, pair % devices, since)


def _refunds(activity: Activity) -> dict[str, Floats]:
    members = activity.members
    refund = activity.kind == Kind.REFUND
    bought = activity.kind == Kind.PURCHASE
    spent = activity.kind == Kind.REDEMPTION
    who, when = activity.member[refund], activity.day[refund]
    given_back = _count(who, members, activity.amount[refund])
    paid = _count(activity.member[bought], members, activity.amount[bought])
    typical_order = float(np.median(activity.amount[bought])) if bought.any() else 1.0
    # Two typical purchases without a refund are added, so that one refund of one is no share yet.
    share = np.minimum(given_back / np.maximum(paid + 2.0 * typical_order, 1e-9), 1.0)
    before = sum_before(
        activity.member[spent], activity.day[spent], activity.points[spent], who, when, 14.0
    )
    # Spending that a refund follows matters as far as that refund takes points back.
    lost = np.minimum(before, activity.points[refund])
    return {
        REFUNDS.name: peak_within(who, when, members, 30.0),
        REFUNDED_SHARE.name: share,
        SPENT_THEN_REFUNDED.name: _count(who, members, lost),
    }


def _referrals(activity: Activity, uses: Uses) -> dict[str, Floats]:
    members = activity.members
    referral = (activity.kind == Kind.REFERRAL) & (activity.other != NONE)
    who, other = activity.member[referral], activity.other[referral]
    purchases = _count(activity.member[activity.kind == Kind.PURCHASE], members)
    idle = purchases[other] <= 1
    return {
        REFERRALS.name: peak_within(who, activity.day[referral], members, 30.0),
        IDLE_REFERRED.name: _count(who[idle], members),
        REFERRED_SAME_DEVICE.name: _sharing(who, other, uses, members),
    }


def _sharing(who: Integers, other: Integers, uses: Uses, members: int) -> Floats:
    """How many of a referrer's members share a personal device with the referrer or each other."""
    if who.shape[0] == 0 or uses.member.shape[0] == 0:
        return np.zeros(members)
    # The referrer counts as one of the own group, so that sharing with them is sharing too.
    group = np.concatenate([who, np.unique(who)])
    person = np.concatenate([other, np.unique(who)])
    order = np.argsort(uses.member, kind="stable")
    start = np.searchsorted(uses.member[order], person, side="left")
    stop = np.searchsorted(uses.member[order], person, side="right")
    length = stop - start
    rows = np.repeat(np.arange(person.shape[0]), length)
    offset = np.arange(rows.shape[0]) - np.repeat(np.cumsum(length) - length, length)
    device = uses.device[order][start[rows] + offset]
    width = int(uses.device.max()) + 1
    _, code, times = np.unique(
        group[rows] * width + device, return_inverse=True, return_counts=True
    )
    shares = (times[code] > 1) & (person[rows] != group[rows])
    pair = np.unique(group[rows][shares] * members + person[rows][shares])
    return _count(pair // members, members)


def _devices(activity: Activity, uses: Uses) -> dict[str, Floats]:
    members = activity.members
    crowd = np.zeros(members)
    users = np.bincount(uses.device, minlength=1)
    np.maximum.at(crowd, uses.member, users[uses.device].astype(np.float64))
    first = np.full(members, np.inf)
    np.minimum.at(first, uses.member, uses.since)
    later = uses.since > first[uses.member]
    drained, together = _drained(
        activity, uses.member[later], uses.device[later], uses.since[later]
    )
    spent = activity.kind == Kind.REDEMPTION
    who, when = activity.member[spent], activity.day[spent]
    return {
        DEVICE_MEMBERS.name: crowd,
        DRAINED.name: drained,
        DRAINED_TOGETHER.name: together,
        REDEMPTIONS_DAY.name: peak_within(who, when, members, 1.0),
    }


def _drained(
    activity: Activity, member: Integers, device: Integers, since: Floats
) -> tuple[Floats, Floats]:
    """The largest share of the points at hand that was spent within a day of one of these first
    sights of a device, and on how many members' first sights of that device points were spent.

    At hand is what was earned less what was spent in the activity so far, at least what was spent
    then: points from before the activity are not known.
    """
    spent = activity.kind == Kind.REDEMPTION
    bought = activity.kind == Kind.PURCHASE
    spending = (activity.member[spent], activity.day[spent], activity.points[spent])
    earning = (activity.member[bought], activity.day[bought], activity.points[bought])
    whole = float(np.ptp(activity.day)) + 1.0
    taken = sum_before(*spending, member, since + 1.0, 1.0)
    earned = sum_before(*earning, member, since, whole)
    spent_before = sum_before(*spending, member, since, whole)
    share = taken / np.maximum(np.maximum(earned - spent_before, taken), 1.0)
    # Spending next to nothing empties no account worth the name.
    worth = taken >= _WORTH_TAKING * _typical_redemption(activity)
    largest = np.zeros(activity.members)
    np.maximum.at(largest, member, np.where(worth, share, 0.0))
    per_device = np.bincount(device[worth], minlength=activity.till.shape[0])
    company = np.zeros(activity.members)
    np.maximum.at(company, member[worth], per_device[device[worth]].astype(np.float64))
    return largest, company


def _typical_redemption(activity: Activity) -> float:
    points = activity.points[activity.kind == Kind.REDEMPTION]
    return float(np.median(points)) if points.size else 0.0


def _tills(activity: Activity) -> dict[str, Floats]:
    members = activity.members
    bought = activity.kind == Kind.PURCHASE
    who, when, device = activity.member[bought], activity.day[bought], activity.device[bought]
    at_till = device != NONE
    at_till[at_till] = activity.till[device[at_till]]
    width = max(activity.till.shape[0], 1)
    pair, code = np.unique(who[at_till] * width + device[at_till], return_inverse=True)
    owner = pair // width
    daily, whole = np.zeros(members), np.zeros(members)
    np.maximum.at(daily, owner, peak_within(code, when[at_till], pair.shape[0], 1.0))
    np.maximum.at(whole, owner, _count(code, pair.shape[0]))
    return {
        PURCHASES_DAY.name: peak_within(who, when, members, 1.0),
        SAME_TILL.name: daily,
        SAME_TILL_PURCHASES.name: whole,
        POINTS_EARNED.name: peak_within(who, when, members, 7.0, weight=activity.points[bought]),
    }


def _measured(
    entity: Entity,
    signals: tuple[Signal, ...],
    values: Floats,
    present: Booleans,
    groups: Integers | None,
) -> Measured:
    z, typical = np.zeros_like(values), np.zeros_like(values)
    rows = np.flatnonzero(present)
    for place, signal in enumerate(signals):
        column = values[rows, place]
        compared = np.log1p(column) if signal.logarithmic else column
        if rows.size == 0:
            continue
        own = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
        z[rows, place], median = robust_z(compared, groups=own, unit=signal.unit)
        typical[rows, place] = np.expm1(median) if signal.logarithmic else median
    return Measured(entity, signals, values, typical, z, present)


def _count(codes: Integers, entities: int, weight: Floats | None = None) -> Floats:
    return np.bincount(codes, weights=weight, minlength=entities).astype(np.float64)
