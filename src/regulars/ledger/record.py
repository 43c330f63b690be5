"""Writes what a group of decisions has changed: set-based, in the caller's transaction.

The one place that appends to the journal and that writes state, lots and refund progress. Every
statement is queued in the connection's pipeline; the caller commits. Nothing is decided here.
"""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from regulars.core.accounts import Account
from regulars.core.state import Lot
from regulars.ledger.contracts import GroupWrite, NewEntry
from regulars.ledger.load import SHARD_MASK, in_lock_order
from regulars.ledger.queries import SQL
from regulars.platform.arrays import (
    BoolColumn,
    ByteaColumn,
    Int2Column,
    Int4Column,
    Int8Column,
    TextColumn,
    UuidColumn,
)
from regulars.platform.clock import MICROSECONDS_PER_DAY
from regulars.platform.database import Executor

CHECKPOINT_EVERY_ENTRIES = 64
_NO_LOT = 2**31  # beyond any lot's number

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


async def record_group(connection: Executor, group: GroupWrite, recorded_at: int) -> None:
    """Queue all writes of a group. Raises what the database raises, at the latest at the sync."""
    await _append_entries(connection, group.entries)
    await write_projections(connection, group)
    if group.checkpoints:
        await _write_checkpoints(connection, group)
    await _write_outbox(connection, group.entries, recorded_at)


async def write_projections(connection: Executor, group: GroupWrite) -> None:
    """Write what is the fold of the journal: states, open lots, refund progress."""
    await _write_states_and_lots(connection, group)
    if group.progress:
        await _write_progress(connection, group)


async def _append_entries(connection: Executor, entries: Sequence[NewEntry]) -> None:
    claims = sorted(entries, key=lambda entry: (entry.program_id, entry.key))
    rows = [(entry, posting) for entry in entries for posting in entry.postings]
    await connection.execute(
        SQL.append_entries,
        {
            "shards": Int2Column([entry.member_id & SHARD_MASK for entry in entries]),
            "members": Int8Column([entry.member_id for entry in entries]),
            "seqs": Int4Column([entry.seq for entry in entries]),
            "occurred": Int8Column([entry.occurred_at for entry in entries]),
            "recorded": Int8Column([entry.recorded_at for entry in entries]),
            "hashes": ByteaColumn([entry.hash for entry in entries]),
            "bodies": ByteaColumn([entry.body for entry in entries]),
            "program_ids": Int4Column([entry.program_id for entry in claims]),
            "keys": UuidColumn([entry.key for entry in claims]),
            "digests": Int8Column([entry.digest for entry in claims]),
            "claim_members": Int8Column([entry.member_id for entry in claims]),
            "claim_seqs": Int4Column([entry.seq for entry in claims]),
            "posting_shards": Int2Column([entry.member_id & SHARD_MASK for entry, _ in rows]),
            "posting_members": Int8Column([entry.member_id for entry, _ in rows]),
            "posting_seqs": Int4Column([entry.seq for entry, _ in rows]),
            "lots": Int4Column([posting.lot for _, posting in rows]),
            "debits": Int2Column([posting.debit for _, posting in rows]),
            "credits": Int2Column([posting.credit for _, posting in rows]),
            "currencies": TextColumn([posting.currency for _, posting in rows]),
            "amounts": Int8Column([posting.amount for _, posting in rows]),
        },
    )


def due_day(next_due_at: int) -> int:
    """The UTC day number on which something may become due, -1 where nothing will."""
    return next_due_at // MICROSECONDS_PER_DAY if next_due_at else -1


async def _write_states_and_lots(connection: Executor, group: GroupWrite) -> None:
    opened: list[tuple[int, Lot]] = []
    changed: list[tuple[int, Lot]] = []
    gone: list[tuple[int, int]] = []
    for key, lot in group.lots.items():
        member, number = key
        if lot is None:
            gone.append(key)
        elif number >= group.first_lots.get(member, _NO_LOT):
            opened.append((member, lot))
        else:
            changed.append((member, lot))
    states = [group.members[member] for member in in_lock_order(group.members)]
    await connection.execute(
        SQL.write_states,
        {
            "state_shards": Int2Column([member.member_id & SHARD_MASK for member in states]),
            "state_members": Int8Column([member.member_id for member in states]),
            "state_seqs": Int4Column([member.seq for member in states]),
            "due_days": Int4Column([due_day(member.state.next_due_at) for member in states]),
            "heads": ByteaColumn([member.head for member in states]),
            "states": ByteaColumn([_encode(member.state) for member in states]),
            **_lot_columns(opened),
        },
    )
    if changed:
        await connection.execute(SQL.put_lots, _lot_columns(changed))
    if gone:
        await connection.execute(
            SQL.delete_lots,
            {
                "shards": Int2Column([member & SHARD_MASK for member, _ in gone]),
                "members": Int8Column([member for member, _ in gone]),
                "lots": Int4Column([lot for _, lot in gone]),
            },
        )


def _lot_columns(lots: Sequence[tuple[int, Lot]]) -> dict[str, object]:
    return {
        "shards": Int2Column([member & SHARD_MASK for member, _ in lots]),
        "members": Int8Column([member for member, _ in lots]),
        "lots": Int4Column([lot.lot for _, lot in lots]),
        "currencies": TextColumn([lot.currency for _, lot in lots]),
        "remaining": Int8Column([lot.remaining for _, lot in lots]),
        "earned": Int8Column([lot.earned_at for _, lot in lots]),
        "active": Int8Column([lot.active_at for _, lot in lots]),
        "expires": Int8Column([lot.expires_at for _, lot in lots]),
        "rules": TextColumn([lot.rule for _, lot in lots]),
        "pending": BoolColumn([lot.pending for _, lot in lots]),
        "for_seqs": Int4Column([lot.for_seq for _, lot in lots]),
        "seqs": Int4Column([lot.seq for _, lot in lots]),
    }


async def _write_progress(connection: Executor, group: GroupWrite) -> None:
    await connection.execute(
        SQL.put_progress,
        {
            "shards": Int2Column([member & SHARD_MASK for member, _ in group.progress]),
            "members": Int8Column([member for member, _ in group.progress]),
            "seqs": Int4Column([seq for _, seq in group.progress]),
            "bodies": ByteaColumn([_encode(progress) for progress in group.progress.values()]),
        },
    )


async def _write_checkpoints(connection: Executor, group: GroupWrite) -> None:
    kept = group.checkpoints
    await connection.execute(
        SQL.insert_checkpoints,
        {
            "shards": Int2Column([member & SHARD_MASK for member, _, _ in kept]),
            "members": Int8Column([member for member, _, _ in kept]),
            "seqs": Int4Column([seq for _, seq, _ in kept]),
            "occurred": Int8Column([state.latest_occurred_at for _, _, state in kept]),
            "states": ByteaColumn([_encode(state) for _, _, state in kept]),
        },
    )


async def _write_outbox(
    connection: Executor, entries: Sequence[NewEntry], recorded_at: int
) -> None:
    by_program: dict[int, list[NewEntry]] = defaultdict(list)
    for entry in entries:
        by_program[entry.program_id].append(entry)
    for program_id, mine in sorted(by_program.items()):
        await connection.execute(
            SQL.insert_outbox,
            {
                "recorded_at": recorded_at,
                "program_id": program_id,
                "members": Int8Column([entry.member_id for entry in mine]),
                "seqs": Int4Column([entry.seq for entry in mine]),
                "totals": _encode(program_side_totals(mine)),
            },
        )


def program_side_totals(entries: Sequence[NewEntry]) -> list[tuple[str, int, int]]:
    """(currency, account, credits - debits) of the program-side accounts, without zeros."""
    totals: dict[tuple[str, int], int] = defaultdict(int)
    for entry in entries:
        for posting in entry.postings:
            if posting.debit >= Account.ISSUED:
                totals[posting.currency, posting.debit] -= posting.amount
            if posting.credit >= Account.ISSUED:
                totals[posting.currency, posting.credit] += posting.amount
    return [(*key, amount) for key, amount in sorted(totals.items()) if amount]
