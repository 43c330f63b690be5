"""Tiers: where a member stands on the ladder and what is missing for the next step.

Owns the metric, its comparison with the ladder and the move that follows. A tier is reached at
once, after the event that reached it has earned. There is no way down yet (`downgrade: never`);
`tier_move` is the one place where another mode would lower a tier. Reads the member's state after
the event; counts nothing itself (`earn` counts what purchases and points add).
"""

from typing import NamedTuple

from regulars.core.compiled import Ladder, Program, Tier
from regulars.core.effects import TierMoved
from regulars.core.periods import counted, local_day
from regulars.core.state import MemberState


class Progress(NamedTuple):
    """Where a member stands. `metric`, `needed` and `next_at_least` are minor units (spend) or
    point units; `next` is empty, and the other two 0, on the top step. Without tiers all is empty.
    """

    tier: str
    metric: int
    next: str = ""
    next_at_least: int = 0
    needed: int = 0


def tier_of(program: Program, state: MemberState) -> str:
    """The member's tier; one who never moved is on the first step. Empty without tiers, and for a
    tier that the program no longer has the first step too."""
    ladder = program.ladder
    if ladder is None:
        return ""
    return state.tier if state.tier in ladder.by_id else ladder.tiers[0].id


def tier_metric(program: Program, state: MemberState, at: int) -> int:
    """What the ladder is compared with, as of an instant; 0 without tiers."""
    ladder = program.ladder
    if ladder is None:
        return 0
    if ladder.window is None:
        wallet = state.wallets.get(ladder.currency)
        return 0 if wallet is None else wallet.active + wallet.pending
    pairs = state.counters.get(ladder.counter)
    if not pairs:
        return 0
    day = local_day(program.zone, at)
    window = ladder.window
    return counted(pairs, window.since(day), window.bucket(day))


def tier_move(program: Program, state: MemberState, at: int) -> TierMoved | None:
    """The move that the state after an event causes, None where the member stays.

    `at` is the instant of the event. The effect names the tiers before and after and the metric.
    """
    ladder = program.ladder
    if ladder is None:
        return None
    metric = tier_metric(program, state, at)
    before = tier_of(program, state)
    reached = reached_tier(ladder, metric)
    if reached.index <= ladder.by_id[before].index:
        return None
    return TierMoved(before, reached.id, metric)


def reached_tier(ladder: Ladder, metric: int) -> Tier:
    """The highest step whose threshold the metric reaches; the first step for a negative one."""
    found = ladder.tiers[0]
    for tier in ladder.tiers:
        if tier.at_least > metric:
            break
        found = tier
    return found


def progress(program: Program, state: MemberState, at: int) -> Progress:
    """Where a member stands at an instant and how much is missing for the next step."""
    ladder = program.ladder
    if ladder is None:
        return Progress("", 0)
    tier = ladder.by_id[tier_of(program, state)]
    metric = tier_metric(program, state, at)
    if tier.index + 1 == len(ladder.tiers):
        return Progress(tier.id, metric)
    following = ladder.tiers[tier.index + 1]
    needed = max(following.at_least - metric, 0)
    return Progress(tier.id, metric, following.id, following.at_least, needed)
