"""Settles reservations: used by a decision, released unused, given back after use, or swept.

What goes back to counters is summed by name and returned in the order of the names, after the
reservation rows are locked, as everywhere in this room.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from regulars.platform.arrays import UuidColumn
from regulars.platform.clock import Instant
from regulars.platform.database import Executor
from regulars.rewards.contracts import Swept
from regulars.rewards.errors import ReservationLost
from regulars.rewards.queries import SQL
from regulars.rewards.reserve import VOUCHER


async def settle(
    connection: Executor, program_id: int, used: Sequence[str], released: Sequence[str]
) -> None:
    """Mark what recorded decisions used, and release what they did not. Raises ReservationLost."""
    if used:
        wanted = _sorted(used)
        cursor = await connection.execute(SQL.mark_used, _rows(program_id, wanted))
        standing = {row[0] for row in await cursor.fetchall()}
        lost = tuple(str(item) for item in wanted if item not in standing)
        if lost:
            raise ReservationLost(lost)
    if released:
        await _release(connection, program_id, released, state="reserved", withdrawn=False)


async def give_back(
    connection: Executor, program_id: int, reservations: Sequence[str], codes_shown: bool
) -> None:
    """Return what a recorded decision had used."""
    if reservations:
        await _release(connection, program_id, reservations, state="used", withdrawn=codes_shown)


async def sweep(connection: Executor, older_than: Instant, limit: int) -> Swept:
    """Release what was reserved long ago for events that were never recorded."""
    parameters = {"older_than": older_than, "row_limit": limit}
    cursor = await connection.execute(SQL.stale_reservations, parameters)
    stale: dict[int, list[str]] = defaultdict(list)
    unsettled = 0
    for program_id, reservation, recorded in await cursor.fetchall():
        if recorded:
            unsettled += 1
        else:
            stale[program_id].append(str(reservation))
    for program_id, reservations in sorted(stale.items()):
        await _release(connection, program_id, reservations, state="reserved", withdrawn=False)
    return Swept(sum(map(len, stale.values())), unsettled)


async def _release(
    connection: Executor,
    program_id: int,
    reservations: Iterable[str],
    *,
    state: str,
    withdrawn: bool,
) -> None:
    parameters = _rows(program_id, _sorted(reservations)) | {"state": state}
    cursor = await connection.execute(SQL.mark_released, parameters)
    amounts: dict[str, int] = defaultdict(int)
    codes: list[bytes] = []
    for reservation, name, amount in await cursor.fetchall():
        if name.startswith(VOUCHER + "/"):
            codes.append(reservation.bytes)
        else:
            amounts[name] += amount
    for name, amount in sorted(amounts.items()):
        returned = {"program_id": program_id, "name": name, "amount": amount}
        await connection.execute(SQL.return_to_counter, returned)
    if codes:
        freed = {
            "program_id": program_id,
            "reservations": UuidColumn(codes),
            "withdrawn": withdrawn,
        }
        await connection.execute(SQL.return_codes, freed)


def _sorted(reservations: Iterable[str]) -> list[UUID]:
    return sorted({UUID(text) for text in reservations})


def _rows(program_id: int, reservations: Sequence[UUID]) -> dict[str, object]:
    return {
        "program_id": program_id,
        "reservations": UuidColumn([item.bytes for item in reservations]),
    }
