"""Counters: totals that are declared, set, raised and lowered, but never below what is used."""

from collections.abc import Mapping, Sequence

from regulars.platform.arrays import Int8Column, TextColumn
from regulars.platform.database import Connection
from regulars.rewards.contracts import Level
from regulars.rewards.errors import BelowUsed, UnknownCounter
from regulars.rewards.queries import SQL


async def declare(
    connection: Connection, program_id: int, totals: Mapping[str, int]
) -> tuple[Level, ...]:
    """Set totals as a program version says, in one statement."""
    assert all(total >= 0 for total in totals.values()), "a total is not negative"
    parameters = {
        "program_id": program_id,
        "names": TextColumn(list(totals)),
        "totals": Int8Column(list(totals.values())),
    }
    cursor = await connection.execute(SQL.declare_totals, parameters)
    return tuple(Level(*row) for row in await cursor.fetchall())


async def set_total(connection: Connection, program_id: int, name: str, total: int) -> Level:
    """Set one total. Raises BelowUsed."""
    if total < 0:
        raise BelowUsed(name, total, 0)
    parameters = {"program_id": program_id, "name": name, "total": total}
    row = await (await connection.execute(SQL.set_total, parameters)).fetchone()
    if row is None:
        level = (await levels(connection, program_id, [name]))[name]
        raise BelowUsed(name, total, level.used)
    return Level(*row)


async def change_total(
    connection: Connection, program_id: int, name: str, difference: int
) -> Level:
    """Raise or lower one total. Raises BelowUsed, UnknownCounter."""
    parameters = {"program_id": program_id, "name": name, "difference": difference}
    row = await (await connection.execute(SQL.change_total, parameters)).fetchone()
    if row is None:
        found = await levels(connection, program_id, [name])
        if name not in found:
            raise UnknownCounter(name)
        raise BelowUsed(name, found[name].total + difference, found[name].used)
    return Level(*row)


async def levels(
    connection: Connection, program_id: int, names: Sequence[str] | None
) -> dict[str, Level]:
    """Counters as they stand."""
    parameters = {
        "program_id": program_id,
        "names": None if names is None else TextColumn(names),
    }
    cursor = await connection.execute(SQL.read_levels, parameters)
    return {row[0]: Level(*row) for row in await cursor.fetchall()}
