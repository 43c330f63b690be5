"""What the loader must fetch: nothing for most purchases, and never less than `decide` looks at."""

from typing import Any

import pytest
from msgspec.structs import replace
from tests.core.engine import DAY, PLAIN, START, Journal, compiled, meadow

from regulars.core.events import (
    Activity,
    Adjustment,
    Attributes,
    Body,
    Capture,
    Close,
    Confirm,
    Due,
    Event,
    Exchange,
    Hold,
    MoveIn,
    MoveOut,
    Purchase,
    Refund,
    Void,
)
from regulars.core.needs import DUES, HISTORY, LOTS, NOTHING, Needs, is_due, needs
from regulars.core.state import MemberState, OpenHold, Wallet

PROGRAM = meadow()
CART = Purchase(())
SEVEN = Needs(True, (7,), (7,))

CASES: list[tuple[Body, Needs]] = [
    (CART, NOTHING),
    (Activity(), NOTHING),
    (Attributes(), NOTHING),
    (Due(), NOTHING),
    (Capture(3), NOTHING),
    (Adjustment("points", 5, "x", "y"), NOTHING),
    (MoveIn(1, 1, (), "x"), NOTHING),
    (MoveIn(1, 1, (), "x", debts=(("points", 5),)), LOTS),
    (Adjustment("points", -5, "x", "y"), LOTS),
    (Hold("five-euros", CART), LOTS),
    (Void(3), LOTS),
    (Confirm(7), LOTS),
    (Close("x"), LOTS),
    (MoveOut(1, "x"), LOTS),
    (Refund(7), SEVEN),
    (Exchange(Refund(7), CART), SEVEN),
]
IDS = [type(body).__name__ for body, _ in CASES]


@pytest.mark.parametrize(("body", "expected"), CASES, ids=IDS)
def test_what_a_kind_of_event_needs(body: Body, expected: Needs) -> None:
    state = MemberState(next_due_at=START + 1, latest_occurred_at=START - 1)
    assert needs(PROGRAM, state, Event("x", "s", "1", START, body)) == expected


@pytest.mark.parametrize(("body", "expected"), CASES, ids=IDS)
def test_every_kind_needs_the_due_lots_once_something_is_due(body: Body, expected: Needs) -> None:
    state = MemberState(next_due_at=START, latest_occurred_at=START - 1)
    wanted = DUES if expected == NOTHING else expected
    assert needs(PROGRAM, state, Event("x", "s", "1", START, body)) == wanted


LAPSED = OpenHold(7, "five-euros", "points", 500, 500, START, ())


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"holds": (LAPSED,)}, LOTS),
        ({"holds": (replace(LAPSED, expires_at=START + 1),)}, DUES),
        ({"wallets": {"points": Wallet(touched_at=1, expires_at=START)}}, LOTS),
        ({"wallets": {"points": Wallet(touched_at=1, expires_at=START + 1)}}, DUES),
        ({"holds": (LAPSED,), "next_due_at": START + 1}, NOTHING),
    ],
    ids=["hold lapsed", "hold open", "wallet ended", "wallet slides", "nothing due"],
)
def test_what_changes_other_lots_than_those_due_needs_all(
    more: dict[str, Any], expected: Needs
) -> None:
    state = MemberState(**{"next_due_at": START, "latest_occurred_at": START - 1, **more})
    for body in (CART, Activity(), Due(), Capture(7)):
        assert needs(PROGRAM, state, Event("x", "s", "1", START, body)) == expected
    before = replace(state, latest_occurred_at=START)
    assert needs(PROGRAM, before, Event("x", "s", "1", START - DAY, Due())) == expected


@pytest.mark.parametrize(
    ("late_by", "status", "expected"),
    [
        (0, "active", NOTHING),
        (1, "active", HISTORY),
        (60 * DAY, "active", HISTORY),
        (60 * DAY + 1, "active", NOTHING),
        (1, "closed", NOTHING),
    ],
)
def test_a_late_event_needs_the_history_within_the_window(
    late_by: int, status: str, expected: Needs
) -> None:
    state = MemberState(status=status, latest_occurred_at=START + late_by)
    for body in (CART, Activity()):
        assert needs(PROGRAM, state, Event("x", "s", "1", START, body)) == expected
    assert needs(PROGRAM, state, Event("x", "s", "1", START, Due())) == NOTHING


def test_what_is_due_by_the_latest_decided_instant_is_due() -> None:
    state = MemberState(next_due_at=START, latest_occurred_at=START)
    assert is_due(state, START - DAY)
    assert not is_due(MemberState(latest_occurred_at=START), START + DAY)


SLIDING = compiled(
    PLAIN.replace(
        "expiry: {kind: fixed, after: 12 months}", "expiry: {kind: sliding, after: 10 days}"
    )
    .replace('breakage: "0",', 'breakage: "0", clawback: negative,')
    .replace("currencies:", "late_window: 1 day\ncurrencies:")
)


def test_what_came_due_and_went_within_one_entry_is_looked_for_once() -> None:
    journal = Journal(SLIDING)
    journal.buy(10_000, START)
    journal.do(Adjustment("points", -100, "x", "anna"), START)
    journal.do(Refund(1), START)
    journal.do(Due(), START + 20 * DAY)
    assert journal.balances() == (0, 0, 0, -100)
    assert journal.state.next_due_at == 0
    # A lot of a wallet that has ended already; it pays debt, and nothing of it is left to expire.
    journal.buy(5_000, START + 5 * DAY)
    assert journal.balances() == (0, 0, 0, -50)
    assert journal.state.next_due_at == START + 15 * DAY
    journal.visit(START + 21 * DAY)
    assert journal.state.next_due_at == 0
