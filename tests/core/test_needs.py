"""What the loader must fetch: nothing for most purchases, and never less than `decide` looks at."""

import pytest
from tests.core.engine import DAY, START, meadow

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
from regulars.core.needs import HISTORY, LOTS, NOTHING, Needs, is_due, needs
from regulars.core.state import MemberState

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


@pytest.mark.parametrize("body", [body for body, _ in CASES], ids=IDS)
def test_every_kind_needs_the_lots_once_something_is_due(body: Body) -> None:
    state = MemberState(next_due_at=START, latest_occurred_at=START - 1)
    assert needs(PROGRAM, state, Event("x", "s", "1", START, body)).lots


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
