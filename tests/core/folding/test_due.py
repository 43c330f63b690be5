"""Due: when something will next change by time alone."""

from tests.core.folding.entries import OPEN, PENDING, entry

from regulars.core.effects import HoldOpened
from regulars.core.folding.due import next_due_at
from regulars.core.folding.fold import fold
from regulars.core.state import MemberState


def test_next_due_is_the_earliest_of_lots_and_holds() -> None:
    work = fold(MemberState(), {}, {}, entry(OPEN, PENDING, HoldOpened(7, "r", "p", 1, 1, 200, ())))
    assert next_due_at(work.state, work.lots) == work.state.next_due_at == 200
