"""One lane of the group-committer: a queue, a connection, and a task that turns one into groups.

A lane lingers by no clock: whatever waits when a group has committed, and what the event loop has
at hand by then, becomes the next group. So a lone caller waits for nobody and a crowd is taken
together. A lane owns the members of its shards in this process, so its groups seldom wait for those
of another lane (for the target of a move only); between processes the row locks decide.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence

import psycopg

from regulars.intake import measures
from regulars.intake.contracts import Outcome
from regulars.intake.group import GroupResult, StaleVersions, run_group
from regulars.intake.pending import Pending
from regulars.platform.clock import Clock
from regulars.platform.database import TRANSIENT_ERRORS
from regulars.platform.logging import get_logger
from regulars.platform.metrics import timed
from regulars.platform.pipelines import PipelineConnection
from regulars.programs.facade import ProgramCache
from regulars.rewards.facade import Rewards

GROUP_EVENTS_MAX = 512
TURNS_QUIET = 4
"""Turns of the event loop without a new event after which a group begins. A request in a socket is
read in one, its task begins in the next and brings it here in the third; an idle turn takes about
10 us."""
TURNS_MAX = 32
ATTEMPTS_MAX = 8
TRACEBACKS_MAX = 3
_FIRST_WAIT_SECONDS = 0.02

log = get_logger("intake")

_MAY_PASS: tuple[type[Exception], ...] = (
    *TRANSIENT_ERRORS,
    psycopg.OperationalError,
    # Another process has just recorded the same identity for another member: look again.
    psycopg.errors.UniqueViolation,
)

Connect = Callable[[], Awaitable[PipelineConnection]]
Dispatch = Callable[[Iterable[Pending]], None]


class Lane:
    """Start it inside a running loop; `stop` lets it finish what waits."""

    def __init__(
        self,
        connect: Connect,
        dispatch: Dispatch,
        programs: ProgramCache,
        rewards: Rewards,
        clock: Clock,
    ) -> None:
        self._connect = connect
        self._dispatch = dispatch
        self._programs = programs
        self._rewards = rewards
        self._clock = clock
        self._waiting: deque[Pending] = deque()
        self._arrived = asyncio.Event()
        self._connection: PipelineConnection | None = None
        self._stopping = False
        self._failures = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take groups."""
        self._task = asyncio.create_task(self._run(), name="intake lane")

    def put(self, item: Pending) -> None:
        """Queue an event; its answer comes through its future."""
        self._waiting.append(item)
        self._arrived.set()

    @property
    def depth(self) -> int:
        """How many events wait."""
        return len(self._waiting)

    async def stop(self) -> None:
        """Finish what waits, then close the connection."""
        self._stopping = True
        self._arrived.set()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await self._connection.close()

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                if self._stopping:
                    return
                self._arrived.clear()
                await self._arrived.wait()
                continue
            await self._come_in()
            count = min(len(self._waiting), GROUP_EVENTS_MAX)
            items = [self._waiting.popleft() for _ in range(count)]
            try:
                await self._finish(items)
            except Exception as error:
                # A process boundary: a lane that died would leave its members without answers.
                log.error("lane_failed", events=count, exc_info=error)
                for item in items:
                    item.resolve(Outcome("failed"))

    async def _come_in(self) -> None:
        """Let those who stand at the door come in: a group costs something whatever its size."""
        quiet, waiting = 0, len(self._waiting)
        for _ in range(TURNS_MAX):
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self._waiting) == waiting else 0
            waiting = len(self._waiting)
            if quiet == TURNS_QUIET or waiting >= GROUP_EVENTS_MAX:
                return

    async def _finish(self, items: Sequence[Pending]) -> None:
        """Bring every item of a group to its answer, splitting the group around a guilty one."""
        try:
            result = await self._attempt(items)
        except _MAY_PASS as error:
            log.error("group_failed", events=len(items), exc_info=error)
            for item in items:
                item.resolve(Outcome("unavailable"))
            return
        except Exception as error:
            # A process boundary: one event must never take its neighbours or the lane with it.
            if len(items) > 1:
                middle = len(items) // 2
                await self._finish(items[:middle])
                await self._finish(items[middle:])
                return
            # Where one event after the other fails, the first tracebacks tell all there is to know.
            self._failures += 1
            log.error(
                "event_failed",
                event_type=items[0].plain.type,
                error=type(error).__name__,
                exc_info=error if self._failures <= TRACEBACKS_MAX else None,
            )
            items[0].resolve(Outcome("failed"))
            return
        self._failures = 0
        for item, outcome in result.outcomes:
            item.resolve(outcome)
        if result.follow:
            self._dispatch(result.follow)

    async def _attempt(self, items: Sequence[Pending]) -> GroupResult:
        """Run the group until it commits; again, a bounded number of times, after a transient
        error. An answer that was lost at the commit is found again by the events' identities."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                connection = await self._ready()
                with timed(measures.group_seconds):
                    result = await run_group(
                        connection, items, self._programs, self._rewards, self._clock
                    )
                measures.group_events.observe(len(items))
                return result
            except StaleVersions as stale:
                await self._roll_back()
                for program_id in stale.program_ids:
                    await self._programs.refresh(program_id)
            except _MAY_PASS as error:
                broken = await self._roll_back()
                if attempt == ATTEMPTS_MAX:
                    raise
                measures.retries.inc()
                log.warning("group_retried", error=type(error).__name__, attempt=attempt)
                if broken or attempt > 2:
                    await asyncio.sleep(_FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
            except BaseException:
                await self._roll_back()
                raise
        raise RuntimeError("programs were published faster than a group could be written")

    async def _ready(self) -> PipelineConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await self._connect()
        return self._connection

    async def _roll_back(self) -> bool:
        """Leave the failed transaction; True where the connection had to be given up."""
        connection = self._connection
        if connection is None:
            return True
        try:
            if not connection.closed:
                await connection.execute("ROLLBACK")
                return False
        except psycopg.Error:
            pass
        await connection.close()
        self._connection = None
        return True
