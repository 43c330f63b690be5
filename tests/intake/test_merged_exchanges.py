"""Exchanges and confirmations of what a member bought who has been merged since: both find the
member of today, and only once."""

import asyncio

import msgspec
import pytest

from regulars.core.events import Close, Confirm, Exchange, MoveOut, Refund
from regulars.intake.facade import finish_moves
from regulars.ledger.facade import read_member
from tests.intake.interrupted import die_after_commit
from tests.world import HOUR, PROGRAM, START, World, hold, order, returned

MERGE = "merge"
CONFIRMED = PROGRAM.replace("program: corner-shop", "program: other-shop").replace(
    "pending: none", "pending: {until: order.delivered, at_most: 45 days}"
)


async def _merged(world: World) -> tuple[int, int]:
    """A member with one order of 50 and 20 euros who has been merged, and the member of today."""
    old, today = await world.enrol(), await world.enrol()
    await world.send(old, "o-1", order(50, 20))
    await world.send(old, "m-1", MoveOut(today, MERGE, close=True))
    return old, today


async def _has_bought(world: World, member: int) -> bool:
    found = await read_member(world.pool, member)
    assert found is not None
    return "purchases/lifetime" in found[0].state.counters


def swap(line: str, *euros: int) -> Exchange:
    """One line comes back, an order goes out."""
    return Exchange(returned(line), order(*euros))


@pytest.mark.parametrize("names", ["nobody", "the old member", "the member of today"])
async def test_an_exchange_goes_on_with_the_member_of_today(world: World, names: str) -> None:
    old, today = await _merged(world)
    named = {"nobody": None, "the old member": old, "the member of today": today}[names]
    outcome = await world.send(named, "x-1", swap("1", 80), purchase="o-1")
    assert (outcome.status, outcome.member_id, outcome.replayed) == ("accepted", today, False)
    assert outcome.entry is not None
    assert [award.points for award in outcome.entry.awards] == [80]
    assert await world.active(today) == 20 + 80
    assert await _has_bought(world, today)
    again = await world.send(named, "x-1", swap("1", 80), purchase="o-1")
    assert (again.status, again.replayed, again.seq) == ("accepted", True, outcome.seq)
    other = await world.send(named, "x-1", swap("1", 90), purchase="o-1")
    assert other.status == "conflict"
    assert await world.active(today) == 100
    await world.assert_verified()


async def test_what_was_exchanged_after_a_merge_can_come_back(world: World) -> None:
    _, today = await _merged(world)
    await world.send(None, "x-1", swap("1", 80), purchase="o-1")
    outcome = await world.send(None, "r-1", returned("1"), purchase="x-1")
    assert (outcome.status, outcome.member_id) == ("accepted", today)
    assert await world.active(today) == 20
    rest = await world.send(None, "r-2", Refund(0), purchase="o-1")
    assert rest.status == "accepted"
    assert await world.active(today) == 0
    assert not await _has_bought(world, today)
    await world.assert_verified()


async def test_an_exchange_whose_refund_is_refused_does_nothing(world: World) -> None:
    old, today = await _merged(world)
    await world.send(None, "r-1", returned("1"), purchase="o-1")
    before = await world.active(today)
    for _ in range(2):
        outcome = await world.send(None, "x-1", swap("1", 80), purchase="o-1")
        assert (outcome.status, outcome.member_id) == ("refused", old)
        assert outcome.entry is not None and outcome.entry.refusal is not None
        assert outcome.entry.refusal.code == "over_refund"
    assert await world.active(today) == before
    await world.assert_verified()


async def test_an_exchange_whose_order_is_refused_does_nothing(world: World) -> None:
    _, today = await _merged(world)
    huge = order(2**53 // 100)
    large = [
        msgspec.structs.replace(huge.lines[0], line_id=str(number), gross_minor=2**62)
        for number in range(2)
    ]
    body = Exchange(returned("1"), msgspec.structs.replace(huge, lines=tuple(large)))
    outcome = await world.send(None, "x-1", body, purchase="o-1")
    assert (outcome.status, outcome.member_id) == ("refused", today)
    assert await world.active(today) == 70
    assert (await world.send(None, "r-1", returned("1"), purchase="o-1")).status == "accepted"
    await world.assert_verified()


async def test_an_exchange_finds_the_last_of_several_merges(world: World) -> None:
    _, middle = await _merged(world)
    today = await world.enrol()
    await world.send(middle, "m-2", MoveOut(today, MERGE, close=True))
    for event_id, named, line in (("x-1", middle, "1"), ("x-2", today, "2")):
        outcome = await world.send(named, event_id, swap(line, 10), purchase="o-1")
        assert (outcome.status, outcome.member_id) == ("accepted", today)
    assert await world.active(today) == 20
    await world.assert_verified()


async def test_a_redemption_of_the_member_of_today_is_used_by_an_exchange(world: World) -> None:
    _, today = await _merged(world)
    held = await world.send(today, "h-1", hold("five-off"))
    named = msgspec.structs.replace(order(80), redemptions=(held.seq,))
    item = world.submission(None, "x-1", Exchange(returned("1"), named), purchase="o-1")
    (stranger,) = await world.intakes[0].submit(
        [msgspec.structs.replace(item, redeemer=await world.enrol())]
    )
    assert stranger.problem is not None and stranger.problem.code == "unknown_redemption"
    (outcome,) = await world.intakes[0].submit([msgspec.structs.replace(item, redeemer=today)])
    assert outcome.status == "accepted"
    found = await read_member(world.pool, today)
    assert found is not None and found[0].state.wallets["points"].redeemed == 50
    await world.assert_verified()


async def test_an_interrupted_exchange_is_finished_by_whoever_comes_next(world: World) -> None:
    _, today = await _merged(world)
    item = world.submission(None, "x-1", swap("1", 80), purchase="o-1")
    await die_after_commit(world.intakes[0], item, redirects=1)
    assert await world.active(today) == 70
    again = await world.send(None, "x-1", swap("1", 80), purchase="o-1")
    assert (again.status, again.member_id) == ("accepted", today)
    assert await world.active(today) == 100
    await world.assert_verified()


async def test_an_interrupted_exchange_is_finished_by_the_schedule(world: World) -> None:
    _, today = await _merged(world)
    item = world.submission(None, "x-1", swap("1", 80), purchase="o-1")
    await die_after_commit(world.intakes[0], item, redirects=1)
    assert await finish_moves(world.pool, world.intakes[0], START + HOUR) == 1
    assert await finish_moves(world.pool, world.intakes[0], START + HOUR) == 0
    assert await world.active(today) == 100
    again = await world.send(None, "x-1", swap("1", 80), purchase="o-1")
    assert (again.status, again.replayed) == ("accepted", True)
    conflict = await world.send(None, "x-1", swap("1", 81), purchase="o-1")
    assert conflict.status == "conflict"
    await world.assert_verified()


async def test_repeats_at_once_of_an_exchange_that_many_merges_lead_on_are_one(
    world: World,
) -> None:
    await world.intake()
    members = [await world.enrol() for _ in range(9)]
    await world.send(members[0], "o-1", order(50, 20))
    for at in range(8):
        await world.send(members[at], f"m-{at}", MoveOut(members[at + 1], MERGE, close=True))
    for event_id, body in (("x-1", swap("1", 80)), ("x-2", Exchange(Refund(0), order(30)))):
        item = world.submission(None, event_id, body, purchase="o-1")
        answers = await asyncio.gather(
            *(intake.submit([item] * 3) for intake in world.intakes for _ in range(2))
        )
        outcomes = [outcome for answer in answers for outcome in answer]
        assert {one.status for one in outcomes} == {"accepted"}
        assert {(one.member_id, one.seq) for one in outcomes} == {(members[-1], outcomes[0].seq)}
    assert await world.active(members[-1]) == 80 + 30
    assert await finish_moves(world.pool, world.intakes[0], START + HOUR) == 0
    await world.assert_verified()


async def test_parallel_exchanges_of_one_line_happen_once(world: World) -> None:
    await world.intake()
    _, today = await _merged(world)
    items = [
        world.submission(None, f"x-{number}", swap("1", 80), purchase="o-1") for number in range(4)
    ]
    outcomes = await asyncio.gather(
        *(world.intakes[at % 2].submit([item]) for at, item in enumerate(items))
    )
    assert sorted(one.status for (one,) in outcomes) == [
        "accepted",
        "refused",
        "refused",
        "refused",
    ]
    assert await world.active(today) == 100
    await world.assert_verified()


async def test_an_exchange_is_refused_once_the_member_of_today_has_left(world: World) -> None:
    old, today = await _merged(world)
    await world.send(today, "close", Close("left"))
    outcome = await world.send(None, "x-1", swap("1", 80), purchase="o-1")
    assert (outcome.status, outcome.member_id) == ("refused", old)
    await world.assert_verified()


async def test_a_refund_that_waits_for_an_exchange_follows_it_at_once(world: World) -> None:
    _, today = await _merged(world)
    early = await world.send(None, "r-1", returned("1"), purchase="x-1")
    assert early.status == "parked"
    await world.send(None, "x-1", swap("1", 80), purchase="o-1")
    found = await world.send(None, "r-1", returned("1"), purchase="x-1")
    assert found.status == "accepted"
    assert await world.active(today) == 20


@pytest.mark.parametrize("names", ["nobody", "the old member", "the member of today"])
async def test_a_confirmation_finds_the_points_of_the_member_of_today(
    world: World, names: str
) -> None:
    program, _ = await world.programs.create_from(
        CONFIRMED, actor="test", effective_from=START - HOUR
    )
    world.program_id = program.program_id
    old, today = await world.enrol(), await world.enrol()
    await world.send(today, "o-2", order(7))
    await world.send(old, "o-1", order(50, 20), at=START - 1)
    await world.send(old, "m-1", MoveOut(today, MERGE, close=True))
    named = {"nobody": None, "the old member": old, "the member of today": today}[names]
    item = world.submission(named, "c-1", Confirm(0), kind="order.delivered", purchase="o-1")
    (outcome,) = await world.intakes[0].submit([item])
    assert (outcome.status, outcome.member_id) == ("accepted", today)
    assert await world.active(today) == 70
    (again,) = await world.intakes[0].submit([item])
    assert (again.status, again.replayed) == ("accepted", True)
    (stranger,) = await world.intakes[0].submit(
        [msgspec.structs.replace(item, member=await world.enrol())]
    )
    assert stranger.status in ("conflict", "invalid")
    await world.assert_verified()


async def test_a_confirmation_by_a_stranger_is_not_recorded(world: World) -> None:
    _, today = await _merged(world)
    stranger = await world.enrol()
    before = await world.entries(today)
    outcome = await world.send(stranger, "c-1", Confirm(0), purchase="o-1")
    assert outcome.problem is not None
    assert outcome.problem.code == "purchase_of_another_member"
    assert (await world.entries(today), await world.entries(stranger)) == (before, 0)
