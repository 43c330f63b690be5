"""Each effect's meaning: what it changes in a member's state, lots and refund progress."""

import pytest
from tests.core.folding.entries import OPEN, PENDING, entry

from regulars.core.accounts import Account
from regulars.core.effects import (
    HoldClosed,
    HoldOpened,
    LotActivated,
    LotDrawn,
    LotRestored,
    RefundProgress,
    Touched,
)
from regulars.core.folding.applying import CAPTURED_KEPT
from regulars.core.folding.fold import fold
from regulars.core.state import MemberState


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


def test_refund_progress_is_replaced_not_added() -> None:
    work = fold(MemberState(), {}, {4: RefundProgress(4, ())}, entry(RefundProgress(4, (), True)))
    assert work.refunded(4) == RefundProgress(4, (), True)
    assert work.progress_changed == {4: RefundProgress(4, (), True)}


def test_a_touch_only_moves_forward() -> None:
    state = fold(MemberState(), {}, {}, entry(Touched("p", 100, 900))).state
    state = fold(state, {}, {}, entry(Touched("p", 50, 800))).state
    assert (state.wallets["p"].touched_at, state.wallets["p"].expires_at) == (100, 900)
