"""Brings forward and finishes what nobody has come for: due effects, interrupted moves, and refunds
whose purchase came after all or never did.

Nothing here is needed for a right answer (each decision first posts what is due, and whoever comes
next ends a move); it keeps the books current for members who stay away. Safe in several processes.
"""

from collections.abc import Sequence

from regulars.core.events import Due, Event
from regulars.intake.contracts import Submission
from regulars.intake.moving import FOR_EVER_US, decode_move
from regulars.intake.pending import REGULARS_SOURCE, Pending, decode_parked
from regulars.intake.queries import SQL
from regulars.intake.submit import Intake
from regulars.platform.arrays import Int8Column
from regulars.platform.clock import MICROSECONDS_PER_DAY
from regulars.platform.database import Pool

MEMBERS_PER_ROUND = 500
MOVE_US_OVERDUE = 10_000_000


async def post_due(pool: Pool, intake: Intake, now: int, *, most: int = MEMBERS_PER_ROUND) -> int:
    """Post what time has made due for some members; answers how many were looked at.

    Members whose due day is today may have nothing due yet: they are looked at and left as they
    are, so call it again after midnight rather than at once.
    """
    async with pool.connection() as connection:
        cursor = await connection.execute(
            SQL.due_members, {"day": now // MICROSECONDS_PER_DAY - 1, "most": most}
        )
        rows = await cursor.fetchall()
    await intake.submit([due_event(row[0], row[1], row[2]) for row in rows])
    return len(rows)


def due_event(program_id: int, member_id: int, seq: int) -> Submission:
    """The event that posts what is due for a member whose journal ends at `seq`."""
    event = Event("due", REGULARS_SOURCE, f"due:{member_id}:{seq + 1}", 0, Due())
    return Submission(program_id, member_id, event, FOR_EVER_US)


async def finish_moves(
    pool: Pool,
    intake: Intake,
    now: int,
    *,
    members: Sequence[int] = (),
    overdue_us: int = MOVE_US_OVERDUE,
) -> int:
    """Record the second step of moves that were interrupted after the first; answers how many.

    With `members` only those towards them, whatever their age: for whoever comes next.
    """
    async with pool.connection() as connection:
        cursor = await connection.execute(
            SQL.moves_towards,
            {
                "members": Int8Column(members),
                "before": now if members else now - overdue_us,
                "most": MEMBERS_PER_ROUND,
            },
        )
        rows = await cursor.fetchall()
    await intake.finish([decode_move(row[0], row[3], row[4]) for row in rows])
    return len(rows)


async def finish_parked(pool: Pool, intake: Intake, now: int) -> tuple[int, int]:
    """Record parked events whose purchase has come, and let those expire that waited long enough;
    answers how many of each."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            SQL.parked_whose_purchase_came, {"most": MEMBERS_PER_ROUND}
        )
        came: list[Pending] = [decode_parked(row[0]) for row in await cursor.fetchall()]
    await intake.finish(came)
    async with pool.connection() as connection:
        cursor = await connection.execute(SQL.expire_parked, {"now": now})
        expired = await cursor.fetchall()
    return len(came), len(expired)
