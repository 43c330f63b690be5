"""Stock and voucher codes of redemptions whose order comes back."""

from regulars.core.effects import GrantsReturned
from regulars.core.events import Adjustment, Hold, Line, MoveOut, Purchase, Refund, ReturnedLine
from regulars.intake.contracts import Outcome
from tests.world import World

CART = Purchase((Line("1", "MUG", 1, 900), Line("2", "BOOK", 1, 2_000)))


async def _buy_the_mug(world: World, member: int) -> Outcome:
    await world.send(member, "gift", Adjustment("points", 10, "welcome", "anna"))
    held = await world.send(member, "h-1", Hold("mug", CART))
    lines = (Line("1", "MUG", 1, 900, 900), Line("2", "BOOK", 1, 2_000))
    return await world.send(member, "o-1", Purchase(lines, redemptions=(held.seq,)))


async def _used(world: World) -> int:
    return (await world.rewards.levels(world.program_id))["stock/mug"].used


async def test_stock_comes_back_with_the_whole_order_and_not_before(world: World) -> None:
    member = await world.enrol()
    await _buy_the_mug(world, member)
    assert await _used(world) == 1
    some = await world.send(member, "r-1", Refund(0, (ReturnedLine("2", 1),)), purchase="o-1")
    assert some.status == "accepted"
    assert await _used(world) == 1
    rest = await world.send(member, "r-2", Refund(0), purchase="o-1")
    assert rest.entry is not None
    returned = [each for each in rest.entry.effects if isinstance(each, GrantsReturned)]
    assert [len(each.grants) for each in returned] == [1]
    assert await _used(world) == 0
    again = await world.send(member, "r-2", Refund(0), purchase="o-1")
    assert again.replayed
    assert await _used(world) == 0
    other = await world.enrol()
    await world.send(other, "gift-2", Adjustment("points", 10, "welcome", "anna"))
    assert (await world.send(other, "h-2", Hold("mug", CART))).status == "accepted"
    await world.assert_verified()


async def test_stock_of_a_merged_member_comes_back_too(world: World) -> None:
    member, today = await world.enrol(), await world.enrol()
    await _buy_the_mug(world, member)
    await world.send(member, "m-1", MoveOut(today, "merge", close=True))
    await world.send(today, "r-1", Refund(0), purchase="o-1")
    assert await _used(world) == 0
    assert await world.active(today) == 10
    await world.assert_verified()
