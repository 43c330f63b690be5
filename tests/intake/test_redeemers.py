"""Redemptions belong to one member's journal: naming another's never touches one's own."""

import msgspec

from regulars.core.events import Exchange, MoveOut, Refund, ReturnedLine, Void
from regulars.ledger.facade import read_member
from tests.world import World, capture, hold, order


async def _held(world: World, member: int) -> int:
    found = await read_member(world.pool, member)
    assert found is not None
    return found[0].state.wallets["points"].held


async def test_a_merged_members_hold_is_not_the_survivors_of_the_same_number(world: World) -> None:
    old, new = await world.enrol(), await world.enrol()
    for member in (old, new):
        await world.send(member, f"o-{member}", order(400))
    first = await world.send(old, "h-old", hold("five-off"))
    second = await world.send(new, "h-new", hold("five-off"))
    assert first.seq == second.seq
    await world.send(old, "m-1", MoveOut(new, "merge", close=True))
    for event_id, body in (("c-1", capture(first)), ("v-1", Void(first.seq))):
        outcome = await world.send(old, event_id, body)
        assert outcome.status == "refused"
    named = msgspec.structs.replace(order(10), redemptions=(first.seq,))
    assert (await world.send(old, "o-after", named)).status == "accepted"
    assert await _held(world, new) == 50
    await world.assert_verified()


async def test_an_order_naming_another_members_redemption_is_refused(world: World) -> None:
    member, other = await world.enrol(), await world.enrol()
    for one in (member, other):
        await world.send(one, f"o-{one}", order(400))
        await world.send(one, f"h-{one}", hold("five-off"))
    named = msgspec.structs.replace(order(10), redemptions=(2,))
    swap = Exchange(Refund(0, (ReturnedLine("1", 1),)), named)
    for event_id, body, purchase in (("p-1", named, ""), ("e-1", swap, f"o-{member}")):
        item = world.submission(member, event_id, body, purchase=purchase)
        item = msgspec.structs.replace(item, redeemer=other)
        (outcome,) = await world.intakes[0].submit([item])
        assert outcome.problem is not None
        assert outcome.problem.code == "unknown_redemption"
    assert await _held(world, member) == 50
    assert await _held(world, other) == 50
    await world.assert_verified()
