"""The application: opens the rooms, mounts the routes, and stands at the edge of the process.

    uvicorn regulars.app:create_app --factory

A server listens at once. Until its database answers and is migrated it says so, in the log and with
503 to every request, and tries again. It is the only module, besides the commands, that knows how
the rooms are put together.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import psycopg
from starlette.types import Receive, Scope, Send

from regulars.core.facade import IS_COMPILED
from regulars.intake.facade import Intake, RequestClaims, connector
from regulars.members.facade import ErasureList, Members
from regulars.platform.clock import Clock, SystemClock
from regulars.platform.counting import counted
from regulars.platform.database import DatabaseNotReady, open_pool
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.keys import KeyFileError, Keyring, load_keyring, load_or_create_keyring
from regulars.platform.logging import configure_logging, get_logger
from regulars.platform.migrate import MigrationRefused, migration_status
from regulars.platform.postgres_programs import EmbeddedPostgresError
from regulars.platform.settings import Settings, read_settings
from regulars.programs.facade import ApiKeys, ProgramCache, Programs
from regulars.rewards.facade import Rewards
from regulars.schedule.facade import Schedule, Task
from regulars.web.api.access import Access
from regulars.web.api.authentication import Callers
from regulars.web.api.errors import unavailable
from regulars.web.api.limits import KeyLimits
from regulars.web.api.routes import Routes, api_routes, refuse, waiting_pages
from regulars.web.api.services import Services

RETRY_SECONDS = 2.0
FORGET_REQUESTS_SECONDS = 600.0
GARBAGE_THRESHOLD = 50_000

_log = get_logger("app")
_NOT_READY = (
    DatabaseNotReady,
    EmbeddedPostgresError,
    KeyFileError,
    MigrationRefused,
    psycopg.OperationalError,
)


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> "Application":
    """The ASGI application; without settings those of the environment, as a worker reads them."""
    if settings is not None:
        return Application(settings, clock or SystemClock())
    settings = read_settings()
    configure_logging(settings)
    return Application(settings, clock or SystemClock(), has_process=True)


def database_url(settings: Settings) -> str:
    """The owner's URL: the one that is set, or that of the embedded database that runs."""
    return settings.database_url or EmbeddedPostgres.from_settings(settings).url()


@asynccontextmanager
async def open_services(
    settings: Settings, clock: Clock, *, url: str | None = None, name: str = "regulars"
) -> AsyncIterator[Services]:
    """The rooms, put together on an open pool; closed in the opposite order. `name` is what the
    database knows the connections by: a command is no server."""
    address = url or database_url(settings)
    pool = await open_pool(settings, url=address, application_name=name)
    try:
        programs = Programs(pool, clock)
        keyring = await _keyring(settings, programs)
        cache = ProgramCache(pool)
        await cache.warm()
        members = Members(pool, keyring, ErasureList(settings.home / "erasures.jsonl"))
        rewards = Rewards(pool, keyring)
        api_keys = ApiKeys(pool, keyring, clock)
        intake = Intake(
            pool,
            connector(settings, address),
            programs=cache,
            members=members,
            rewards=rewards,
            clock=clock,
        )
        await intake.start()
        try:
            yield Services(
                settings=settings,
                clock=clock,
                pool=pool,
                cache=cache,
                programs=programs,
                api_keys=api_keys,
                members=members,
                rewards=rewards,
                intake=intake,
                requests=RequestClaims(pool),
                callers=Callers(api_keys, cache),
                limits=KeyLimits(settings.rate_limit_per_minute),
                metrics_token=_metrics_token(settings),
            )
        finally:
            await intake.stop()
    finally:
        await pool.close()


@dataclass
class _State:
    """What the application answers from; replaced as a whole when the rooms are open."""

    router: Routes
    services: Services | None = None


class Application:
    """The ASGI application of one process."""

    def __init__(self, settings: Settings, clock: Clock, *, has_process: bool = False) -> None:
        """`has_process`: nothing else runs in this process, so its memory may be arranged."""
        self._has_process = has_process
        self._settings = settings
        self._clock = clock
        self._state = _State(Routes(waiting_pages(), self._not_ready))
        self._access = Access(self._dispatch)
        self._closing = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()
        """Set when requests are answered by the rooms."""

    @property
    def services(self) -> Services:
        """The open rooms; only after `ready`."""
        assert self._state.services is not None, "the application is not ready"
        return self._state.services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start and stop with the server; everything else goes through the access layer."""
        if scope["type"] != "lifespan":
            await self._access(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def start(self) -> None:
        """Begin to open the rooms; answers at once, `ready` tells when they are open."""
        if self._has_process:
            _end_with_parent()
        self._running = asyncio.create_task(self._run(), name="application")

    async def stop(self) -> None:
        """Let what was submitted finish, then close everything."""
        self._closing.set()
        if self._running is not None:
            await self._running

    async def _run(self) -> None:
        while not self._closing.is_set():
            try:
                await self._serve()
            except _NOT_READY as error:
                _log.error("not_ready", reason=str(error), retry_seconds=RETRY_SECONDS)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), RETRY_SECONDS)

    async def _serve(self) -> None:
        """Answer from open rooms until the server stops."""
        url = database_url(self._settings)
        if pending := (await migration_status(url)).pending:
            raise DatabaseNotReady(
                f"{counted(len(pending), 'migration')} to apply: run `regulars db migrate`"
            )
        async with open_services(self._settings, self._clock, url=url) as services:
            await services.members.complete_erasure_list()
            schedule = _schedule(services)
            schedule.start()
            routes = api_routes(services)
            self._state = _State(Routes(routes), services)
            if self._has_process:
                _settle_memory()
            self.ready.set()
            _log.info("ready", engine="compiled" if IS_COMPILED else "python")
            try:
                await self._closing.wait()
            finally:
                await schedule.stop()

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._state.router(scope, receive, send)

    async def _not_ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        await refuse(scope, send, unavailable("the database is not ready yet; see the log"))


def _end_with_parent() -> None:
    """End in order when the supervising process is gone, however it went: a worker that stayed
    would keep the port from the next start."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(parent.sentinel)
        _log.error("supervisor_is_gone")
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(parent.sentinel, ended)


def _settle_memory() -> None:
    """Let the garbage collector look only at what requests leave behind.

    Code, types and programs stay for ever: to go through them took more than 100 ms, during which
    nobody is answered. Set apart, they leave less than a millisecond for a full collection. A
    request makes hundreds of objects and hardly a cycle, so the young ones are looked at less
    often: together this took collecting from 20 us for each request down to 3.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 10, 10)


def _schedule(services: Services) -> Schedule:
    """The periodic work of a server, the forgetting of old Idempotency-Keys included."""

    async def forget() -> None:
        while await services.requests.forget(now=services.clock.now()):
            pass

    schedule = Schedule(services.pool, services.intake, services.rewards, services.clock)
    forgetting = Task(100, "forget_requests", FORGET_REQUESTS_SECONDS, forget)
    schedule.tasks = (*schedule.tasks, forgetting)
    return schedule


async def _keyring(settings: Settings, programs: Programs) -> Keyring:
    """The master keys; made only while the database is as new as they are."""
    if settings.master_key_path.exists() or await programs.list_programs():
        return load_keyring(settings.master_key_path)
    return load_or_create_keyring(settings.master_key_path)


def _metrics_token(settings: Settings) -> str:
    try:
        return (settings.home / "keys" / "metrics_token").read_text().strip()
    except FileNotFoundError:
        return ""
