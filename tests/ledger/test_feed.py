"""The feed never skips what commits late, and a cursor goes on exactly where it was."""

import asyncio

import pytest

from regulars.core.accounts import Account
from regulars.ledger.errors import InvalidCursor
from regulars.ledger.facade import advance_totals, in_lock_order, read_feed, read_totals
from regulars.platform.database import transaction
from tests.world import World, order


async def _ids(world: World, after: str = "", most: int = 100) -> list[str]:
    async with world.pool.connection() as connection:
        items = await read_feed(connection, world.program_id, after, most)
    return [item.stored.entry.event.event_id for item in items]


async def test_everything_recorded_is_told_once_in_order(world: World) -> None:
    members = [await world.enrol() for _ in range(3)]
    for number in range(12):
        await world.send(members[number % 3], f"o-{number}", order(10))
    items = [world.submission(member, f"b-{member}", order(10)) for member in members]
    await world.intakes[0].submit(items)
    everything = await _ids(world)
    assert everything[:12] == [f"o-{number}" for number in range(12)]
    assert sorted(everything[12:]) == sorted(f"b-{member}" for member in members)


async def test_pages_of_any_size_tell_the_same(world: World) -> None:
    members = [await world.enrol() for _ in range(4)]
    for turn in range(3):
        await world.intakes[0].submit(
            [world.submission(member, f"{turn}-{member}", order(10)) for member in members]
        )
    everything = await _ids(world)
    assert len(everything) == 12
    for size in (1, 2, 5):
        after, told = "", []
        async with world.pool.connection() as connection:
            while items := await read_feed(connection, world.program_id, after, size):
                told += [item.stored.entry.event.event_id for item in items]
                after = items[-1].cursor
        assert told == everything


async def test_what_commits_late_is_not_skipped(world: World) -> None:
    member = await world.enrol()
    async with world.pool.connection() as slow:
        # A transaction with an earlier id is still open: it may yet add to the feed.
        await slow.execute("SELECT pg_current_xact_id()")
        await world.send(member, "o-1", order(10))
        assert await _ids(world) == []
        await slow.commit()
    assert await _ids(world) == ["o-1"]


async def test_a_members_entries_are_told_in_their_order_whoever_began_first(world: World) -> None:
    """The group that began first may come to a member last, and its transaction is the older."""
    second = await world.intake()
    first, other, both = in_lock_order([await world.enrol() for _ in range(3)])
    async with world.pool.connection() as blocker:
        await blocker.execute(
            "SELECT FROM member_state WHERE member_id = %s FOR NO KEY UPDATE", (other,)
        )
        early = asyncio.ensure_future(
            second.submit(
                [
                    world.submission(member, f"early-{number}", order(10))
                    for number, member in enumerate((first, other, both))
                ]
            )
        )
        await _until_one_waits(world)
        assert (await world.send(both, "late", order(10))).seq == 1
        await blocker.commit()
    assert (await early)[2].seq == 2
    told = await _ids(world)
    assert told.index("late") < told.index("early-2")
    for size in (1, 2):
        after, paged = "", []
        async with world.pool.connection() as connection:
            while items := await read_feed(connection, world.program_id, after, size):
                paged += [item.stored.entry.event.event_id for item in items]
                after = items[-1].cursor
        assert paged == told


async def _until_one_waits(world: World) -> None:
    async with asyncio.timeout(20), world.pool.connection() as connection:
        while True:
            cursor = await connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if await cursor.fetchone() != (0,):
                return
            await connection.commit()
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "cursor", ["x", "1.2.3", "1.2.3.-4", "1.2.3.4.5", "9" * 30 + ".1.1.1", "١.1.1.1"]
)
async def test_a_cursor_that_was_never_given_out_is_refused(world: World, cursor: str) -> None:
    async with world.pool.connection() as connection:
        with pytest.raises(InvalidCursor):
            await read_feed(connection, world.program_id, cursor, 10)


async def test_account_totals_are_the_sum_of_the_postings(world: World) -> None:
    member = await world.enrol()
    for number in range(5):
        await world.send(member, f"o-{number}", order(10))
    for _ in range(2):
        async with transaction(world.pool) as connection:
            await advance_totals(connection, world.program_id)
    async with world.pool.connection() as connection:
        totals = await read_totals(connection, world.program_id)
    assert totals == {("points", Account.ISSUED): -1050}
