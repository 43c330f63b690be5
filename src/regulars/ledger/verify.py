"""`ledger verify`: recomputes everything that can be recomputed and says where it differs.

Per member: gapless sequence and hash chain; state, open lots and refund progress against the fold
of the journal; postings against the effects; wallets against lots. Over all: claims, feed and
account totals against the journal. One snapshot, read only, in pages; it can run under load.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from psycopg import IsolationLevel

from regulars.core.accounts import Account
from regulars.core.effects import RefundProgress
from regulars.core.state import LotBook, MemberState
from regulars.ledger.contracts import StoredEntry
from regulars.ledger.folding import Folded, first_state, fold_member
from regulars.ledger.load import SHARD_MASK, read_lots, stored_entry
from regulars.ledger.queries import SQL
from regulars.ledger.record import due_day
from regulars.platform.arrays import Int2Column, Int8Column
from regulars.platform.counting import counted
from regulars.platform.database import Connection, Pool, transaction
from regulars.platform.ids import format_entry_id, format_member_id

MEMBERS_PER_PAGE = 500
FINDINGS_MAX = 100

_decode_state = msgspec.msgpack.Decoder(MemberState).decode
_decode_progress = msgspec.msgpack.Decoder(RefundProgress).decode
_decode_totals = msgspec.msgpack.Decoder(list[tuple[str, int, int]]).decode

PostedSums = dict[tuple[str, int, int], tuple[int, int]]


@dataclass
class VerifyReport:
    """What was looked at, and every finding (up to FINDINGS_MAX of them, `more` beyond)."""

    members: int = 0
    entries: int = 0
    postings: int = 0
    findings: list[str] = field(default_factory=list)
    more: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        return not self.findings

    def find(self, text: str) -> None:
        """Take down a difference."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(text)
        else:
            self.more += 1


class Page(msgspec.Struct):
    """Some members: their rows, journals, open lots and refund progress."""

    rows: Sequence[tuple[Any, ...]]
    entries: dict[int, list[tuple[StoredEntry, bytes]]]
    lots: dict[int, LotBook]
    progress: dict[int, dict[int, RefundProgress]]


async def verify(pool: Pool, progress: Callable[[int], None] | None = None) -> VerifyReport:
    """Verify the whole ledger; `progress` is told how many members have been looked at."""
    report = VerifyReport()
    async with transaction(
        pool, isolation=IsolationLevel.REPEATABLE_READ, read_only=True
    ) as connection:
        await connection.execute("SET LOCAL statement_timeout = 0")
        async with _posting_sums(connection) as sums:
            async for rows in member_pages(connection):
                page = await read_page(connection, [row[1] for row in rows])
                for row in rows:
                    posted = await sums(row[0], row[1])
                    _verify_member(report, page, row, posted)
                report.members += len(page.rows)
                if progress is not None:
                    progress(report.members)
        await _verify_counts(connection, report)
        await _verify_totals(connection, report)
    return report


async def member_pages(connection: Connection) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
    """The rows of all members in journal order, some hundreds at a time."""
    shard, member_id = -1, 0
    while True:
        cursor = await connection.execute(
            SQL.members_after,
            {"shard": shard, "member_id": member_id, "most": MEMBERS_PER_PAGE},
        )
        rows = await cursor.fetchall()
        if not rows:
            return
        shard, member_id = rows[-1][0], rows[-1][1]
        yield rows


async def read_page(connection: Connection, members: Sequence[int]) -> Page:
    """Some members with everything that belongs to them."""
    keys = {
        "shards": Int2Column([member & SHARD_MASK for member in members]),
        "members": Int8Column(members),
    }
    rows = await (await connection.execute(SQL.members_of, keys)).fetchall()
    entries: dict[int, list[tuple[StoredEntry, bytes]]] = defaultdict(list)
    for found in await (await connection.execute(SQL.entries_of, keys)).fetchall():
        entries[found[0]].append((stored_entry(found), found[5]))
    refunds: dict[int, dict[int, RefundProgress]] = defaultdict(dict)
    for found in await (await connection.execute(SQL.progress_of, keys)).fetchall():
        refunds[found[0]][found[1]] = _decode_progress(found[2])
    return Page(rows, entries, await read_lots(connection, members), refunds)


def refold(page: Page, row: tuple[Any, ...]) -> Folded:
    """One member of a page, folded from the journal alone."""
    member_id, enrolled_at = row[1], row[7]
    entries = page.entries.get(member_id, [])
    first = first_state(enrolled_at, _decode_state(row[5]), [stored for stored, _ in entries])
    return fold_member(member_id, first, entries)


def _verify_member(
    report: VerifyReport, page: Page, row: tuple[Any, ...], posted: PostedSums
) -> None:
    _, member_id, _, seq, head, state, stored_due_day, _ = row
    folded = refold(page, row)
    who = format_member_id(member_id)
    report.entries += len(page.entries.get(member_id, []))
    for text in _differences(page, member_id, folded, _decode_state(state)):
        report.find(f"{who}: {text}")
    if folded.seq != seq or folded.head != head:
        report.find(f"{who}: the journal ends at {folded.seq}, the state at {seq}")
    expected_day = due_day(folded.state.next_due_at)
    if (-1 if stored_due_day is None else stored_due_day) != expected_day:
        report.find(f"{who}: due_day is {stored_due_day}, should be {expected_day}")
    if posted != folded.posted:
        report.find(f"{who}: postings {posted} are not the effects' {folded.posted}")
    report.postings += sum(count for _, count in posted.values())


def _differences(page: Page, member_id: int, folded: Folded, state: MemberState) -> Iterator[str]:
    yield from folded.problems
    if folded.state != state:
        for name in MemberState.__struct_fields__:
            fold_says, stored = getattr(folded.state, name), getattr(state, name)
            if fold_says != stored:
                yield f"state.{name} is {stored!r}, the journal says {fold_says!r}"
    if folded.lots != page.lots[member_id]:
        numbers = {
            number
            for number in {*folded.lots, *page.lots[member_id]}
            if folded.lots.get(number) != page.lots[member_id].get(number)
        }
        yield f"open lots {sorted(numbers)} are not the fold of the journal"
    if folded.progress != page.progress.get(member_id, {}):
        yield "refund progress is not the fold of the journal"
    for currency, wallet in folded.state.wallets.items():
        mine = [lot for lot in page.lots[member_id].values() if lot.currency == currency]
        pending = sum(lot.remaining for lot in mine if lot.pending)
        active = sum(lot.remaining for lot in mine if not lot.pending)
        if (pending, active) != (wallet.pending, wallet.active):
            yield (
                f"{currency}: lots hold {pending} pending and {active} active, "
                f"the wallet {wallet.pending} and {wallet.active}"
            )
        held = sum(hold.points for hold in folded.state.holds if hold.currency == currency)
        if held != wallet.held or wallet.debt > 0:
            yield f"{currency}: holds reserve {held}, the wallet says {wallet.held}"


@asynccontextmanager
async def _posting_sums(connection: Connection) -> AsyncIterator[Callable[..., Any]]:
    """A function that answers the posting sums of members asked for in ascending order."""
    async with connection.cursor(name="posting_sums") as cursor:
        await cursor.execute(SQL.posting_sums)
        cursor.itersize = 2000
        rows = aiter(cursor)
        ahead: list[tuple[Any, ...]] = []

        async def sums(shard: int, member_id: int) -> PostedSums:
            found: PostedSums = {}
            while True:
                if not ahead:
                    row = await anext(rows, None)
                    if row is None:
                        return found
                    ahead.append(row)
                if (ahead[0][0], ahead[0][1]) > (shard, member_id):
                    return found
                _, owner, currency, debit, credit, amount, count = ahead.pop()
                if owner == member_id:
                    found[currency, debit, credit] = (amount, count)

        yield sums


async def _verify_counts(connection: Connection, report: VerifyReport) -> None:
    row = await (await connection.execute(SQL.counts)).fetchone()
    assert row is not None, "an aggregate has a row"
    entries, claims, fed, postings, _ = row
    if entries != report.entries:
        report.find(
            f"{counted(entries, 'entry')} in the journal, {report.entries:,} of known members"
        )
    if claims != entries:
        report.find(f"event identities: {claims:,}, entries: {entries:,}")
    if fed != entries:
        report.find(f"the feed tells of {counted(fed, 'entry')}, the journal has {entries:,}")
    if postings != report.postings:
        report.find(f"{counted(postings, 'posting')}, {report.postings:,} of known members")
    for member_id, seq in await (await connection.execute(SQL.claims_astray)).fetchall():
        report.find(
            f"an event identity names {format_entry_id(member_id, seq)}, which is not there"
        )


async def _verify_totals(connection: Connection, report: VerifyReport) -> None:
    fed: dict[tuple[int, str, int], int] = defaultdict(int)
    for program_id, totals in await (await connection.execute(SQL.feed_totals)).fetchall():
        for currency, account, amount in _decode_totals(totals):
            fed[program_id, currency, account] += amount
    posted = {
        (row[0], row[1], row[2]): row[3]
        for row in await (await connection.execute(SQL.account_sums)).fetchall()
    }
    for key in sorted({*fed, *posted}):
        if fed.get(key, 0) != posted.get(key, 0):
            program_id, currency, account = key
            report.find(
                f"program {program_id}, {currency}, {Account(account).name.lower()}: the feed sums "
                f"to {fed.get(key, 0)}, the postings to {posted.get(key, 0)}"
            )
