"""Refunds that come before their purchase, and events in the wrong order of members and times."""

import asyncio

from regulars.core.events import MoveOut
from regulars.intake.facade import finish_parked
from tests.world import A_YEAR, DAY, HOUR, START, World, order, returned, statuses


async def test_a_refund_before_its_purchase_waits_and_is_recorded_with_it(world: World) -> None:
    member = await world.enrol()
    parked = await world.send(None, "r-1", returned("1"), purchase="o-1")
    assert (parked.status, parked.expires_at) == ("parked", START + 10 * DAY)
    assert await world.entries(member) == 0
    await world.send(member, "o-1", order(40, 60))
    settled = await world.send(None, "r-1", returned("1"), purchase="o-1")
    assert settled.status == "accepted"
    assert await world.active(member) == 60
    await world.assert_verified()


async def test_a_retry_of_a_parked_refund_is_answered_as_parked(world: World) -> None:
    await world.send(None, "r-1", returned("1"), purchase="o-1")
    again = await world.send(None, "r-1", returned("1"), purchase="o-1")
    assert (again.status, again.replayed) == ("parked", True)
    other = await world.send(None, "r-1", returned("2"), purchase="o-1")
    assert other.status == "conflict"


async def test_a_purchase_and_its_refund_in_one_batch_in_either_order(world: World) -> None:
    member = await world.enrol()
    purchase = world.submission(member, "o-1", order(40))
    refund = world.submission(member, "r-1", returned("1"), purchase="o-1")
    early = world.submission(member, "r-2", returned("1"), purchase="o-2")
    late = world.submission(member, "o-2", order(70))
    outcomes = await world.intakes[0].submit([purchase, refund, early, late])
    assert [outcome.status for outcome in outcomes] == [
        "accepted", "accepted", "parked", "accepted",
    ]  # fmt: skip
    assert (await world.send(member, "r-2", returned("1"), purchase="o-2")).status == "accepted"
    assert await world.active(member) == 0
    await world.assert_verified()


async def test_refunds_racing_their_purchase_are_never_left_waiting(world: World) -> None:
    await world.intake()
    member = await world.enrol()
    for turn in range(25):
        purchase = world.submission(member, f"o-{turn}", order(40))
        refund = world.submission(None, f"r-{turn}", returned("1"), purchase=f"o-{turn}")
        await asyncio.gather(
            world.intakes[turn % 2].submit([refund]), world.intakes[1 - turn % 2].submit([purchase])
        )
    for turn in range(25):
        settled = await world.send(None, f"r-{turn}", returned("1"), purchase=f"o-{turn}")
        assert settled.status == "accepted"
    await world.assert_verified()


async def test_a_refund_that_waits_in_vain_expires_visibly(world: World) -> None:
    await world.send(None, "r-1", returned("1"), purchase="o-1")
    world.clock.advance(seconds=10 * 86_400)
    assert await finish_parked(world.pool, world.intakes[0], world.clock.now()) == (0, 1)
    assert (await world.send(None, "r-1", returned("1"), purchase="o-1")).status == "expired"


async def test_a_refund_naming_another_member_is_refused(world: World) -> None:
    member, other = await world.enrol(), await world.enrol()
    await world.send(member, "o-1", order(40))
    outcome = await world.send(other, "r-1", returned("1"), purchase="o-1")
    assert outcome.status == "invalid"
    assert outcome.problem is not None
    assert outcome.problem.code == "purchase_of_another_member"
    assert await world.active(member) == 40
    assert await world.entries(other) == 0


async def test_times_outside_what_is_allowed_are_refused_with_the_bounds(world: World) -> None:
    member = await world.enrol()
    ahead = await world.send(member, "o-1", order(40), at=START + HOUR)
    behind = await world.send(member, "o-2", order(40), at=START - A_YEAR - HOUR)
    assert [outcome.problem.code for outcome in (ahead, behind) if outcome.problem] == [
        "occurred_in_future", "occurred_too_long_ago",
    ]  # fmt: skip
    assert await world.entries(member) == 0


async def test_unknown_members_and_those_of_other_programs_look_alike(world: World) -> None:
    outcome = await world.send(1234567890123456789, "o-1", order(40))
    assert outcome.status == "invalid"
    assert outcome.problem is not None
    assert outcome.problem.code == "unknown_member"


async def test_a_late_event_revises_what_came_after_it(world: World) -> None:
    member = await world.enrol()
    for number in (1, 2, 3):
        await world.send(
            member, f"o-{number}", order(10 * number), at=START + number * HOUR - 4 * HOUR
        )
    assert await world.active(member) == 60 + 1000
    # A fourth order that occurred first: the bonus of the third goes to what is third now.
    late = await world.send(member, "o-0", order(5), at=START - 4 * HOUR)
    assert late.status == "accepted"
    assert await world.active(member) == 65 + 1000
    await world.assert_verified()


async def test_a_publication_between_two_events_is_seen_by_every_process(world: World) -> None:
    member = await world.enrol()
    await world.send(member, "o-1", order(10))
    text = await world.programs.text(world.program_id, 1)
    doubled = text.replace('each: "1.00", points: "1"', 'each: "1.00", points: "2"')
    await world.programs.publish(world.program_id, doubled, actor="test")
    outcome = await world.send(member, "o-2", order(10))
    assert outcome.entry is not None
    assert outcome.entry.program_version == 2
    assert await world.active(member) == 30
    before = await world.send(member, "o-3", order(10), at=START - HOUR)
    assert before.entry is not None
    assert before.entry.program_version == 1


async def test_events_of_a_merged_member_go_to_the_member_of_today(world: World) -> None:
    old, new = await world.enrol(), await world.enrol()
    await world.send(old, "o-1", order(40))
    merged = await world.send(old, "m-1", MoveOut(new, "merge", close=True))
    assert merged.status == "accepted"
    outcome = await world.send(old, "o-2", order(10))
    assert (outcome.status, outcome.member_id) == ("accepted", new)
    assert statuses([merged, outcome]) == ["accepted", "accepted"]
    assert await world.active(new) == 50
    assert await world.active(old) == 0
    await world.assert_verified()
