"""Retries, duplicates and races: each event is recorded once, and everyone gets its one answer."""

import asyncio

import msgspec

from regulars.core.events import Adjustment, Body
from regulars.intake.contracts import MemberRef, Outcome
from regulars.intake.facade import Intake
from tests.world import World, capture, hold, order, returned, statuses, with_mug


async def test_a_retry_gets_the_stored_answer_and_changes_nothing(world: World) -> None:
    member = await world.enrol()
    first = await world.send(member, "o-1", order(40))
    again = await world.send(member, "o-1", order(40))
    assert (first.status, first.replayed) == ("accepted", False)
    assert (again.status, again.replayed, again.seq) == ("accepted", True, first.seq)
    assert again.entry == first.entry
    assert again.hash == first.hash
    assert await world.entries(member) == 1
    await world.assert_verified()


async def test_the_same_identity_with_another_body_is_a_conflict(world: World) -> None:
    member = await world.enrol()
    await world.send(member, "o-1", order(40))
    other = await world.send(member, "o-1", order(41))
    assert other.status == "conflict"
    assert other.problem is not None
    assert other.problem.code == "event_conflict"
    assert await world.active(member) == 40


async def test_an_identity_is_the_programs_whatever_the_member(world: World) -> None:
    first, second = await world.enrol(), await world.enrol()
    await world.send(first, "o-1", order(40))
    assert (await world.send(second, "o-1", order(40))).status == "conflict"
    assert await world.entries(second) == 0


async def test_an_order_by_email_is_answered_again_when_the_person_has_been_erased(
    world: World,
) -> None:
    member = await world.enrol(email="ida@example.org")
    named = world.submission(member, "o-1", order(40))
    by_email = msgspec.structs.replace(named, member=MemberRef("email", "ida@example.org"))
    (first,) = await world.intakes[0].submit([by_email])
    assert (first.status, first.member_id) == ("accepted", member)
    await world.members.erase(world.program_id, member, now=world.clock.now())
    (again,) = await world.intakes[0].submit([by_email])
    assert (again.status, again.replayed, again.hash) == ("accepted", True, first.hash)
    other = msgspec.structs.replace(by_email, event=named.event, member=MemberRef("email", "x@y.z"))
    new = msgspec.structs.replace(
        by_email, event=msgspec.structs.replace(named.event, event_id="o-2")
    )
    conflict, unknown = await world.intakes[0].submit([other, new])
    assert conflict.status == "conflict"
    assert unknown.problem is not None and unknown.problem.code == "unknown_member"
    assert await world.entries(member) == 1


async def test_a_refusal_is_a_stored_answer(world: World) -> None:
    member = await world.enrol()
    refused = await world.send(member, "h-1", hold("five-off"))
    await world.send(member, "o-1", order(400))
    again = await world.send(member, "h-1", hold("five-off"))
    assert (refused.status, again.status, again.replayed) == ("refused", "refused", True)
    assert refused.entry is not None
    assert refused.entry.refusal is not None
    assert refused.entry.refusal.code == "insufficient_points"


async def test_duplicates_within_one_batch_are_one_event(world: World) -> None:
    member = await world.enrol()
    same = world.submission(member, "o-1", order(40))
    outcomes = await world.intakes[0].submit([same] * 5)
    assert [outcome.replayed for outcome in outcomes] == [False, True, True, True, True]
    assert await world.active(member) == 40


async def test_concurrent_duplicates_in_two_processes_are_one_event(world: World) -> None:
    await world.intake()
    member = await world.enrol()
    same = world.submission(member, "o-1", order(40))
    answers = await asyncio.gather(
        *(intake.submit([same]) for intake in world.intakes for _ in range(20))
    )
    outcomes = [answer[0] for answer in answers]
    assert sum(not outcome.replayed for outcome in outcomes) == 1
    assert {outcome.seq for outcome in outcomes} == {1}
    await world.assert_verified()


async def test_one_identity_for_two_members_at_once_wins_once(world: World) -> None:
    await world.intake()
    members = [await world.enrol() for _ in range(8)]
    answers = await asyncio.gather(
        *(
            world.intakes[number % 2].submit([world.submission(member, "o-1", order(40))])
            for number, member in enumerate(members)
        )
    )
    assert statuses([answer[0] for answer in answers]) == ["accepted"] + ["conflict"] * 7
    await world.assert_verified()


async def test_of_parallel_captures_of_one_hold_exactly_one_wins(world: World) -> None:
    await world.intake()
    member = await world.enrol()
    await world.send(member, "o-1", order(400))
    held = await world.send(member, "h-1", hold("five-off"))
    outcomes = await _race(world, member, [(f"c-{n}", capture(held)) for n in range(10)])
    assert statuses(outcomes) == ["accepted"] + ["refused"] * 9
    codes = {o.entry.refusal.code for o in outcomes if o.entry and o.entry.refusal}
    assert codes == {"hold_not_open"}
    assert await world.active(member) == 350
    await world.assert_verified()


async def test_of_parallel_refunds_of_one_line_exactly_one_wins(world: World) -> None:
    await world.intake()
    member = await world.enrol()
    await world.send(member, "o-1", order(40, 60))
    items = [world.submission(member, f"r-{n}", returned("1"), purchase="o-1") for n in range(10)]
    answers = await asyncio.gather(
        *(world.intakes[n % 2].submit([item]) for n, item in enumerate(items))
    )
    outcomes = [answer[0] for answer in answers]
    assert statuses(outcomes) == ["accepted"] + ["refused"] * 9
    codes = {o.entry.refusal.code for o in outcomes if o.entry and o.entry.refusal}
    assert codes <= {"over_refund", "already_refunded"}
    assert await world.active(member) == 60
    await world.assert_verified()


async def test_of_parallel_takers_of_the_last_item_exactly_one_wins(world: World) -> None:
    await world.intake()
    members = [await world.enrol() for _ in range(6)]
    for member in members:
        await world.send(member, f"o-{member}", order(100))
    answers = await asyncio.gather(
        *(
            world.intakes[n % 2].submit(
                [world.submission(member, f"h-{member}", hold("mug", with_mug()))]
            )
            for n, member in enumerate(members)
        )
    )
    outcomes = [answer[0] for answer in answers]
    assert statuses(outcomes) == ["accepted"] + ["refused"] * 5
    codes = {o.entry.refusal.code for o in outcomes if o.entry and o.entry.refusal}
    assert codes == {"out_of_stock"}
    await world.assert_verified()


async def test_crossing_batches_of_two_processes_never_deadlock(world: World) -> None:
    await world.intake()
    members = [await world.enrol() for _ in range(30)]

    async def client(intake: Intake, name: str, order_of_members: list[int]) -> None:
        for turn in range(4):
            items = [
                world.submission(m, f"{name}-{turn}-{m}", Adjustment("points", 1, "gift", "me"))
                for m in order_of_members
            ]
            assert statuses(await intake.submit(items)) == ["accepted"] * len(items)

    await asyncio.gather(
        *(client(world.intakes[n % 2], f"c{n}", members[:: 1 - 2 * (n % 2)]) for n in range(6))
    )
    assert [await world.active(member) for member in members] == [24] * 30
    await world.assert_verified()


async def test_a_cancelled_caller_gets_no_answer_but_the_event_is_recorded(world: World) -> None:
    member = await world.enrol()
    item = world.submission(member, "o-1", order(40))
    caller = asyncio.ensure_future(world.intakes[0].submit([item]))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    again = await world.send(member, "o-1", order(40))
    assert again.status == "accepted"
    assert await world.entries(member) == 1


async def _race(world: World, member: int, events: list[tuple[str, Body]]) -> list[Outcome]:
    answers = await asyncio.gather(
        *(
            world.intakes[n % 2].submit([world.submission(member, event_id, body)])
            for n, (event_id, body) in enumerate(events)
        )
    )
    return [answer[0] for answer in answers]
