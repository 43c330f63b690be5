"""The fold of one entry: its due effects, its effects, and what its instant means.

What an entry contributes besides its effects: `event.occurred_at` moves `latest_occurred_at` (a
refused event does too) and dates a tier move. Purchases are counted by the counter
`purchases/lifetime`, as an effect like any other.
"""

from collections.abc import Mapping

from regulars.core.decision import Entry, Facts
from regulars.core.effects import RefundProgress
from regulars.core.folding.applying import apply
from regulars.core.folding.due import earliest_due_at, first_due, first_upcoming
from regulars.core.folding.working import Working
from regulars.core.state import LotBook, MemberState


def fold(
    state: MemberState,
    lots: LotBook | None,
    progress: Mapping[int, RefundProgress],
    entry: Entry,
) -> Working:
    """The member after `entry`: its due effects, then its effects, then what its instant means.

    To fold a long journal, make one `Working`, let it `follow` what comes due, and give each entry
    to `fold_into`.
    """
    work = Working(state, lots, progress)
    fold_into(work, entry)
    return work


def fold_into(work: Working, entry: Entry | Facts) -> None:
    """Fold `entry` into a working copy."""
    work.soonest = 0
    work.seq = entry.seq
    work.at = entry.event.occurred_at
    for effect in entry.due:
        apply(work, effect)
    for effect in entry.effects:
        apply(work, effect)
    finish(work)


def finish(work: Working) -> None:
    """End an entry: `latest_occurred_at` moves, and `next_due_at` where its instant has passed.

    Opening a lot or a hold brings `next_due_at` forward at once; only here is it set back, by
    looking at the lots, which are loaded then since something might have been due. What this entry
    brought forward stands even if it is gone again, as it does where no lots were loaded.
    """
    state = work.state
    if work.at > state.latest_occurred_at:
        state.latest_occurred_at = work.at
    if 0 < state.next_due_at <= state.latest_occurred_at and work.dues_loaded:
        heap = work.upcoming
        lots_due = first_due(work.lots) if heap is None else first_upcoming(heap, work.lots)
        due = earliest_due_at(state, lots_due, work.rest_due_at)
        soonest = work.soonest
        state.next_due_at = soonest if 0 < soonest < due or due == 0 else due
