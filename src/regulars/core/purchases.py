"""The events that earn: a purchase, any other activity, and the purchase of an exchange.

An event that comes late, and within the program's window, revises what came after it (`late.py`);
one that comes later still, or before one that cannot be revised, is decided on the state of now,
and its trace says so.
"""

from regulars.core.crediting import credit
from regulars.core.earning.earn import earn
from regulars.core.events import Activity, Purchase
from regulars.core.late import PURCHASE, check_history, comes_before_facts, revise
from regulars.core.needs import is_late
from regulars.core.redemption.holds import link
from regulars.core.trace import late
from regulars.core.turn import Turn


def earn_purchase(turn: Turn, body: Purchase) -> None:
    """Tie the redemptions that paid for it, count the purchase, earn."""
    if body.redemptions:
        link(turn, body)
    _earn(turn, PURCHASE, body)


def earn_activity(turn: Turn, body: Activity) -> None:
    """Earn on an event that is no order."""
    _earn(turn, turn.event.type, body)


def _earn(turn: Turn, kind: str, body: Purchase | Activity) -> None:
    state = turn.member.state
    if turn.event.occurred_at < state.latest_occurred_at:
        if is_late(turn.program, state, turn.event):
            check_history(turn)
            if not comes_before_facts(turn, kind):
                revise(turn, kind, body)
                return
        subject = turn.subject(kind, body)
        credit(turn, earn(turn.program, subject), subject.tier)
        turn.trace = (*turn.trace, late(turn.event.occurred_at, state.latest_occurred_at))
        return
    subject = turn.subject(kind, body)
    credit(turn, earn(turn.program, subject), subject.tier)
