"""An event that happened before its member enrolled is accepted: shops send history afterwards."""

from tests.world import World, order

DAY = 86_400_000_000


async def test_an_event_from_before_the_enrolment_is_accepted(world: World) -> None:
    member = await world.enrol()
    earlier = await world.send(member, "o-guest", order(10), at=world.clock.now() - DAY)
    assert earlier.status == "accepted", earlier
    assert earlier.entry is not None
    assert earlier.entry.event.occurred_at == world.clock.now() - DAY
    assert (await world.send(member, "o-now", order(10))).status == "accepted"
    again = await world.send(member, "o-guest-2", order(5), at=world.clock.now() - 2 * DAY)
    assert again.status == "accepted"
    # Each purchase counted: the third earns 1,000 more.
    assert await world.active(member) == 25 + 1000
    await world.assert_verified()
