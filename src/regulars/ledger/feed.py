"""The feed: what has been recorded, in an order in which nothing comes in behind a reader.

A group's outbox row carries the id of its transaction, or that of one which ended before the row
was written if that is later: so a member's entries come in their order. Rows are shown once no
transaction that could still add an earlier one is in flight, so a row that commits late is never
skipped. A cursor is text: `generation.xid.outbox_id.position`; the generation grows when a backup
is restored.
"""

from collections.abc import Sequence

from msgspec import Struct

from regulars.ledger.contracts import StoredEntry
from regulars.ledger.errors import InvalidCursor
from regulars.ledger.load import read_entries
from regulars.ledger.queries import SQL
from regulars.platform.database import Connection

GROUPS_PER_READ = 64


class FeedItem(Struct, frozen=True):
    """One entry of the feed. `cursor` is what to pass as `after` to go on behind it."""

    cursor: str
    stored: StoredEntry


async def read_feed(
    connection: Connection, program_id: int, after: str, most: int
) -> Sequence[FeedItem]:
    """Up to `most` entries after a cursor ("" for the beginning). Raises InvalidCursor."""
    generation, xid, outbox_id, position = _parse(after)
    cursor = await connection.execute(
        SQL.feed,
        {
            "program_id": program_id,
            "generation": generation,
            "xid": str(xid),
            "outbox_id": outbox_id,
            "most": min(GROUPS_PER_READ, most + 1),
        },
    )
    keys: list[tuple[str, tuple[int, int]]] = []
    for row_generation, row_xid, row_id, _, members, seqs in await cursor.fetchall():
        seen = position if (row_generation, row_xid, row_id) == (generation, xid, outbox_id) else 0
        for index in range(seen, len(members)):
            name = f"{row_generation}.{row_xid}.{row_id}.{index + 1}"
            keys.append((name, (members[index], seqs[index])))
    keys = keys[:most]
    entries = await read_entries(connection, [key for _, key in keys])
    return [FeedItem(name, entries[key]) for name, key in keys]


async def oldest_unseen(connection: Connection) -> int:
    """When the oldest group was recorded that no reader is shown yet, 0 where there is none."""
    row = await (await connection.execute(SQL.oldest_unseen)).fetchone()
    return int(row[0]) if row is not None and row[0] is not None else 0


def _parse(after: str) -> tuple[int, int, int, int]:
    if not after:
        return 0, 0, 0, 0
    parts = after.split(".")
    if len(parts) != 4 or not all(
        part.isascii() and part.isdigit() and len(part) < 20 for part in parts
    ):
        raise InvalidCursor(after)
    generation, xid, outbox_id, position = (int(part) for part in parts)
    if generation >= 2**31 or outbox_id >= 2**63 or xid >= 2**63:
        raise InvalidCursor(after)
    return generation, xid, outbox_id, position
