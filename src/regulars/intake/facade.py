"""The door of the one write path: events in, decisions out.

    intake = Intake(pool, programs, clock)
    outcomes = await intake.submit(submissions)

`submit` answers in the order of its submissions. It waits while a group is in flight; whatever
waits then becomes the next group. A caller that is cancelled gets no answer, but its events are
recorded all the same.
"""

from regulars.intake.submit import Intake

__all__ = ["Intake"]
