"""The fold of one entry: what its instant means, and that it asks for no more than it changes."""

from tests.core.folding.entries import OPEN, entry

from regulars.core.effects import StatusSet, TierMoved
from regulars.core.folding.fold import fold
from regulars.core.state import MemberState


def test_opening_a_lot_needs_no_loaded_lots() -> None:
    work = fold(MemberState(), None, {}, entry(OPEN))
    assert work.book() is None
    assert work.lots_changed[1] is work.lots[1]


def test_the_entry_says_when() -> None:
    first = fold(MemberState(), {}, {}, entry(TierMoved("", "gold", 9), at=100)).state
    assert (first.tier, first.tier_since, first.latest_occurred_at) == ("gold", 100, 100)
    late = fold(first, {}, {}, entry(StatusSet("merged", 3), at=50)).state
    assert (late.latest_occurred_at, late.status, late.merged_into) == (100, "merged", 3)
