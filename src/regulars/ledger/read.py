"""Read-only answers about one member: state with lots, a page of history, one entry.

A read takes state and lots in one snapshot, so that balances never mix two moments.
"""

from collections.abc import Sequence

from regulars.core.state import Lot, LotBook
from regulars.ledger.contracts import LoadedMember, Receipt, StoredEntry
from regulars.ledger.errors import EntryNotFound
from regulars.ledger.hashing import FIRST
from regulars.ledger.load import (
    SHARD_MASK,
    loaded_member,
    read_entries,
    read_stored,
    stored_entry,
)
from regulars.ledger.queries import SQL
from regulars.platform.database import Connection, Pool, autocommit

SEQ_MAX = 2**31 - 1


async def read_member(pool: Pool, member_id: int) -> tuple[LoadedMember, LotBook] | None:
    """State and open lots of one member as of one moment; None where there is no such member."""
    key = {"shard": member_id & SHARD_MASK, "member_id": member_id}
    async with autocommit(pool) as connection:
        row = await (await connection.execute(SQL.read_member, key)).fetchone()
    if row is None:
        return None
    state, columns = row[:5], row[5:]
    lots = map(Lot, *columns) if columns[0] else ()
    return loaded_member(state), {lot.lot: lot for lot in lots}


async def read_history(
    connection: Connection, member_id: int, *, before: int = SEQ_MAX, most: int = 50
) -> Sequence[StoredEntry]:
    """Up to `most` entries with a sequence number below `before`, newest first."""
    cursor = await connection.execute(
        SQL.history,
        {
            "shard": member_id & SHARD_MASK,
            "member_id": member_id,
            "before": before,
            "most": most,
        },
    )
    return [stored_entry(row) for row in await cursor.fetchall()]


async def read_entry(connection: Connection, member_id: int, seq: int) -> StoredEntry:
    """One entry. Raises EntryNotFound."""
    found = await read_entries(connection, [(member_id, seq)])
    if (member_id, seq) not in found:
        raise EntryNotFound(member_id, seq)
    return found[member_id, seq]


async def read_receipt(connection: Connection, member_id: int, seq: int) -> Receipt:
    """What anyone needs to recompute an entry's hash. Raises EntryNotFound, also where the entry
    before it is missing."""
    rows = await read_stored(connection, [(member_id, seq), (member_id, seq - 1)])
    entry, before = rows.get((member_id, seq)), rows.get((member_id, seq - 1))
    if entry is None or (before is None and seq > 1):
        raise EntryNotFound(member_id, seq)
    _, _, occurred_at, recorded_at, digest, body = entry
    previous = FIRST if before is None else before[4]
    return Receipt(member_id, seq, occurred_at, recorded_at, previous, digest, body)
