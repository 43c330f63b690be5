"""Verify finds what was tampered with; rebuild restores what can be folded; rights hold."""

from collections.abc import Awaitable, Callable

import psycopg
import pytest

from regulars.ledger.facade import rebuild, verify
from regulars.platform.database import connect_owner
from regulars.platform.ids import format_member_id
from tests.world import World, hold, order, returned

Tamper = Callable[[str], Awaitable[None]]


@pytest.fixture
async def shop(world: World) -> World:
    """Two members with purchases, a refund and an open hold."""
    first, second = await world.enrol(), await world.enrol()
    await world.send(first, "o-1", order(100, 50))
    await world.send(first, "r-1", returned("2"), purchase="o-1")
    await world.send(first, "h-1", hold("five-off"))
    await world.send(second, "o-2", order(70))
    await world.assert_verified()
    return world


@pytest.fixture
def tamper(shop: World) -> Tamper:
    """Runs a statement as the owner, who alone may."""

    async def run(statement: str) -> None:
        assert shop.settings.database_url is not None
        owner = await connect_owner(shop.settings.database_url)
        async with owner:
            await owner.execute(statement.encode())

    return run


TAMPERINGS = {
    "an entry's body": ("UPDATE entry SET body = set_byte(body, 40, 7) WHERE seq = 1", "hash"),
    "an entry's time": ("UPDATE entry SET recorded_at = recorded_at + 1 WHERE seq = 1", "hash"),
    "an entry gone": ("DELETE FROM entry WHERE seq = 2", "where"),
    "the last entry gone": ("DELETE FROM entry WHERE seq = 3", "ends at"),
    "a posting's amount": ("UPDATE posting SET amount = amount + 1 WHERE seq = 1", "postings"),
    "a posting gone": ("DELETE FROM posting WHERE seq = 1", "postings"),
    "a lot's rest": ("UPDATE lot SET remaining = remaining + 1", "lots"),
    "a claim gone": ("DELETE FROM event_claim WHERE seq = 2", "event identities"),
    "a feed row gone": ("DELETE FROM outbox WHERE outbox_id = 1", "feed"),
    "a due day": ("UPDATE member_state SET due_day = 1", "due_day"),
    "an entry that is none": ("UPDATE entry SET body = '\\x00' WHERE seq = 2", "cannot be folded"),
    "a member gone": ("DELETE FROM member_state WHERE seq = 1", "not known"),
    "a lot of nobody": ("UPDATE lot SET member_id = member_id + 1024 WHERE lot = 1", "not known"),
    "a sum of the feed": (
        "UPDATE outbox SET totals = '\\x90' WHERE outbox_id = 1",
        "feed sums",
    ),
}


@pytest.mark.parametrize(("statement", "says"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_verify_finds(shop: World, tamper: Tamper, statement: str, says: str) -> None:
    await tamper(statement)
    report = await verify(shop.pool)
    assert not report.is_clean
    assert any(says in finding for finding in report.findings), report.findings


@pytest.mark.parametrize("rows", [1, 2, 3])
async def test_however_few_rows_are_read_at_once(
    shop: World, tamper: Tamper, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("regulars.ledger.in_order.ROWS_AT_ONCE", rows)
    await shop.enrol()
    report = await verify(shop.pool)
    assert (report.findings, report.members, report.entries) == ([], 3, 4)
    await tamper("UPDATE lot SET remaining = remaining + 1")
    assert not (await verify(shop.pool)).is_clean
    assert (await rebuild(shop.pool)).changed == 2
    await shop.assert_verified()


async def test_a_member_who_has_done_nothing_is_looked_at_too(shop: World) -> None:
    idle = await shop.enrol()
    assert (await verify(shop.pool)).is_clean
    assert shop.settings.database_url is not None
    async with await connect_owner(shop.settings.database_url) as owner:
        await owner.execute("UPDATE member_state SET head = '\\x01' WHERE member_id = %s", [idle])
    assert any(format_member_id(idle) in finding for finding in (await verify(shop.pool)).findings)


async def test_rebuild_restores_state_lots_and_progress_from_the_journal(
    shop: World, tamper: Tamper
) -> None:
    await tamper("UPDATE lot SET remaining = remaining + 1")
    await tamper("DELETE FROM refund_progress")
    await tamper("UPDATE member_state SET due_day = NULL")
    assert not (await verify(shop.pool)).is_clean
    report = await rebuild(shop.pool)
    assert (report.members, report.changed, report.broken) == (2, 2, [])
    await shop.assert_verified()
    assert (await rebuild(shop.pool)).changed == 0


async def test_rebuild_restores_a_due_day_that_alone_is_wrong(shop: World, tamper: Tamper) -> None:
    await tamper("UPDATE member_state SET due_day = 1")
    assert (await rebuild(shop.pool)).changed == 2
    await shop.assert_verified()


@pytest.mark.parametrize("table", ["entry", "posting", "outbox", "checkpoint", "program_version"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET program_id = 1", "DELETE FROM {}"])
async def test_the_application_cannot_rewrite_the_journal(
    world: World, table: str, statement: str
) -> None:
    column = "member_id" if table in ("entry", "posting", "checkpoint") else "program_id"
    text = statement.format(table).replace("program_id", column)
    async with world.pool.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(text.encode())
        await connection.rollback()
