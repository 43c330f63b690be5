"""`ledger rebuild`: writes state, open lots and refund progress anew from the journal.

It folds and never decides again. Each member is locked, folded and written in a transaction of its
page, so it can run under load; a journal whose chain is broken is left alone and reported.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from regulars.core.effects import RefundProgress
from regulars.core.state import LotBook
from regulars.ledger.contracts import GroupWrite, LoadedMember
from regulars.ledger.folding import Folded, Folding
from regulars.ledger.in_order import in_order
from regulars.ledger.load import SHARD_MASK, in_lock_order, lock_and_find, read_lots
from regulars.ledger.queries import SQL
from regulars.ledger.record import due_day, write_projections
from regulars.platform.arrays import Int2Column, Int8Column
from regulars.platform.database import Pool, transaction
from regulars.platform.ids import format_member_id

MEMBERS_PER_PAGE = 100
_MEMBERS_LISTED_AT_ONCE = 10_000

_decode_progress = msgspec.msgpack.Decoder(RefundProgress).decode


@dataclass(frozen=True)
class Stored:
    """A member as the tables say."""

    member: LoadedMember
    due_day: int | None
    lots: LotBook
    progress: dict[int, RefundProgress]


@dataclass
class RebuildReport:
    """How many members were folded, how many differed and were written, which were left alone."""

    members: int = 0
    changed: int = 0
    broken: list[str] = field(default_factory=list)


async def rebuild(pool: Pool, progress: Callable[[int], None] | None = None) -> RebuildReport:
    """Fold every member and write what differs."""
    report = RebuildReport()
    everyone = await _everyone(pool)
    for start in range(0, len(everyone), MEMBERS_PER_PAGE):
        await _rebuild_page(pool, everyone[start : start + MEMBERS_PER_PAGE], report)
        if progress is not None:
            progress(report.members)
    return report


async def _everyone(pool: Pool) -> Sequence[int]:
    """All members in journal order."""
    found: list[int] = []
    shard, member_id = -1, 0
    async with transaction(pool, read_only=True) as connection:
        while True:
            cursor = await connection.execute(
                SQL.members_after,
                {"shard": shard, "member_id": member_id, "most": _MEMBERS_LISTED_AT_ONCE},
            )
            rows = await cursor.fetchall()
            if not rows:
                return found
            shard, member_id = rows[-1]
            found += [row[1] for row in rows]


async def _rebuild_page(pool: Pool, members: Sequence[int], report: RebuildReport) -> None:
    async with transaction(pool) as connection:
        loaded, _ = await lock_and_find(connection, in_lock_order(members), [])
        keys = {
            "shards": Int2Column([member & SHARD_MASK for member in members]),
            "members": Int8Column(members),
        }
        rows = await (await connection.execute(SQL.members_of, keys)).fetchall()
        beside = {row[1]: (row[2], row[3]) for row in rows}
        lots = await read_lots(connection, members)
        refunds: dict[int, dict[int, RefundProgress]] = defaultdict(dict)
        for found in await (await connection.execute(SQL.progress_of, keys)).fetchall():
            refunds[found[0]][found[1]] = _decode_progress(found[2])
        group = GroupWrite()
        async with in_order(connection, SQL.entries_of, keys) as entries:
            for member_id in members:
                stored_due_day, enrolled_at = beside[member_id]
                folding = Folding(member_id, enrolled_at)
                async for batch in entries.batches_of((member_id & SHARD_MASK, member_id)):
                    for entry in batch:
                        folding.take(*entry[2:])
                before = loaded[member_id]
                folded = folding.folded(before.state)
                report.members += 1
                if folded.problems:
                    report.broken += [
                        f"{format_member_id(member_id)}: {text}" for text in folded.problems
                    ]
                    continue
                stored = Stored(before, stored_due_day, lots[member_id], refunds[member_id])
                if not _is_same(folded, stored):
                    report.changed += 1
                    _put(group, folded, stored)
        if group.members:
            await write_projections(connection, group)


def _is_same(folded: Folded, stored: Stored) -> bool:
    member = stored.member
    return (
        folded.state == member.state
        and folded.lots == stored.lots
        and folded.progress == stored.progress
        and (folded.seq, folded.head) == (member.seq, member.head)
        and due_day(folded.state.next_due_at) == (-1 if stored.due_day is None else stored.due_day)
    )


def _put(group: GroupWrite, folded: Folded, stored: Stored) -> None:
    member_id = stored.member.member_id
    group.members[member_id] = LoadedMember(
        member_id, stored.member.program_id, folded.seq, folded.head, folded.state
    )
    for number in {*stored.lots, *folded.lots}:
        group.lots[member_id, number] = folded.lots.get(number)
    for seq, progress in folded.progress.items():
        group.progress[member_id, seq] = progress
