"""Refunds of a member who was merged since: they find the member of today, and only once."""

import asyncio

import pytest

from regulars.core.events import (
    Adjustment,
    Body,
    Close,
    Hold,
    Line,
    MoveOut,
    Purchase,
    Refund,
)
from regulars.intake.contracts import Outcome
from regulars.intake.facade import finish_moves
from regulars.ledger.facade import read_member
from tests.intake.interrupted import die_after_commit
from tests.world import HOUR, PROGRAM, START, World, order, returned, statuses

MERGE = "merge"


async def _merged(world: World, *, euros: int = 50) -> tuple[int, int]:
    """A member with one order who has been merged, and the member of today."""
    old, today = await world.enrol(), await world.enrol()
    await world.send(old, "o-1", order(euros, 20))
    await world.send(old, "m-1", MoveOut(today, MERGE, close=True))
    return old, today


async def _debt(world: World, member: int) -> int:
    found = await read_member(world.pool, member)
    assert found is not None
    return found[0].state.wallets["points"].debt


async def _open_moves(world: World) -> int:
    async with world.pool.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM open_move")
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("names", ["nobody", "the old member", "the member of today"])
async def test_a_refund_takes_back_of_the_member_of_today(world: World, names: str) -> None:
    old, today = await _merged(world)
    named = {"nobody": None, "the old member": old, "the member of today": today}[names]
    assert await world.active(today) == 70
    outcome = await world.send(named, "r-1", returned("1"), purchase="o-1")
    assert (outcome.status, outcome.member_id) == ("accepted", old)
    assert await world.active(today) == 20
    again = await world.send(named, "r-1", returned("1"), purchase="o-1")
    assert (again.status, again.replayed, again.seq) == ("accepted", True, outcome.seq)
    over = await world.send(named, "r-2", returned("1"), purchase="o-1")
    assert over.status == "refused"
    rest = await world.send(named, "r-3", Refund(0), purchase="o-1")
    assert rest.status == "accepted"
    assert await world.active(today) == 0
    assert await _open_moves(world) == 0
    await world.assert_verified()


async def test_a_refund_finds_the_last_of_several_merges(world: World) -> None:
    old, middle = await _merged(world)
    today = await world.enrol()
    await world.send(middle, "m-2", MoveOut(today, MERGE, close=True))
    for event_id, named, line in (("r-1", middle, "1"), ("r-2", today, "2")):
        outcome = await world.send(named, event_id, returned(line), purchase="o-1")
        assert (outcome.status, outcome.member_id) == ("accepted", old)
    assert await world.active(today) == 0
    found = await read_member(world.pool, today)
    assert found is not None
    assert "purchases/lifetime" not in found[0].state.counters
    await world.assert_verified()


async def test_a_refund_that_names_a_stranger_is_not_recorded(world: World) -> None:
    old, today = await _merged(world)
    stranger = await world.enrol()
    unmerged = await world.enrol()
    await world.send(unmerged, "o-2", order(10))
    before = [await world.entries(each) for each in (old, today, stranger, unmerged)]
    for event_id, purchase in (("r-1", "o-1"), ("r-2", "o-2")):
        outcome = await world.send(stranger, event_id, returned("1"), purchase=purchase)
        assert outcome.status == "invalid" and outcome.problem is not None
        assert outcome.problem.code == "purchase_of_another_member"
    assert [await world.entries(each) for each in (old, today, stranger, unmerged)] == before


async def test_spent_points_return_to_the_member_of_today(world: World) -> None:
    old, today = await world.enrol(), await world.enrol()
    await world.send(old, "gift", Adjustment("points", 60, "welcome", "anna"))
    cart = Purchase((Line("1", "BOOK", 1, 2_000),))
    held = await world.send(old, "h-1", Hold("five-off", cart))
    paid = Purchase((Line("1", "BOOK", 1, 2_000, 500),), redemptions=(held.seq,))
    await world.send(old, "o-1", paid)
    await world.send(old, "m-1", MoveOut(today, MERGE, close=True))
    assert await world.active(today) == 10 + 15
    await world.send(None, "r-1", Refund(0), purchase="o-1")
    assert await world.active(today) == 60
    await world.assert_verified()


@pytest.mark.parametrize(("clawback", "active", "debt"), [("negative", 0, -40), ("clamp", 0, 0)])
async def test_points_that_are_spent_meanwhile_follow_the_clawback_policy(
    world: World, clawback: str, active: int, debt: int
) -> None:
    if clawback != "negative":
        text = PROGRAM.replace("program: corner-shop", "program: other-shop")
        text = text.replace("clawback: negative", f"clawback: {clawback}")
        program, _ = await world.programs.create_from(text, actor="test", effective_from=START)
        world.program_id = program.program_id
    _, today = await _merged(world)
    await world.send(today, "spent", Adjustment("points", -60, "shop", "anna"))
    outcome = await world.send(None, "r-1", returned("1"), purchase="o-1")
    assert outcome.status == "accepted"
    assert (await world.active(today), await _debt(world, today)) == (active, debt)
    await world.assert_verified()


async def test_a_refund_that_was_interrupted_arrives_with_whoever_comes_next(world: World) -> None:
    _, today = await _merged(world)
    item = world.submission(None, "r-1", returned("1"), purchase="o-1")
    await die_after_commit(world.intakes[0], item, redirects=1)
    assert (await world.active(today), await _open_moves(world)) == (70, 1)
    again = await world.send(None, "r-1", returned("1"), purchase="o-1")
    assert (again.status, again.replayed) == ("accepted", True)
    assert (await world.active(today), await _open_moves(world)) == (20, 0)
    await world.assert_verified()


async def test_an_interrupted_refund_is_finished_by_the_schedule(world: World) -> None:
    _, today = await _merged(world)
    item = world.submission(None, "r-1", returned("1"), purchase="o-1")
    await die_after_commit(world.intakes[0], item, redirects=1)
    assert await finish_moves(world.pool, world.intakes[0], START + HOUR) == 1
    assert await finish_moves(world.pool, world.intakes[0], START + HOUR) == 0
    assert await world.active(today) == 20
    await world.assert_verified()


async def test_a_refund_waits_for_the_merge_that_is_on_its_way(world: World) -> None:
    old, today = await world.enrol(), await world.enrol()
    await world.send(old, "o-1", order(50, 20))
    await die_after_commit(
        world.intakes[0], world.submission(old, "m-1", MoveOut(today, MERGE, close=True))
    )
    outcome = await world.send(None, "r-1", returned("1"), purchase="o-1")
    assert outcome.status == "accepted"
    assert (await world.active(today), await _debt(world, today)) == (20, 0)
    assert await _open_moves(world) == 0
    await world.assert_verified()


async def test_a_refund_is_refused_once_the_member_of_today_has_left(world: World) -> None:
    old, today = await _merged(world)
    await world.send(today, "close", Close("left"))
    outcome = await world.send(None, "r-1", returned("1"), purchase="o-1")
    assert (outcome.status, outcome.member_id) == ("refused", old)
    assert outcome.entry is not None and outcome.entry.refusal is not None
    assert outcome.entry.refusal.code == "member_closed"
    assert await _open_moves(world) == 0
    await world.assert_verified()


async def test_refunds_race_merges_and_closings_without_losing_a_point(world: World) -> None:
    await world.intake()
    members = [await world.enrol() for _ in range(4)]
    for at, member in enumerate(members):
        await world.send(member, f"o-{at}", order(50, 20))

    async def send(
        lane: int, member: int | None, event_id: str, body: Body, purchase: str = ""
    ) -> Outcome:
        item = world.submission(member, event_id, body, purchase=purchase)
        return (await world.intakes[lane % 2].submit([item]))[0]

    outcomes = await asyncio.gather(
        *(
            send(at, members[at], f"m-{at}", MoveOut(members[at + 1], MERGE, close=True))
            for at in range(3)
        ),
        *(
            send(at + number, None, f"r-{at}-{number}", returned(str(number)), f"o-{at}")
            for at in range(4)
            for number in (1, 2)
        ),
    )
    # A merge into a member who has just been merged does not begin; no refund minds.
    assert set(statuses(outcomes[3:])) == {"accepted"}
    assert [await _debt(world, member) for member in members] == [0, 0, 0, 0]
    assert [await world.active(member) for member in members] == [0, 0, 0, 0]
    assert await _open_moves(world) == 0
    await world.assert_verified()
