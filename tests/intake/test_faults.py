"""Every step of the write transaction fails once, in every way: nothing is lost or written twice.

The faulty connection counts the statements of the lanes and breaks the chosen one: before it is
sent, after it was sent, by losing the connection, or (at the commit) by losing only the answer.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import psycopg
import pytest
from psycopg import errors

from regulars.core.decision import Entry
from regulars.core.events import MoveOut
from regulars.intake import deciding
from regulars.intake.connecting import conninfo_of
from regulars.intake.facade import finish_moves
from regulars.intake.lane import Connect
from regulars.ledger.facade import StoredEntry, read_history, read_member
from regulars.platform.pipelines import PipelineConnection, Result
from tests.world import START, World, capture, hold, order, returned, statuses

STATEMENTS_MAX = 24


class Fault:
    """Which statement breaks, and how; `seen` counts the statements since it was armed."""

    def __init__(self) -> None:
        self.at = -1
        self.kind = ""
        self.seen = 0
        self.struck = False
        self.statements: list[str] = []

    def arm(self, at: int, kind: str) -> None:
        self.at, self.kind, self.seen, self.struck = at, kind, 0, False
        self.statements = []


class FaultyConnection(PipelineConnection):
    """A connection whose statements break as the fault says."""

    fault: Fault

    async def execute(self, query: str, params: Mapping[str, Any] | None = None) -> Result:
        fault = self.fault
        index = fault.seen
        fault.seen += 1
        fault.statements.append(getattr(query, "name", query))
        if index != fault.at or fault.struck or query == "ROLLBACK":
            return await super().execute(query, params)
        fault.struck = True
        if fault.kind == "answer lost":
            await super().execute(query, params)
            await self.send()
            await self.close()
            raise psycopg.OperationalError("the connection broke after the statement")
        if fault.kind == "disconnect":
            await self.close()
            raise psycopg.OperationalError("the connection broke")
        if fault.kind == "serialisation":
            raise errors.SerializationFailure("could not serialise access")
        if fault.kind == "timeout":
            raise errors.QueryCanceled("cancelled on statement timeout")
        raise RuntimeError("an error that nobody expects")


def faulty(world: World, fault: Fault) -> Connect:
    assert world.settings.database_url is not None
    conninfo = conninfo_of(world.settings, world.settings.database_url)

    async def connect() -> FaultyConnection:
        connection = await FaultyConnection.connect(conninfo)
        connection.fault = fault
        return connection

    return connect


@pytest.fixture
async def fault(world: World) -> AsyncIterator[Fault]:
    """A fault; the world's first intake runs on faulty connections."""
    made = Fault()
    await world.intakes.pop().stop()
    await world.intake(faulty(world, made))
    yield made


KINDS = ("disconnect", "serialisation", "timeout", "answer lost")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_at_any_statement_neither_loses_nor_doubles(
    world: World, fault: Fault, kind: str
) -> None:
    member = await world.enrol()
    struck = 0
    for at in range(STATEMENTS_MAX):
        before = await world.entries(member)
        fault.arm(at, kind)
        outcome = await world.send(member, f"o-{at}", order(10))
        assert outcome.status == "accepted", fault.statements
        assert await world.entries(member) == before + 1
        struck += fault.struck
    # The write of one purchase has at least ten statements, and each was struck once.
    assert struck >= 10
    fault.arm(-1, "")
    await world.assert_verified()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_at_any_statement_of_a_redemption_and_refund(
    world: World, fault: Fault, kind: str
) -> None:
    member = await world.enrol()
    for at in range(STATEMENTS_MAX):
        fault.arm(-1, "")
        await world.send(member, f"b-{at}", order(50))
        await world.send(member, f"o-{at}", order(100))
        points = await world.active(member)
        fault.arm(at, kind)
        held = await world.send(member, f"h-{at}", hold("five-off"))
        assert held.status == "accepted"
        fault.arm(at, kind)
        used = await world.send(member, f"c-{at}", capture(held))
        assert used.status == "accepted"
        fault.arm(at, kind)
        back = await world.send(member, f"r-{at}", returned("1"), purchase=f"o-{at}")
        assert back.status == "accepted"
        fault.arm(-1, "")
        found = await read_member(world.pool, member)
        assert found is not None
        wallet = found[0].state.wallets["points"]
        earned = next(
            sum(award.points for award in stored.entry.awards)
            for stored in await _history(world, member)
            if stored.entry.event.event_id == f"o-{at}"
        )
        assert wallet.active + wallet.debt == points - 50 - earned
    await world.assert_verified()


async def test_an_unexpected_error_fails_only_the_guilty_event(world: World, fault: Fault) -> None:
    member = await world.enrol()
    items = [world.submission(member, f"o-{n}", order(10)) for n in range(7)]
    fault.arm(3, "unexpected")
    outcomes = await world.intakes[0].submit(items)
    assert statuses(outcomes) == ["accepted"] * 7
    await world.assert_verified()


async def test_a_body_that_cannot_be_stored_leaves_its_neighbours_unharmed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, other = await world.enrol(), await world.enrol()
    items = [world.submission(member, f"o-{n}", order(10)) for n in range(6)]
    items[2] = world.submission(other, "o-2", order(10))
    encode = deciding.encode_entry

    def fails_for_one(entry: Entry) -> bytes:
        if entry.event.event_id == "o-2":
            raise OverflowError("a number does not fit the 64 bits of a stored one")
        return encode(entry)

    monkeypatch.setattr(deciding, "encode_entry", fails_for_one)
    outcomes = await world.intakes[0].submit(items)
    assert [outcome.status for outcome in outcomes].count("accepted") == 5
    assert outcomes[2].status == "failed"
    assert await world.entries(other) == 0
    assert await world.active(member) == 50 + 1000
    await world.assert_verified()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_between_the_steps_of_a_merge_is_finished_by_whoever_comes_next(
    world: World, fault: Fault, kind: str
) -> None:
    for at in range(2 * STATEMENTS_MAX):
        old, new = await world.enrol(), await world.enrol()
        fault.arm(-1, "")
        await world.send(old, f"o-{at}", order(30))
        fault.arm(at, kind)
        outcome = await world.send(old, f"m-{at}", MoveOut(new, "merge", close=True))
        assert outcome.status == "accepted", fault.statements
        fault.arm(-1, "")
        assert await world.active(new) == 30
        assert await world.active(old) == 0
    await world.assert_verified()


async def test_a_process_that_dies_between_the_steps_leaves_a_move_that_the_next_one_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = await world.enrol(), await world.enrol()
    await world.send(old, "o-1", order(30))
    dying = world.intakes[0]
    # The process dies after the first step's commit: what follows is never dispatched.
    first_step_done = asyncio.Event()
    for lane in dying._lanes:
        monkeypatch.setattr(lane, "_dispatch", lambda items: first_step_done.set())
    item = world.submission(old, "m-1", MoveOut(new, "merge", close=True))
    caller = asyncio.ensure_future(dying.submit([item]))
    await first_step_done.wait()
    caller.cancel()
    assert await world.active(new) == 0
    await world.assert_verified()
    other = await world.intake()
    world.intakes.reverse()
    assert await finish_moves(world.pool, other, START + 60_000_000) == 1
    assert await world.active(new) == 30
    assert await finish_moves(world.pool, other, START + 60_000_000) == 0
    await world.assert_verified()


async def _history(world: World, member: int) -> Sequence[StoredEntry]:
    async with world.pool.connection() as connection:
        return await read_history(connection, member, most=500)
