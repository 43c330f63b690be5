"""Folds one member's journal from the beginning: what verify compares with and rebuild writes.

It never decides anything: the recorded effects are applied as they are, by the function that
applied them when they were decided. An entry is folded and let go, however long the journal is.
"""

import msgspec

from regulars.core.effects import RefundProgress
from regulars.core.facade import (
    PostedSums,
    UnreadableEntry,
    Working,
    add_postings,
    decode_facts,
    fold_into,
)
from regulars.core.state import LotBook, MemberState
from regulars.ledger.hashing import FIRST, entry_hash


class Folded(msgspec.Struct):
    """A member as the journal says; `problems` are breaks in the chain or in the folding."""

    state: MemberState
    lots: LotBook
    progress: dict[int, RefundProgress]
    seq: int
    head: bytes
    posted: PostedSums
    problems: list[str]


class Folding:
    """One member, entry by entry in sequence order. Use it once."""

    def __init__(self, member_id: int, enrolled_at: int) -> None:
        self.entries = 0
        self._member_id = member_id
        self._enrolled_at = enrolled_at
        self._work = Working(MemberState(enrolled_at=enrolled_at), {}, {}).follow()
        self._head = FIRST
        self._expected = 1
        self._posted: PostedSums = {}
        self._problems: list[str] = []
        self._is_broken = False

    def take(
        self, seq: int, occurred_at: int, recorded_at: int, digest: bytes, body: bytes
    ) -> None:
        """Check an entry's place in the chain and fold it; after one that cannot be folded, the
        rest is only counted."""
        self.entries += 1
        if self._is_broken:
            return
        problems = self._problems
        if seq != self._expected:
            problems.append(f"entry {seq} stands where {self._expected} should")
        self._expected = seq + 1
        head = entry_hash(self._member_id, seq, occurred_at, recorded_at, self._head, body)
        if head != digest:
            problems.append(f"entry {seq}: the hash does not match its content")
        self._head = digest
        try:
            facts = decode_facts(body)
            if facts.seq != seq:
                problems.append(f"entry {seq} says that it is entry {facts.seq}")
            if facts.event.occurred_at != occurred_at:
                problems.append(f"entry {seq}: occurred_at differs from its body's")
            fold_into(self._work, facts)
        except (AssertionError, KeyError, UnreadableEntry) as error:
            problems.append(f"entry {seq} cannot be folded: {error}")
            self._is_broken = True
            return
        add_postings(self._posted, facts.due)
        add_postings(self._posted, facts.effects)

    def folded(self, stored: MemberState) -> Folded:
        """What the entries say. The first tier is no effect: of a member who never moved it is the
        stored one."""
        work = self._work
        state = work.state
        if not state.tier and stored.tier:
            state.tier, state.tier_since = stored.tier, self._enrolled_at
        return Folded(
            state,
            work.lots,
            work.progress_changed,
            self._expected - 1,
            self._head,
            self._posted,
            self._problems,
        )
