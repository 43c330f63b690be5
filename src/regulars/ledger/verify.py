"""`ledger verify`: recomputes everything that can be recomputed and says where it differs.

Per member: gapless sequence and hash chain; state, open lots and refund progress against the fold
of the journal; postings against the effects; wallets against lots. Over all: claims, feed and
account totals against the journal. One snapshot, read only; every table is read once, in journal
order, and no journal is held in memory. It can run under load.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import msgspec
from psycopg import IsolationLevel

from regulars.core.accounts import Account
from regulars.core.effects import RefundProgress
from regulars.core.facade import PostedSums
from regulars.core.state import Lot, LotBook, MemberState
from regulars.ledger.folding import Folded, Folding
from regulars.ledger.hashing import FIRST
from regulars.ledger.in_order import InOrder, Row, in_order
from regulars.ledger.queries import SQL
from regulars.ledger.record import due_day
from regulars.platform.counting import counted
from regulars.platform.database import Connection, Pool, transaction
from regulars.platform.ids import format_entry_id, format_member_id

FINDINGS_MAX = 100

_decode_state = msgspec.msgpack.Decoder(MemberState).decode
_decode_progress = msgspec.msgpack.Decoder(RefundProgress).decode
_decode_totals = msgspec.msgpack.Decoder(list[tuple[str, int, int]]).decode
_encode = msgspec.msgpack.Encoder(order="deterministic").encode

Totals = dict[tuple[int, str, int], int]


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


class Books(msgspec.Struct):
    """What belongs to members, in their order."""

    entries: InOrder
    lots: InOrder
    progress: InOrder
    postings: InOrder


async def verify(pool: Pool, progress: Callable[[int], None] | None = None) -> VerifyReport:
    """Verify the whole ledger; `progress` is told how many members have been looked at."""
    report = VerifyReport()
    totals: Totals = defaultdict(int)
    async with (
        transaction(pool, isolation=IsolationLevel.REPEATABLE_READ, read_only=True) as connection,
        AsyncExitStack() as stack,
    ):
        await connection.execute("SET LOCAL statement_timeout = 0")
        # By the index, row by row: sorted, the journal would be written to disk a second time.
        await connection.execute("SET LOCAL enable_sort = off")
        books = Books(
            await stack.enter_async_context(in_order(connection, SQL.all_entries)),
            await stack.enter_async_context(in_order(connection, SQL.all_lots)),
            await stack.enter_async_context(in_order(connection, SQL.all_refund_progress)),
            await stack.enter_async_context(in_order(connection, SQL.posting_sums, weight=6)),
        )
        members = await stack.enter_async_context(in_order(connection, SQL.all_members))
        async for rows in members.pages():
            for row in rows:
                if not _has_done_nothing(books, row):
                    await _verify_member(report, books, row, totals)
            report.members += len(rows)
            if progress is not None:
                progress(report.members)
        await _verify_counts(connection, report, books)
        await _verify_totals(connection, report, totals)
    return report


def _has_done_nothing(books: Books, row: Row) -> bool:
    """Whether a member is as enrolled and nothing is recorded of them: of many most are."""
    shard, member_id, _, seq, head, stored, stored_due_day, enrolled_at = row
    key = (shard, member_id)
    if (
        seq
        or books.entries.next <= key
        or books.postings.next <= key
        or books.lots.next <= key
        or books.progress.next <= key
    ):
        return False
    tier = _decode_state(stored).tier
    as_enrolled = MemberState(
        enrolled_at=enrolled_at, tier=tier, tier_since=enrolled_at if tier else 0
    )
    return bool(stored == _encode(as_enrolled)) and head == FIRST and stored_due_day is None


async def _verify_member(report: VerifyReport, books: Books, row: Row, totals: Totals) -> None:
    shard, member_id, program_id, seq, head, state_bytes, stored_due_day, enrolled_at = row
    key = (shard, member_id)
    who = format_member_id(member_id)
    folding = Folding(member_id, enrolled_at)
    async for rows in books.entries.batches_of(key):
        for entry in rows:
            folding.take(*entry[2:])
    state = _decode_state(state_bytes)
    folded = folding.folded(state)
    lots = {found[2]: Lot(*found[2:]) for found in await books.lots.rows_of(key)}
    refunds = {found[2]: _decode_progress(found[3]) for found in await books.progress.rows_of(key)}
    posted: PostedSums = {}
    for _, _, currency, debit, credit, amount, count in await books.postings.rows_of(key):
        posted[currency, debit, credit] = (amount, count)
        totals[program_id, currency, debit] -= amount
        totals[program_id, currency, credit] += amount
        report.postings += count
    report.entries += folding.entries
    for text in _differences(folded, state, lots, refunds):
        report.find(f"{who}: {text}")
    if folded.seq != seq or folded.head != head:
        report.find(f"{who}: the journal ends at {folded.seq}, the state at {seq}")
    expected_day = due_day(folded.state.next_due_at)
    if (-1 if stored_due_day is None else stored_due_day) != expected_day:
        report.find(f"{who}: due_day is {stored_due_day}, should be {expected_day}")
    if posted != folded.posted:
        report.find(f"{who}: postings {posted} are not the effects' {folded.posted}")


def _differences(
    folded: Folded, state: MemberState, lots: LotBook, refunds: dict[int, RefundProgress]
) -> Iterator[str]:
    yield from folded.problems
    if folded.state != state:
        for name in MemberState.__struct_fields__:
            fold_says, stored = getattr(folded.state, name), getattr(state, name)
            if fold_says != stored:
                yield f"state.{name} is {stored!r}, the journal says {fold_says!r}"
    if folded.lots != lots:
        numbers = {
            number
            for number in {*folded.lots, *lots}
            if folded.lots.get(number) != lots.get(number)
        }
        yield f"open lots {sorted(numbers)} are not the fold of the journal"
    if folded.progress != refunds:
        yield "refund progress is not the fold of the journal"
    sums: dict[tuple[str, bool], int] = defaultdict(int)
    for lot in lots.values():
        sums[lot.currency, lot.pending] += lot.remaining
    for currency, wallet in folded.state.wallets.items():
        pending, active = sums[currency, True], sums[currency, False]
        if (pending, active) != (wallet.pending, wallet.active):
            yield (
                f"{currency}: lots hold {pending} pending and {active} active, "
                f"the wallet {wallet.pending} and {wallet.active}"
            )
        held = sum(hold.points for hold in folded.state.holds if hold.currency == currency)
        if held != wallet.held or wallet.debt > 0:
            yield f"{currency}: holds reserve {held}, the wallet says {wallet.held}"


async def _verify_counts(connection: Connection, report: VerifyReport, books: Books) -> None:
    for rows in (books.entries, books.lots, books.progress, books.postings):
        await rows.drain()
    row = await (await connection.execute(SQL.counts)).fetchone()
    assert row is not None, "an aggregate has a row"
    claims, fed = row
    entries = report.entries + books.entries.passed
    for what, astray in (
        ("entry", books.entries.passed),
        ("posting", books.postings.passed),
        ("open lot", books.lots.passed),
        ("refund", books.progress.passed),
    ):
        if astray:
            report.find(f"{counted(astray, what)} of members who are not known")
    if claims != entries:
        report.find(f"event identities: {claims:,}, entries: {entries:,}")
    if fed != entries:
        report.find(f"the feed tells of {counted(fed, 'entry')}, the journal has {entries:,}")
    for member_id, seq in await (await connection.execute(SQL.claims_astray)).fetchall():
        report.find(
            f"an event identity names {format_entry_id(member_id, seq)}, which is not there"
        )


async def _verify_totals(
    connection: Connection, report: VerifyReport, totals: Mapping[tuple[int, str, int], int]
) -> None:
    fed: Totals = defaultdict(int)
    for program_id, groups in await (await connection.execute(SQL.feed_totals)).fetchall():
        for currency, account, amount in _decode_totals(groups):
            fed[program_id, currency, account] += amount
    posted = {key: amount for key, amount in totals.items() if key[2] >= Account.ISSUED}
    for key in sorted({*fed, *posted}):
        if fed.get(key, 0) != posted.get(key, 0):
            program_id, currency, account = key
            report.find(
                f"program {program_id}, {currency}, {Account(account).name.lower()}: the feed sums "
                f"to {fed.get(key, 0)}, the postings to {posted.get(key, 0)}"
            )
