"""The schedule runs each task in one process at a time, and no error of a task stops it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from psycopg_pool import AsyncConnectionPool

from regulars.app import _schedule, open_services
from regulars.platform.clock import FixedClock
from regulars.platform.database import BinaryCursor, Connection, Pool, application_conninfo
from regulars.platform.settings import Settings
from regulars.schedule.facade import Schedule, Task
from tests.world import START, World

TASK = 9_000


def _task(run: Callable[[], Awaitable[object]], number: int = TASK) -> Task:
    return Task(number, f"test {number}", 0.0, run)


def _schedule_of(world: World, pool: Pool | None = None) -> Schedule:
    return Schedule(pool or world.pool, world.intakes[0], world.rewards, world.clock)


class Gate:
    """A task's work that says when it has begun and ends when it is let go."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()
        self.ended = 0

    async def run(self) -> None:
        self.begun.set()
        await self.let_go.wait()
        self.ended += 1


async def test_a_task_runs_in_one_process_at_a_time(world: World) -> None:
    gate = Gate()
    first, second = _schedule_of(world), _schedule_of(world)
    running = asyncio.ensure_future(first.run_once(_task(gate.run)))
    await gate.begun.wait()
    assert await second.run_once(_task(gate.run)) is False
    gate.let_go.set()
    assert await running is True
    assert await second.run_once(_task(gate.run)) is True
    assert gate.ended == 2


async def test_different_tasks_do_not_wait_for_one_another(world: World) -> None:
    gate, other = Gate(), Gate()
    other.let_go.set()
    schedule = _schedule_of(world)
    running = asyncio.ensure_future(schedule.run_once(_task(gate.run)))
    await gate.begun.wait()
    assert await schedule.run_once(_task(other.run, TASK + 1)) is True
    gate.let_go.set()
    await running


async def test_a_task_that_fails_leaves_the_lock_to_the_next(world: World) -> None:
    gate = Gate()
    gate.let_go.set()

    async def fail() -> None:
        raise RuntimeError("the task fails")

    with pytest.raises(RuntimeError, match="the task fails"):
        await _schedule_of(world).run_once(_task(fail))
    assert await _schedule_of(world).run_once(_task(gate.run)) is True


async def test_an_error_stops_neither_its_task_nor_the_others(world: World) -> None:
    turns = {"failing": 0, "other": 0}
    enough = asyncio.Event()

    async def fail() -> None:
        turns["failing"] += 1
        raise RuntimeError("the task fails")

    async def work() -> None:
        turns["other"] += 1
        if min(turns.values()) >= 3:
            enough.set()

    schedule = _schedule_of(world)
    schedule.tasks = (_task(fail), _task(work, TASK + 1))
    schedule.start()
    await enough.wait()
    await schedule.stop()
    seen = dict(turns)
    await asyncio.sleep(0)
    assert turns == seen


async def test_stopping_cuts_off_a_task_and_frees_its_lock(world: World) -> None:
    gate = Gate()
    schedule = _schedule_of(world)
    schedule.tasks = (_task(gate.run),)
    schedule.start()
    await gate.begun.wait()
    await schedule.stop()
    assert gate.ended == 0
    gate.let_go.set()
    assert await _schedule_of(world).run_once(_task(gate.run)) is True


@pytest.fixture
async def hasty_pool(settings: Settings) -> AsyncIterator[Pool]:
    """Connections that the database cuts off after a moment of idling in a transaction."""
    assert settings.database_url is not None
    conninfo = application_conninfo(
        settings.database_url, settings, "test",
        more_options="-c idle_in_transaction_session_timeout=20ms",
    )  # fmt: skip
    pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        conninfo, kwargs={"cursor_factory": BinaryCursor}, min_size=1, max_size=1, open=False
    )
    await pool.open()
    yield pool
    await pool.close()


async def test_a_long_task_keeps_its_lock(world: World, hasty_pool: Pool) -> None:
    gate = Gate()
    gate.let_go.set()

    async def work_long() -> None:
        async with world.pool.connection() as connection:
            await connection.execute("SELECT pg_sleep(0.2)")
        assert await _schedule_of(world).run_once(_task(gate.run)) is False

    assert await _schedule_of(world, hasty_pool).run_once(_task(work_long)) is True


async def test_every_task_of_a_server_has_a_lock_and_a_name_of_its_own(
    settings: Settings, pool: Pool
) -> None:
    async with open_services(settings, FixedClock(START)) as services:
        tasks = {task.name: task.number for task in _schedule(services).tasks}
    assert tasks == {
        "post_due": 1,
        "finish_moves": 2,
        "finish_parked": 3,
        "sweep_reservations": 4,
        "advance_totals": 5,
        "forget_requests": 100,
    }


async def test_on_a_new_database_every_task_finds_nothing_to_do(
    settings: Settings, pool: Pool
) -> None:
    async with open_services(settings, FixedClock(START)) as services:
        schedule = _schedule(services)
        for task in schedule.tasks:
            assert await schedule.run_once(task) is True
