"""The door of the one write path: events in, decisions out.

    intake = Intake(pool, connect, programs=..., members=..., rewards=..., clock=...)
    outcomes = await intake.submit(submissions)

`submit` answers in the order of its submissions. It waits while a group is in flight; whatever
waits then becomes the next group. A caller that is cancelled gets no answer, but its events are
recorded all the same.
"""

from regulars.intake.connecting import connector
from regulars.intake.measures import measure
from regulars.intake.requests.claims import (
    Mark,
    RequestClaims,
    RequestConflict,
    RequestInProgress,
)
from regulars.intake.submit import Intake
from regulars.intake.upkeep import (
    MEMBERS_PER_ROUND,
    due_event,
    finish_moves,
    finish_parked,
    post_due,
)

__all__ = [
    "MEMBERS_PER_ROUND",
    "Intake",
    "Mark",
    "RequestClaims",
    "RequestConflict",
    "RequestInProgress",
    "connector",
    "due_event",
    "finish_moves",
    "finish_parked",
    "measure",
    "post_due",
]
