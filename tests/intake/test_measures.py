"""What the metrics say of the intake, and of what waits in the database."""

import pytest

from regulars.intake.facade import measure
from regulars.ledger.facade import oldest_unseen
from regulars.platform.database import connect_owner
from regulars.platform.metrics import registry
from tests.world import World, order, returned

DAY = 86_400_000_000


def value(name: str, **labels: str) -> float:
    """A sample of this process."""
    return registry.get_sample_value(f"regulars_{name}", labels) or 0.0


async def test_events_are_counted_by_what_became_of_them_and_groups_by_size(world: World) -> None:
    member = await world.enrol()
    names = ("accepted", "parked")
    before = {name: value("intake_events_total", outcome=name) for name in names}
    groups, events = value("intake_group_events_count"), value("intake_group_events_sum")
    seconds = value("intake_group_seconds_count")
    await world.send(member, "o-1", order(10))
    await world.send(member, "r-1", returned("1"), purchase="o-later")
    after = {name: value("intake_events_total", outcome=name) for name in names}
    assert {name: after[name] - before[name] for name in names} == {"accepted": 1, "parked": 1}
    assert (
        value("intake_group_events_count") - groups,
        value("intake_group_events_sum") - events,
    ) == (2, 2)
    assert value("intake_group_seconds_count") - seconds == 2
    assert value("intake_depth") == 0


async def test_what_waits_in_the_database_is_counted_when_asked(world: World) -> None:
    member = await world.enrol()
    await world.send(member, "r-1", returned("1"), purchase="o-later")
    assert world.settings.database_url is not None
    async with await connect_owner(world.settings.database_url) as owner:
        await owner.execute("UPDATE member_state SET due_day = 1 WHERE member_id = %s", [member])
    await measure(world.pool, world.clock.now(), 2.0)
    assert (value("intake_parked"), value("intake_due_members")) == (1, 1)
    assert value("feed_lag_seconds") == 0


async def test_a_transaction_that_stays_open_keeps_the_feed_back(world: World) -> None:
    member = await world.enrol()
    assert world.settings.database_url is not None
    async with await connect_owner(world.settings.database_url) as owner:
        await owner.execute("BEGIN; SELECT pg_current_xact_id()")
        await world.send(member, "o-1", order(10))
        recorded = world.clock.now()
        await measure(world.pool, recorded + 90_000_000, 2.0)
        assert value("feed_lag_seconds") == pytest.approx(90)
    async with world.pool.connection() as connection:
        assert await oldest_unseen(connection) == 0
