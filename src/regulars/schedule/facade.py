"""The periodic work of a server: each task in its own rhythm, in one process of all at a time.

A task runs under an advisory lock that is tried, not waited for, so any number of processes may run
the schedule. A task that fails is logged and tried again at its next turn. Nothing here is needed
for a right answer; see each task's own words for what it brings forward.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from regulars.intake.facade import (
    MEMBERS_PER_ROUND,
    Intake,
    finish_moves,
    finish_parked,
    post_due,
)
from regulars.ledger.facade import advance_totals
from regulars.platform.clock import Clock
from regulars.platform.database import Pool, transaction
from regulars.platform.logging import get_logger
from regulars.platform.metrics import counter, gauge
from regulars.programs.facade import Programs
from regulars.rewards.facade import Rewards
from regulars.schedule.queries import SQL

LOCK_CLASS = 0x5253
ROUNDS_MAX = 1_000
STALE_RESERVATION_US = 5 * 60 * 1_000_000

log = get_logger("schedule")
_failures = counter("schedule_failures", "Turns of a task that failed.", ["task"])
_succeeded = gauge(
    "schedule_success_timestamp_seconds", "When a task last did its work in this process.", ["task"]
)


@dataclass(frozen=True)
class Task:
    """A piece of periodic work; `number` is the second key of its advisory lock, for ever."""

    number: int
    name: str
    every_seconds: float
    run: Callable[[], Awaitable[object]]


class Schedule:
    """Starts the tasks inside a running loop and stops them."""

    def __init__(self, pool: Pool, intake: Intake, rewards: Rewards, clock: Clock) -> None:
        self._pool = pool
        self._intake = intake
        self._rewards = rewards
        self._clock = clock
        self._running: list[asyncio.Task[None]] = []
        self.tasks: tuple[Task, ...] = (
            Task(1, "post_due", 60.0, self._post_due),
            Task(2, "finish_moves", 10.0, self._finish_moves),
            Task(3, "finish_parked", 10.0, self._finish_parked),
            Task(4, "sweep_reservations", 60.0, self._sweep),
            Task(5, "advance_totals", 15.0, self._advance_totals),
        )

    def start(self) -> None:
        """Start every task."""
        self._running = [asyncio.create_task(self._repeat(task)) for task in self.tasks]

    async def stop(self) -> None:
        """Stop; what is half done is rolled back and done again by the next to come."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _repeat(self, task: Task) -> None:
        while True:
            await asyncio.sleep(task.every_seconds)
            try:
                if await self.run_once(task):
                    _succeeded.labels(task.name).set(time.time())
            except Exception as error:
                # A process boundary: the next turn tries again.
                _failures.labels(task.name).inc()
                log.error("task_failed", task=task.name, exc_info=error)

    async def run_once(self, task: Task) -> bool:
        """Run a task now unless another process is at it; answers whether it ran."""
        async with transaction(self._pool) as connection:
            cursor = await connection.execute(
                SQL.try_lock, {"lock_class": LOCK_CLASS, "task": task.number}
            )
            row = await cursor.fetchone()
            if row is None or not row[0]:
                return False
            await connection.execute(SQL.wait_for_task)
            await task.run()
            return True

    async def _post_due(self) -> None:
        for _ in range(ROUNDS_MAX):
            if await post_due(self._pool, self._intake, self._clock.now()) < MEMBERS_PER_ROUND:
                return

    async def _finish_moves(self) -> None:
        await finish_moves(self._pool, self._intake, self._clock.now())

    async def _finish_parked(self) -> None:
        await finish_parked(self._pool, self._intake, self._clock.now())

    async def _sweep(self) -> None:
        await self._rewards.sweep(older_than=self._clock.now() - STALE_RESERVATION_US)

    async def _advance_totals(self) -> None:
        for program in await Programs(self._pool, self._clock).list_programs():
            async with transaction(self._pool) as connection:
                while await advance_totals(connection, program.program_id):
                    pass
