"""An import through the real members and intake, twice."""

from regulars.core.events import Purchase
from regulars.imports.facade import run
from regulars.ledger.facade import read_member
from tests.imports.exports import mapping, plan_of, row

ROWS = [
    row("1", quantity="4", time="2027-02-01 12:00:00"),
    row("1", "POST", time="2027-02-01 12:00:00", price="3.00"),
    row("2", customer="bob", time="2027-02-02 12:00:00", price="20.00"),
    row("C3", quantity="-2", time="2027-02-03 12:00:00"),
]


async def test_points_are_earned_and_taken_back_and_a_second_run_changes_nothing(world, tmp_path):
    plan = plan_of(tmp_path, ROWS, mapping(money={"currency": "EUR"}))
    assert [isinstance(one.event.body, Purchase) for one in plan.events] == [True, True, False]

    async def import_it():
        return await run(
            plan,
            world.intakes[0],
            world.members,
            program_id=world.program_id,
            currency="EUR",
            first_tier="",
            now=world.clock.now(),
        )

    result = await import_it()
    assert (result.members_enrolled, result.recorded.events, result.recorded.lines) == (2, 3, 4)
    assert (result.refused, result.problems) == ({}, {})
    wanted = [("external_id", "ann"), ("external_id", "bob")]
    ann, bob = (await world.members.find_many(world.program_id, wanted)).values()
    assert {await world.active(ann), await world.active(bob)} == {5, 20}
    found = await read_member(world.pool, ann)
    assert found is not None

    again = await import_it()
    assert (again.members_known, again.unchanged.events, again.recorded.events) == (2, 3, 0)
    assert {await world.entries(ann), await world.entries(bob)} == {1, 2}
