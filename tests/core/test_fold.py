"""The fold: each effect's meaning, counters that forget alike, and when something is due next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.accounts import Account
from regulars.core.counters import count
from regulars.core.decision import Entry
from regulars.core.effects import (
    Counted,
    Effect,
    HoldClosed,
    HoldOpened,
    LotActivated,
    LotDrawn,
    LotOpened,
    LotRestored,
    Moved,
    RefundProgress,
    StatusSet,
    TierMoved,
    Touched,
)
from regulars.core.events import Due, Event
from regulars.core.fold import CAPTURED_KEPT, Posting, fold, next_due_at, postings
from regulars.core.packed import Counter, unpacked
from regulars.core.periods import counter_window
from regulars.core.state import MemberState

OPEN = LotOpened(1, "p", 10, Account.ISSUED, Account.ACTIVE, 5, 0, 900, "base")
PENDING = LotOpened(2, "p", 4, Account.ISSUED, Account.PENDING, 5, 300, 0, "base")


def entry(*effects: Effect, at: int = 100, due: tuple[Effect, ...] = ()) -> Entry:
    event = Event("due", "s", "1", at, Due())
    return Entry(1, 1, "z", event, None, due, effects, seq=7)


def test_a_lot_is_opened_drawn_activated_and_restored() -> None:
    work = fold(MemberState(), {}, {}, entry(OPEN, PENDING))
    assert (work.state.wallets["p"].active, work.state.wallets["p"].pending) == (10, 4)
    assert (work.state.next_lot, work.state.next_due_at, work.lots[1].seq) == (3, 300, 7)
    draw = LotDrawn(1, "p", 10, Account.ACTIVE, Account.HELD)
    activate = LotActivated(2, "p", 4, Account.PENDING, Account.ACTIVE, 300)
    after = fold(work.state, work.lots, {}, entry(draw, activate, at=300))
    assert list(after.lots) == [2]
    assert after.lots_changed == {1: None, 2: after.lots[2]}
    assert (after.state.wallets["p"].active, after.state.wallets["p"].held) == (4, 10)
    assert after.state.next_due_at == 0
    back = LotRestored(1, "p", 10, Account.HELD, Account.ACTIVE, 5, 0, 900, "base", 7)
    restored = fold(after.state, after.lots, {}, entry(back, at=300))
    assert restored.lots[1] == work.lots[1]
    assert restored.state.next_due_at == 900
    assert work.lots[2].pending and not after.lots[2].pending


def test_opening_a_lot_needs_no_loaded_lots() -> None:
    work = fold(MemberState(), None, {}, entry(OPEN))
    assert work.book() is None
    assert work.lots_changed[1] is work.lots[1]


def test_a_draw_beyond_what_remains_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="below zero"):
        fold(MemberState(), {}, {}, entry(OPEN, LotDrawn(1, "p", 11, Account.ACTIVE, Account.HELD)))


def test_captured_redemptions_are_remembered_up_to_a_bound() -> None:
    state = MemberState()
    for number in range(CAPTURED_KEPT + 2):
        opened = HoldOpened(number, "r", "p", 1, 1, 500, ())
        closed = HoldClosed(number, "captured", "r", "p", 1, 1)
        state = fold(state, {}, {}, entry(opened, closed)).state
    assert state.holds == ()
    assert [hold.hold for hold in state.captured] == list(range(2, CAPTURED_KEPT + 2))


def test_the_entry_says_when() -> None:
    first = fold(MemberState(), {}, {}, entry(TierMoved("", "gold", 9), at=100)).state
    assert (first.tier, first.tier_since, first.latest_occurred_at) == ("gold", 100, 100)
    late = fold(first, {}, {}, entry(StatusSet("merged", 3), at=50)).state
    assert (late.latest_occurred_at, late.status, late.merged_into) == (100, "merged", 3)


def test_refund_progress_is_replaced_not_added() -> None:
    work = fold(MemberState(), {}, {4: RefundProgress(4, ())}, entry(RefundProgress(4, (), True)))
    assert work.refunded(4) == RefundProgress(4, (), True)
    assert work.progress_changed == {4: RefundProgress(4, (), True)}


def test_a_touch_only_moves_forward() -> None:
    state = fold(MemberState(), {}, {}, entry(Touched("p", 100, 900))).state
    state = fold(state, {}, {}, entry(Touched("p", 50, 800))).state
    assert (state.wallets["p"].touched_at, state.wallets["p"].expires_at) == (100, 900)


def test_postings_are_one_row_per_movement() -> None:
    moved = Moved("p", 3, Account.HELD, Account.REDEEMED)
    assert postings((OPEN, Counted("x/day", 1, 1), moved)) == [
        Posting("p", 10, Account.ISSUED, Account.ACTIVE, 1),
        Posting("p", 3, Account.HELD, Account.REDEEMED, 0),
    ]


def test_next_due_is_the_earliest_of_lots_and_holds() -> None:
    work = fold(MemberState(), {}, {}, entry(OPEN, PENDING, HoldOpened(7, "r", "p", 1, 1, 200, ())))
    assert next_due_at(work.state, work.lots) == work.state.next_due_at == 200


periods = st.sampled_from(
    ["day", "week", "month", "quarter", "year", "lifetime", "1d", "30d", "365d"]
)
steps = st.lists(st.tuples(st.integers(20_000, 20_400), st.integers(-5, 9)), max_size=30)


@given(periods, steps)
def test_a_counter_stays_ascending_positive_and_bounded(
    period: str, counts: list[tuple[int, int]]
) -> None:
    name = f"uses/x/{period}"
    window = counter_window(name)
    counter: Counter = ()
    for day, amount in counts:
        counter = count(counter, name, window.bucket(day), amount)
        pairs = unpacked(counter)
        buckets, values = pairs[::2], pairs[1::2]
        assert list(buckets) == sorted(set(buckets))
        assert all(value > 0 for value in values)
        if buckets:
            assert buckets[0] >= window.keeps_from(buckets[-1])
            assert len(buckets) <= max(window.days, 2)


@given(periods, st.lists(st.integers(20_000, 20_400), min_size=1, max_size=30))
def test_a_counter_forgets_nothing_that_its_window_still_needs(
    period: str, days: list[int]
) -> None:
    name = f"uses/x/{period}"
    window = counter_window(name)
    counter: Counter = ()
    for day in sorted(days):
        counter = count(counter, name, window.bucket(day), 1)
    pairs = unpacked(counter)
    today = max(days)
    kept = sum(
        value
        for bucket, value in zip(pairs[::2], pairs[1::2], strict=True)
        if bucket >= window.since(today)
    )
    assert kept == sum(window.bucket(day) >= window.since(today) for day in days)
