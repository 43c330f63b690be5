"""`ledger rebuild`: writes state, open lots and refund progress anew from the journal.

It folds and never decides again. Each member is locked, folded and written in a transaction of its
page, so it can run under load; a journal whose chain is broken is left alone and reported.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from regulars.ledger.contracts import GroupWrite, LoadedMember
from regulars.ledger.load import in_lock_order, lock_and_find
from regulars.ledger.record import due_day, write_projections
from regulars.ledger.verify import member_pages, read_page, refold
from regulars.platform.database import Pool, transaction
from regulars.platform.ids import format_member_id


@dataclass
class RebuildReport:
    """How many members were folded, how many differed and were written, which were left alone."""

    members: int = 0
    changed: int = 0
    broken: list[str] = field(default_factory=list)


async def rebuild(pool: Pool, progress: Callable[[int], None] | None = None) -> RebuildReport:
    """Fold every member and write what differs."""
    report = RebuildReport()
    async with transaction(pool, read_only=True) as connection:
        everyone = [row[1] async for page in member_pages(connection) for row in page]
    for start in range(0, len(everyone), 200):
        await _rebuild_page(pool, everyone[start : start + 200], report)
        if progress is not None:
            progress(report.members)
    return report


async def _rebuild_page(pool: Pool, members: list[int], report: RebuildReport) -> None:
    async with transaction(pool) as connection:
        loaded, _ = await lock_and_find(connection, in_lock_order(members), [])
        page = await read_page(connection, members)
        group = GroupWrite()
        for row in page.rows:
            member_id, program_id = row[1], row[2]
            folded = refold(page, row)
            report.members += 1
            if folded.problems:
                report.broken += [
                    f"{format_member_id(member_id)}: {text}" for text in folded.problems
                ]
                continue
            before = loaded[member_id]
            same = (
                folded.state == before.state
                and folded.lots == page.lots[member_id]
                and folded.progress == page.progress.get(member_id, {})
                and (folded.seq, folded.head) == (before.seq, before.head)
                and due_day(folded.state.next_due_at) == (-1 if row[6] is None else row[6])
            )
            if same:
                continue
            report.changed += 1
            group.members[member_id] = LoadedMember(
                member_id, program_id, folded.seq, folded.head, folded.state
            )
            for number in {*page.lots[member_id], *folded.lots}:
                group.lots[member_id, number] = folded.lots.get(number)
            for seq, progress in folded.progress.items():
                group.progress[member_id, seq] = progress
        if group.members:
            await write_projections(connection, group)
