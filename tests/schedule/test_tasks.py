"""What each periodic task brings forward: once, completely, and nothing that is not its own."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from regulars.app import _schedule, open_services
from regulars.core.accounts import Account
from regulars.core.events import MoveOut, Void
from regulars.intake import upkeep
from regulars.intake.facade import RequestClaims, post_due
from regulars.ledger.facade import read_totals
from regulars.platform.clock import FixedClock
from regulars.platform.database import Pool
from regulars.platform.settings import Settings
from regulars.rewards.contracts import Request
from regulars.schedule.facade import STALE_RESERVATION_US, Schedule
from tests.intake.interrupted import die_after_commit
from tests.world import DAY, HOUR, START, World, capture, hold, order, returned, with_mug

MUG = Request("stock", "mug", 1)
EVENT = UUID(int=7)


@pytest.fixture
def schedule(world: World) -> Schedule:
    return Schedule(world.pool, world.intakes[0], world.rewards, world.clock)


async def _run(schedule: Schedule, name: str) -> None:
    task = next(task for task in schedule.tasks if task.name == name)
    assert await schedule.run_once(task)


async def _totals(world: World) -> dict[tuple[str, int], int]:
    async with world.pool.connection() as connection:
        return dict(await read_totals(connection, world.program_id))


async def _mugs_used(world: World) -> int:
    return (await world.rewards.levels(world.program_id))["stock/mug"].used


# --- what time has made due


async def test_points_of_a_member_who_stays_away_expire_once(
    world: World, schedule: Schedule
) -> None:
    member, other = await world.enrol(), await world.enrol()
    await world.send(member, "o-1", order(40))
    world.clock.advance(seconds=200 * 86_400)
    await world.send(other, "o-2", order(40))
    world.clock.advance(seconds=200 * 86_400)
    await _run(schedule, "post_due")
    assert (await world.active(member), await world.active(other)) == (0, 40)
    assert (await world.entries(member), await world.entries(other)) == (2, 1)
    await _run(schedule, "post_due")
    assert (await world.entries(member), await world.entries(other)) == (2, 1)
    await world.assert_verified()


async def test_a_hold_that_was_left_lapses_and_its_stock_returns(
    world: World, schedule: Schedule
) -> None:
    member = await world.enrol()
    await world.send(member, "o-1", order(40))
    await world.send(member, "h-1", hold("mug", with_mug()))
    assert (await world.active(member), await _mugs_used(world)) == (30, 1)
    world.clock.advance(seconds=2 * 86_400)
    await _run(schedule, "post_due")
    assert (await world.active(member), await _mugs_used(world)) == (40, 0)
    await world.assert_verified()


async def test_members_for_whom_nothing_is_due_any_more_are_looked_at_once(world: World) -> None:
    members = [await world.enrol() for _ in range(3)]
    for member in members:
        await world.send(member, f"o-{member}", order(60))
        held = await world.send(member, f"h-{member}", hold("five-off"))
        await world.send(member, f"c-{member}", capture(held))
    world.clock.advance(seconds=2 * 86_400)
    now = world.clock.now()
    assert await post_due(world.pool, world.intakes[0], now) == 3
    assert await post_due(world.pool, world.intakes[0], now) == 0
    assert [await world.active(member) for member in members] == [10, 10, 10]
    await world.assert_verified()


async def test_full_rounds_reach_everyone(world: World) -> None:
    captured = [await world.enrol() for _ in range(5)]
    for member in captured:
        await world.send(member, f"o-{member}", order(50))
        held = await world.send(member, f"h-{member}", hold("five-off"))
        await world.send(member, f"c-{member}", capture(held))
    world.clock.advance(seconds=86_400)
    last = await world.enrol()
    await world.send(last, "o-last", order(40))
    world.clock.advance(seconds=400 * 86_400)
    for _ in range(len(captured) // 2 + 1):
        await post_due(world.pool, world.intakes[0], world.clock.now(), most=2)
    assert await world.active(last) == 0
    assert await post_due(world.pool, world.intakes[0], world.clock.now()) == 0
    await world.assert_verified()


async def test_two_processes_posting_at_once_post_each_thing_once(world: World) -> None:
    second = await world.intake()
    members = [await world.enrol() for _ in range(10)]
    for member in members:
        await world.send(member, f"o-{member}", order(40))
    world.clock.advance(seconds=400 * 86_400)
    now = world.clock.now()
    await asyncio.gather(
        *(post_due(world.pool, intake, now) for intake in (world.intakes[0], second) * 3)
    )
    assert [await world.entries(member) for member in members] == [2] * 10
    await world.assert_verified()


# --- moves and parked refunds


async def test_a_move_is_ended_when_it_is_overdue_and_not_before(
    world: World, schedule: Schedule
) -> None:
    member, target = await world.enrol(), await world.enrol()
    await world.send(member, "o-1", order(40))
    item = world.submission(member, "m-1", MoveOut(target, "gift"))
    await die_after_commit(world.intakes[0], item)
    assert (await world.active(member), await world.entries(target)) == (0, 0)
    world.clock.advance(seconds=9)
    await _run(schedule, "finish_moves")
    assert await world.entries(target) == 0
    world.clock.advance(seconds=1)
    await _run(schedule, "finish_moves")
    await _run(schedule, "finish_moves")
    assert (await world.active(target), await world.entries(target)) == (40, 1)
    await world.assert_verified()


async def test_a_parked_refund_is_recorded_though_both_looks_were_missed(
    world: World, schedule: Schedule
) -> None:
    member = await world.enrol()
    await world.send(None, "r-1", returned("1"), purchase="o-1")
    await die_after_commit(world.intakes[0], world.submission(member, "o-1", order(40, 60)))
    assert await world.active(member) == 100
    await _run(schedule, "finish_parked")
    await _run(schedule, "finish_parked")
    assert (await world.active(member), await world.entries(member)) == (60, 2)
    await world.assert_verified()


async def test_a_refund_whose_purchase_came_is_recorded_even_at_the_end_of_its_wait(
    world: World, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await world.enrol()
    for number in range(3):
        await world.send(None, f"r-{number}", returned("1"), purchase=f"o-{number}")
    for number in range(3):
        item = world.submission(member, f"o-{number}", order(40))
        await die_after_commit(world.intakes[0], item)
    monkeypatch.setattr(upkeep, "MEMBERS_PER_ROUND", 2)
    world.clock.advance(seconds=11 * 86_400)
    await _run(schedule, "finish_parked")
    await _run(schedule, "finish_parked")
    assert await world.entries(member) == 6
    await world.assert_verified()


async def test_a_parked_refund_expires_at_the_end_of_its_wait(
    world: World, schedule: Schedule
) -> None:
    parked = await world.send(None, "r-1", returned("1"), purchase="o-1")
    world.clock.instant = parked.expires_at - 1
    await _run(schedule, "finish_parked")
    again = await world.send(None, "r-1", returned("1"), purchase="o-1")
    assert again.status == "parked"
    world.clock.instant = parked.expires_at
    await _run(schedule, "finish_parked")
    again = await world.send(None, "r-1", returned("1"), purchase="o-1")
    assert again.status == "expired"


# --- reservations, totals, Idempotency-Keys


async def test_a_reservation_without_an_event_returns_when_it_is_stale(
    world: World, schedule: Schedule
) -> None:
    await world.rewards.reserve(world.program_id, [MUG], EVENT, now=START)
    world.clock.advance(microseconds=STALE_RESERVATION_US)
    await _run(schedule, "sweep_reservations")
    assert await _mugs_used(world) == 1
    world.clock.advance(microseconds=1)
    await _run(schedule, "sweep_reservations")
    await _run(schedule, "sweep_reservations")
    assert await _mugs_used(world) == 0


async def test_what_a_recorded_hold_uses_is_not_swept(world: World, schedule: Schedule) -> None:
    member = await world.enrol()
    await world.send(member, "o-1", order(40))
    held = await world.send(member, "h-1", hold("mug", with_mug()))
    world.clock.advance(seconds=600)
    await _run(schedule, "sweep_reservations")
    assert await _mugs_used(world) == 1
    await world.send(member, "v-1", Void(held.seq))
    await _run(schedule, "sweep_reservations")
    assert await _mugs_used(world) == 0


async def test_totals_of_every_program_advance_and_count_nothing_twice(
    world: World, schedule: Schedule
) -> None:
    member = await world.enrol()
    await world.send(member, "o-1", order(40))
    await _run(schedule, "advance_totals")
    await _run(schedule, "advance_totals")
    assert await _totals(world) == {("points", Account.ISSUED): -40}
    await world.send(member, "o-2", order(2))
    await _run(schedule, "advance_totals")
    assert await _totals(world) == {("points", Account.ISSUED): -42}


async def _claim(claims: RequestClaims, key: str, now: int) -> None:
    async with claims.claimed(1, key, b"digest", now=now) as claim:
        await claim.keep(201, b"{}")


async def test_idempotency_keys_are_forgotten_after_seven_days_and_not_before(
    settings: Settings, pool: Pool, tmp_path: Path
) -> None:
    clock = FixedClock(START)
    claims = RequestClaims(pool)
    await _claim(claims, "over", START - 7 * DAY - 1)
    await _claim(claims, "young", START - 7 * DAY)
    async with open_services(settings, clock) as services:
        await _run(_schedule(services), "forget_requests")
        async with pool.connection() as connection:
            cursor = await connection.execute("SELECT key FROM request_claim")
            assert await cursor.fetchall() == [("young",)]
        clock.advance(seconds=HOUR // 1_000_000)
        await _run(_schedule(services), "forget_requests")
        async with pool.connection() as connection:
            cursor = await connection.execute("SELECT key FROM request_claim")
            assert await cursor.fetchall() == []
