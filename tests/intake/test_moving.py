"""Moves between members: points are never left in transit, whoever closes or merges meanwhile."""

import asyncio

import pytest

from regulars.core.events import Close, MoveOut
from regulars.intake.contracts import Outcome
from regulars.intake.facade import finish_moves
from tests.intake.interrupted import die_after_commit
from tests.world import HOUR, PROGRAM, START, World, order, statuses

MERGE = "merge"


async def _open_moves(world: World) -> int:
    async with world.pool.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM open_move")
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def _other_program(world: World) -> int:
    text = PROGRAM.replace("program: corner-shop", "program: other-shop")
    program, _ = await world.programs.create_from(text, actor="test", effective_from=START)
    return program.program_id


async def _targets(world: World, member: int) -> dict[str, int]:
    """Members to whom nothing can move, by the words that say why."""
    closed, merged = await world.enrol(), await world.enrol()
    await world.send(closed, "close", Close("left"))
    await world.send(merged, "merge", MoveOut(member, MERGE, close=True))
    first = world.program_id
    world.program_id = await _other_program(world)
    foreign = await world.enrol()
    world.program_id = first
    return {
        "no such member": 1234567890123456789,
        "the member whose points move": member,
        "a member who is closed": closed,
        "a member who is merged": merged,
        "a foreign": foreign,
    }


@pytest.mark.parametrize("close", [False, True])
async def test_a_move_to_nobody_who_can_take_it_in_is_refused(world: World, close: bool) -> None:
    member = await world.enrol()
    await world.send(member, "o-1", order(50))
    for number, (why, target) in enumerate((await _targets(world, member)).items()):
        before = await world.entries(member)
        outcome = await world.send(member, f"m-{number}", MoveOut(target, MERGE, close=close))
        assert outcome.status == "invalid"
        assert outcome.problem is not None
        assert (outcome.problem.code, outcome.problem.pointer) == ("unknown_member", "/into")
        assert outcome.problem.found == why.replace("a foreign", "no such member")
        assert await world.entries(member) == before
    assert await world.active(member) == 50
    assert await _open_moves(world) == 0
    await world.assert_verified()


async def test_a_retry_finds_its_move_although_the_target_has_closed_since(world: World) -> None:
    member, target = await world.enrol(), await world.enrol()
    await world.send(member, "o-1", order(50))
    first = await world.send(member, "m-1", MoveOut(target, "gift"))
    await world.send(target, "close", Close("left"))
    again = await world.send(member, "m-1", MoveOut(target, "gift"))
    assert (again.status, again.replayed, again.seq) == ("accepted", True, first.seq)


async def test_a_member_who_closes_takes_in_first_what_is_on_its_way(world: World) -> None:
    member, target = await world.enrol(), await world.enrol()
    await world.send(member, "o-1", order(50))
    both = await world.intakes[0].submit([
        world.submission(member, "m-1", MoveOut(target, "gift")),
        world.submission(target, "close", Close("left")),
    ])  # fmt: skip
    assert statuses(both) == ["accepted", "accepted"]
    assert await _open_moves(world) == 0
    await world.assert_verified()


async def test_an_interrupted_move_is_ended_before_its_target_closes(world: World) -> None:
    member, target = await world.enrol(), await world.enrol()
    await world.send(member, "o-1", order(50))
    item = world.submission(member, "m-1", MoveOut(target, "gift"))
    await die_after_commit(world.intakes[0], item)
    assert (await world.active(member), await _open_moves(world)) == (0, 1)
    closed = await world.send(target, "close", Close("left"))
    assert closed.status == "accepted"
    assert await world.entries(target) == 2
    assert await _open_moves(world) == 0
    assert await finish_moves(world.pool, world.intakes[0], START + HOUR) == 0
    await world.assert_verified()


@pytest.mark.parametrize("turn", range(4))
async def test_crossing_merges_and_closings_leave_nothing_in_transit(
    world: World, turn: int
) -> None:
    await world.intake()
    members = [await world.enrol() for _ in range(8)]
    for member in members:
        await world.send(member, f"o-{member}", order(50))

    async def send(number: int, event_id: str, body: MoveOut | Close) -> Outcome:
        item = world.submission(members[number], event_id, body)
        return (await world.intakes[(number + turn) % 2].submit([item]))[0]

    merges = [(0, 1), (1, 0), (2, 3), (3, 4), (4, 2), (5, 6), (6, 7)]
    outcomes = await asyncio.gather(
        *(send(a, f"m-{a}", MoveOut(members[b], MERGE, close=True)) for a, b in merges),
        send(7, "close", Close("left")),
        *(send(a, f"t-{a}-{b}", MoveOut(members[b], "gift", points=5)) for a, b in merges),
    )
    assert {outcome.status for outcome in outcomes} <= {"accepted", "refused", "invalid"}
    assert await _open_moves(world) == 0
    assert sum([await world.active(member) for member in members[:5]]) == 250
    await world.assert_verified()
