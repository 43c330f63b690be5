"""What is read while others write is of one moment: nothing twice or missing, sums that fit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from psycopg import AsyncConnection

from regulars.core.events import MoveOut
from regulars.core.state import LotBook
from regulars.intake.facade import Intake
from regulars.ledger import verify
from regulars.ledger.contracts import LoadedMember
from regulars.ledger.facade import (
    read_entry,
    read_feed,
    read_history,
    read_lots,
    read_member,
    rebuild,
)
from regulars.ledger.facade import verify as verify_ledger
from tests.world import World, hold, order, returned

WRITES = 40
SHARDS = 1024


def _after_a_write(
    reading: Callable[..., Awaitable[Any]], write: Callable[[], Awaitable[object]]
) -> Callable[..., Awaitable[Any]]:
    """A step of a reader, before which somebody else commits."""

    async def step(*arguments: Any) -> Any:
        await write()
        return await reading(*arguments)

    return step


def _assert_sums_fit(found: tuple[LoadedMember, LotBook] | None) -> int:
    assert found is not None
    loaded, lots = found
    wallet = loaded.state.wallets["points"]
    assert sum(lot.remaining for lot in lots.values()) == wallet.active
    assert wallet.held == sum(each.points for each in loaded.state.holds)
    return loaded.seq


async def test_state_and_lots_come_by_one_statement(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One statement sees one moment; that sums fit under load is tested below.
    member = await world.enrol()
    assert await read_member(world.pool, member + SHARDS) is None
    found = await read_member(world.pool, member)
    assert found is not None
    assert (found[0].seq, found[1]) == (0, {})
    await world.send(member, "o-1", order(40))
    await world.send(member, "o-2", order(70))
    statements: list[str] = []
    execute = AsyncConnection.execute

    async def counting(connection: AsyncConnection, query: str, *more: Any, **options: Any) -> Any:
        statements.append(query)
        return await execute(connection, query, *more, **options)

    monkeypatch.setattr(AsyncConnection, "execute", counting)
    found = await read_member(world.pool, member)
    assert _assert_sums_fit(found) == 2
    assert len(statements) == 1
    async with world.pool.connection() as connection:
        assert found is not None
        assert found[1] == (await read_lots(connection, [member]))[member]


async def test_verify_looks_at_one_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    members = [await world.enrol() for _ in range(3)]
    for member in members:
        await world.send(member, f"o-{member}", order(60))
    turns = iter(range(100))

    async def write() -> None:
        turn = next(turns)
        await world.send(members[turn % 3], f"more-{turn}", order(10))
        await world.send(members[0], f"m-{turn}", MoveOut(members[1], "gift", points=1))

    for name in ("_verify_member", "_verify_counts", "_verify_totals"):
        monkeypatch.setattr(verify, name, _after_a_write(getattr(verify, name), write))
    report = await verify_ledger(world.pool)
    assert (report.findings, report.members, report.entries) == ([], 3, 3)


async def test_pages_of_a_history_have_no_gap_though_entries_arrive(world: World) -> None:
    member = await world.enrol()
    for number in range(10):
        await world.send(member, f"o-{number}", order(10))
    seen: list[int] = []
    async with world.pool.connection() as connection:
        page = await read_history(connection, member, most=3)
        while page:
            seen += [stored.seq for stored in page]
            await world.send(member, f"more-{len(seen)}", order(10))
            page = await read_history(connection, member, before=seen[-1], most=3)
    assert seen == list(range(10, 0, -1))


async def test_an_entry_reads_the_same_before_and_after_it_was_refunded(world: World) -> None:
    member = await world.enrol()
    await world.send(member, "o-1", order(40))
    async with world.pool.connection() as connection:
        before = await read_entry(connection, member, 1)
        await connection.commit()
        await world.send(None, "r-1", returned("1"), purchase="o-1")
        assert await read_entry(connection, member, 1) == before


# --- under load: two processes write, others read


async def _write(world: World, intake: Intake, name: str, members: Sequence[int]) -> None:
    """Orders, refunds, holds and moves of all members, one group after the other."""
    for turn in range(WRITES):
        first, second = members[turn % len(members)], members[(turn + 1) % len(members)]
        bought = f"{name}-o-{turn}"
        await intake.submit([
            world.submission(first, bought, order(30, 40)),
            world.submission(second, f"{name}-h-{turn}", hold("five-off")),
            world.submission(first, f"{name}-r-{turn}", returned("1"), purchase=bought),
            world.submission(first, f"{name}-m-{turn}", MoveOut(second, "gift", points=7)),
        ])  # fmt: skip


@pytest.fixture
async def loaded(world: World) -> tuple[World, list[int], "asyncio.Future[Any]"]:
    """Two processes that write; done when their future is."""
    second = await world.intake()
    members = [await world.enrol() for _ in range(6)]
    for member in members:
        await world.send(member, f"o-{member}", order(100))
    writing = asyncio.gather(
        _write(world, world.intakes[0], "a", members), _write(world, second, "b", members[::-1])
    )
    return world, members, writing


Loaded = tuple[World, list[int], "asyncio.Future[Any]"]


async def test_every_balance_read_under_load_adds_up(loaded: Loaded) -> None:
    world, members, writing = loaded
    read_seqs: dict[int, list[int]] = {member: [] for member in members}
    while not writing.done():
        for member in members:
            found = await read_member(world.pool, member)
            read_seqs[member].append(_assert_sums_fit(found))
    await writing
    assert all(seqs == sorted(seqs) for seqs in read_seqs.values())
    assert any(len(set(seqs)) > 3 for seqs in read_seqs.values()), "nobody wrote meanwhile"


async def test_the_ledger_verifies_and_rebuilds_to_itself_under_load(loaded: Loaded) -> None:
    world, _, writing = loaded
    entries: set[int] = set()
    while not writing.done():
        report = await verify_ledger(world.pool)
        assert report.findings == []
        entries.add(report.entries)
        rebuilt = await rebuild(world.pool)
        assert (rebuilt.changed, rebuilt.broken) == (0, [])
    await writing
    assert len(entries) > 1, "nobody wrote meanwhile"
    await world.assert_verified()


async def test_a_reader_of_the_feed_under_load_is_told_everything_once(loaded: Loaded) -> None:
    world, members, writing = loaded
    told: list[tuple[int, int]] = []
    after, reads = "", 0
    while True:
        ended = writing.done()
        async with world.pool.connection() as connection:
            items = await read_feed(connection, world.program_id, after, 5)
        told += [(item.stored.member_id, item.stored.seq) for item in items]
        after = items[-1].cursor if items else after
        reads += bool(items) and not ended
        if ended and not items:
            break
    await writing
    assert reads > 3, "nobody wrote meanwhile"
    expected = [
        (member, seq) for member in members for seq in range(1, await world.entries(member) + 1)
    ]
    assert sorted(told) == sorted(expected)
