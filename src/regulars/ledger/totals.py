"""Program-side account totals: summed from a watermark, never updated on the write path.

Each group's outbox row carries its own sums; advancing adds those of the groups that are sure to be
all there, under the watermark's lock, so two advancers never count a group twice.
"""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from regulars.ledger.queries import SQL
from regulars.platform.arrays import Int2Column, TextColumn
from regulars.platform.database import Connection

GROUPS_PER_ADVANCE = 5_000

_decode = msgspec.msgpack.Decoder(list[tuple[str, int, int]]).decode

Totals = Mapping[tuple[str, int], int]


async def advance_totals(connection: Connection, program_id: int) -> int:
    """Add the next groups to the totals, in the caller's transaction; answers how many."""
    await connection.execute(SQL.first_watermark, {"program_id": program_id})
    cursor = await connection.execute(SQL.lock_watermark, {"program_id": program_id})
    row = await cursor.fetchone()
    assert row is not None, "made just before"
    generation, xid, outbox_id = row
    groups = await (
        await connection.execute(
            SQL.totals_after,
            {
                "program_id": program_id,
                "generation": generation,
                "xid": str(xid),
                "outbox_id": outbox_id,
                "most": GROUPS_PER_ADVANCE,
            },
        )
    ).fetchall()
    if not groups:
        return 0
    sums: dict[tuple[str, int], int] = defaultdict(int)
    for *_, totals in groups:
        for currency, account, amount in _decode(totals):
            sums[currency, account] += amount
    keys = sorted(sums)
    await connection.execute(
        SQL.add_totals,
        {
            "program_id": program_id,
            "currencies": TextColumn([currency for currency, _ in keys]),
            "accounts": Int2Column([account for _, account in keys]),
            "amounts": TextColumn([str(sums[key]) for key in keys]),
        },
    )
    last = groups[-1]
    await connection.execute(
        SQL.move_watermark,
        {
            "program_id": program_id,
            "generation": last[0],
            "xid": str(last[1]),
            "outbox_id": last[2],
        },
    )
    return len(groups)


async def read_totals(connection: Connection, program_id: int) -> Totals:
    """Units per (currency, account code) up to the watermark; credits minus debits."""
    cursor = await connection.execute(SQL.read_totals, {"program_id": program_id})
    return {(row[0], row[1]): int(row[2]) for row in await cursor.fetchall()}
