"""Folds one member's journal from the beginning: what verify compares with and rebuild writes.

It never decides anything: the recorded effects are applied as they are, by the function that
applied them when they were decided.
"""

from collections.abc import Sequence

import msgspec

from regulars.core.effects import RefundProgress, TierMoved
from regulars.core.facade import Working, fold_into, postings
from regulars.core.state import LotBook, MemberState
from regulars.ledger.contracts import StoredEntry
from regulars.ledger.hashing import FIRST, entry_hash


class Folded(msgspec.Struct):
    """A member as the journal says; `problems` are breaks in the chain or in the folding."""

    state: MemberState
    lots: LotBook
    progress: dict[int, RefundProgress]
    seq: int
    head: bytes
    posted: dict[tuple[str, int, int], tuple[int, int]]
    problems: list[str]


def first_state(
    enrolled_at: int, stored: MemberState, entries: Sequence[StoredEntry]
) -> MemberState:
    """The state at enrolment: the first tier is the one that the first tier move left."""
    for recorded in entries:
        for effect in (*recorded.entry.due, *recorded.entry.effects):
            if isinstance(effect, TierMoved):
                return _enrolled(enrolled_at, effect.before)
    return _enrolled(enrolled_at, stored.tier)


def _enrolled(enrolled_at: int, tier: str) -> MemberState:
    return MemberState(enrolled_at=enrolled_at, tier=tier, tier_since=enrolled_at if tier else 0)


def fold_member(
    member_id: int, first: MemberState, entries: Sequence[tuple[StoredEntry, bytes]]
) -> Folded:
    """Fold `entries` (each with its stored body) in sequence order, checking the hash chain."""
    work = Working(first, {}, {})
    head, expected = FIRST, 1
    problems: list[str] = []
    posted: dict[tuple[str, int, int], tuple[int, int]] = {}
    for stored, body in entries:
        if stored.seq != expected or stored.entry.seq != stored.seq:
            problems.append(f"entry {stored.seq} stands where {expected} should")
        expected = stored.seq + 1
        if stored.entry.event.occurred_at != stored.occurred_at:
            problems.append(f"entry {stored.seq}: occurred_at differs from its body's")
        head = entry_hash(member_id, stored.seq, stored.occurred_at, stored.recorded_at, head, body)
        if head != stored.hash:
            problems.append(f"entry {stored.seq}: the hash does not match its content")
            head = stored.hash
        try:
            fold_into(work, stored.entry)
        except (AssertionError, KeyError) as error:
            problems.append(f"entry {stored.seq} cannot be folded: {error}")
            break
        for posting in postings((*stored.entry.due, *stored.entry.effects)):
            key = (posting.currency, posting.debit, posting.credit)
            amount, count = posted.get(key, (0, 0))
            posted[key] = (amount + posting.amount, count + 1)
    return Folded(
        work.state, work.lots, work.progress_changed, expected - 1, head, posted, problems
    )
