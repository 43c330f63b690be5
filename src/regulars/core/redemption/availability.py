"""Who may use a reward on a cart, when, and how often: the reasons against it, all of them.

Reads the member's state; changes nothing. What a reward takes off is in `discounts.py`.
"""

from collections.abc import Iterable
from typing import Final

from regulars.core.compiled import Program, Reward, Voucher
from regulars.core.conditions.subject import Subject
from regulars.core.decision import Grant
from regulars.core.errors import LimitReached, OutOfStock
from regulars.core.periods import counted, local_day
from regulars.core.redemption.discounts import Reason
from regulars.core.state import MemberState

STOCK: Final = "stock"
VOUCHER: Final = "voucher"


def reasons(reward: Reward, subject: Subject) -> list[Reason]:
    """Why this member cannot use the reward on this cart now, apart from points, limits and what
    is left of it. `subject` is the cart as a purchase, measured for rewards."""
    found: list[Reason] = []
    if subject.at < reward.available_from:
        found.append(Reason("not_yet", reward.available_from, subject.at))
    if reward.available_until and subject.at >= reward.available_until:
        found.append(Reason("ended", reward.available_until, subject.at))
    if reward.tiers and subject.tier not in reward.tiers:
        found.append(Reason("tier"))
    segments = reward.segments
    if segments and segments.isdisjoint(subject.segments):
        found.append(Reason("segment"))
    if reward.check is not None and reward.check(subject) is not None:
        found.append(Reason("condition"))
    return found


def limits_reached(
    program: Program, state: MemberState, reward: Reward, at: int, quantity: int
) -> list[LimitReached]:
    """The limits per member and period that `quantity` more uses at `at` would pass."""
    found: list[LimitReached] = []
    day = local_day(program.zone, at) if reward.limits else 0
    for limit in reward.limits:
        window = limit.window
        if window is None:
            continue
        pairs = state.counters.get(limit.counter, ())
        used = counted(pairs, window.since(day), window.bucket(day))
        if used + quantity > limit.most:
            found.append(LimitReached(reward.id, window.name, limit.most, used))
    return found


def uses(program: Program, reward: Reward, at: int) -> tuple[tuple[str, int], ...]:
    """The counters and their buckets in which a use at `at` is counted, each counter once."""
    day = local_day(program.zone, at) if reward.limits else 0
    found = {
        limit.counter: limit.window.bucket(day)
        for limit in reward.limits
        if limit.window is not None
    }
    return tuple(found.items())


def reservations(reward: Reward, quantity: int) -> list[tuple[str, str, int]]:
    """What must be reserved before the reward can be held: kind, key, amount."""
    found: list[tuple[str, str, int]] = []
    if reward.total is not None:
        found.append((STOCK, reward.id, quantity))
    if isinstance(reward.gives, Voucher):
        found.append((VOUCHER, reward.gives.pool, quantity))
    return found


def granted(reward: Reward, quantity: int, grants: Iterable[Grant]) -> tuple[str, ...]:
    """The reservations that this use takes; OutOfStock where one that it needs is not there."""
    taken: list[str] = []
    for kind, key, amount in reservations(reward, quantity):
        fitting = [grant for grant in grants if grant.kind == kind and grant.key == key]
        if sum(grant.amount for grant in fitting) < amount:
            raise OutOfStock(reward.id, kind, key)
        taken += [grant.reservation for grant in fitting]
    return tuple(dict.fromkeys(taken))
