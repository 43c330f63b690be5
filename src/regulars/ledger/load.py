"""Reads what a group of events needs before it is decided.

Every function runs on the caller's connection and inside its transaction; where the connection is
in pipeline mode, a function that only queues says so. Decoding happens here; deciding does not.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from regulars.core.effects import RefundProgress
from regulars.core.facade import decode_entry
from regulars.core.state import Lot, LotBook, MemberState
from regulars.ledger.contracts import CheckpointAt, Claim, DueLots, LoadedMember, StoredEntry
from regulars.ledger.queries import SQL
from regulars.platform.arrays import Int2Column, Int4Column, Int8Column, UuidColumn
from regulars.platform.database import Executor

SHARD_MASK = 1023

_decode_state = msgspec.msgpack.Decoder(MemberState).decode
_decode_progress = msgspec.msgpack.Decoder(RefundProgress).decode


def in_lock_order(members: Iterable[int]) -> list[int]:
    """The one order in which members are locked: by (shard, member id)."""
    return sorted(set(members), key=lambda member: (member & SHARD_MASK, member))


def _keys(members: Sequence[int]) -> dict[str, object]:
    return {
        "shards": Int2Column([member & SHARD_MASK for member in members]),
        "members": Int8Column(members),
    }


async def lock_and_find(
    connection: Executor, members: Sequence[int], identities: Sequence[tuple[int, bytes]]
) -> tuple[dict[int, LoadedMember], dict[tuple[int, bytes], Claim]]:
    """Lock `members` (in lock order) and, after that, look up event identities.

    The claims are read by a later statement than the lock, so that a duplicate whose first copy
    held the lock is seen. One round trip where the connection is in pipeline mode.
    """
    locked = await connection.execute(SQL.lock_members, _keys(members))
    claims = await connection.execute(SQL.find_claims, _identities(identities))
    loaded = {row[0]: loaded_member(row) for row in await locked.fetchall()}
    return loaded, _claims(await claims.fetchall())


async def find_claims(
    connection: Executor, identities: Sequence[tuple[int, bytes]]
) -> dict[tuple[int, bytes], Claim]:
    """Which of the (program id, event key) pairs have been recorded."""
    cursor = await connection.execute(SQL.find_claims, _identities(identities))
    return _claims(await cursor.fetchall())


async def read_lots(connection: Executor, members: Sequence[int]) -> dict[int, LotBook]:
    """All open lots of the members, an empty book for a member without any."""
    cursor = await connection.execute(SQL.read_lots, _keys(members))
    books: dict[int, LotBook] = {member: {} for member in members}
    for row in await cursor.fetchall():
        books[row[0]][row[1]] = Lot(*row[1:])
    return books


async def read_due_lots(connection: Executor, untils: Mapping[int, int]) -> dict[int, DueLots]:
    """What is due for the members by their instants, sliding wallets apart."""
    keys = _keys(list(untils))
    keys["untils"] = Int8Column(list(untils.values()))
    cursor = await connection.execute(SQL.read_due_lots, keys)
    found = {member: DueLots({}, until, 0) for member, until in untils.items()}
    for member_id, *columns, due_at in await cursor.fetchall():
        due = found[member_id]
        if due_at > due.until:
            due.rest_due_at = due_at
        else:
            due.lots[columns[0]] = Lot(*columns)
    return found


async def read_entries(
    connection: Executor, wanted: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], StoredEntry]:
    """Entries by (member id, seq); those not found are left out."""
    rows = await read_stored(connection, wanted)
    return {key: stored_entry(row) for key, row in rows.items()}


async def read_stored(
    connection: Executor, wanted: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], tuple[Any, ...]]:
    """Rows of entries as they are stored, by (member id, seq); the columns of `stored_entry`."""
    cursor = await connection.execute(SQL.read_entries, _entry_keys(wanted))
    return {(row[0], row[1]): row for row in await cursor.fetchall()}


async def read_progress(
    connection: Executor, wanted: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], RefundProgress]:
    """What has come back so far, by (member id, purchase seq); nothing where nothing has."""
    cursor = await connection.execute(SQL.read_progress, _entry_keys(wanted))
    return {(row[0], row[1]): _decode_progress(row[2]) for row in await cursor.fetchall()}


async def read_all_progress(connection: Executor, member_id: int) -> dict[int, RefundProgress]:
    """What has come back of any purchase of a member, by the purchase's seq."""
    cursor = await connection.execute(
        SQL.all_progress, {"shard": member_id & SHARD_MASK, "member_id": member_id}
    )
    return {row[1]: _decode_progress(row[2]) for row in await cursor.fetchall()}


async def read_since_checkpoint(
    connection: Executor, member_id: int, occurred_at: int
) -> tuple[CheckpointAt | None, list[StoredEntry]]:
    """The last checkpoint before which nothing occurred after `occurred_at`, and all entries
    recorded since. None stands for the member's beginning."""
    key = {"shard": member_id & SHARD_MASK, "member_id": member_id}
    cursor = await connection.execute(SQL.nearest_checkpoint, {**key, "occurred_at": occurred_at})
    row = await cursor.fetchone()
    checkpoint = None if row is None else CheckpointAt(row[0], row[1], _decode_state(row[2]))
    after = 0 if checkpoint is None else checkpoint.seq
    entries = await connection.execute(SQL.entries_after, {**key, "seq": after})
    return checkpoint, [stored_entry(found) for found in await entries.fetchall()]


def _identities(identities: Sequence[tuple[int, bytes]]) -> dict[str, object]:
    return {
        "program_ids": Int4Column([program_id for program_id, _ in identities]),
        "keys": UuidColumn([key for _, key in identities]),
    }


def _entry_keys(wanted: Sequence[tuple[int, int]]) -> dict[str, object]:
    keys = _keys([member for member, _ in wanted])
    keys["seqs"] = Int4Column([seq for _, seq in wanted])
    return keys


def _claims(rows: Sequence[tuple[Any, ...]]) -> dict[tuple[int, bytes], Claim]:
    found: dict[tuple[int, bytes], Claim] = {}
    for program_id, key, digest, member_id, seq in rows:
        found[(program_id, key.bytes)] = Claim(key.bytes, digest, member_id, seq)
    return found


def loaded_member(row: tuple[Any, ...]) -> LoadedMember:
    """A member from their row (member_id, program_id, seq, head, state)."""
    return LoadedMember(row[0], row[1], row[2], row[3], _decode_state(row[4]))


def stored_entry(row: tuple[Any, ...]) -> StoredEntry:
    """An entry from its row (member_id, seq, occurred_at, recorded_at, hash, body)."""
    member_id, seq, occurred_at, recorded_at, digest, body = row
    return StoredEntry(member_id, seq, occurred_at, recorded_at, digest, decode_entry(body))
