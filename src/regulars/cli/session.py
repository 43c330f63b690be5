"""Opens what a command needs; turns the rooms' expected errors into a sentence and a code."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import psycopg
import uvloop
from psycopg_pool import PoolTimeout

from regulars.app import open_services
from regulars.cli.output import CommandFailed, Exit
from regulars.cli.own_database import used
from regulars.core.document import DocumentInvalid
from regulars.imports.errors import ImportRefused, IntakeUnavailable
from regulars.insights.errors import InsightRefused
from regulars.members.errors import MembersError
from regulars.platform.backup import BackupFailed
from regulars.platform.clock import SystemClock
from regulars.platform.database import DatabaseNotReady, Pool, open_pool
from regulars.platform.embedded import EmbeddedPostgres
from regulars.platform.ids import InvalidId
from regulars.platform.keys import KeyFileError
from regulars.platform.migrate import MigrationRefused, migration_status
from regulars.platform.postgres_programs import EmbeddedPostgresError
from regulars.platform.settings import InvalidSetting, Settings, read_settings
from regulars.programs.contracts import ProgramInfo
from regulars.programs.errors import ProgramsError
from regulars.science.errors import ScienceRefused
from regulars.simulations.errors import DemoRefused
from regulars.web.api.services import Services

_Result = TypeVar("_Result")

_PROBLEMS = (
    DocumentInvalid,
    DemoRefused,
    ImportRefused,
    InsightRefused,
    InvalidId,
    MembersError,
    ProgramsError,
    ScienceRefused,
)
_UNAVAILABLE = (
    BackupFailed,
    DatabaseNotReady,
    EmbeddedPostgresError,
    IntakeUnavailable,
    KeyFileError,
    MigrationRefused,
    OSError,
    PoolTimeout,
    psycopg.OperationalError,
)


def settings() -> Settings:
    """The settings of the environment; a bad one is a mistake in the call."""
    try:
        return read_settings()
    except InvalidSetting as error:
        raise CommandFailed(str(error), Exit.USAGE) from None


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a command's coroutine to its end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(work)
        except KeyboardInterrupt:
            raise CommandFailed("stopped", Exit.INTERRUPTED) from None


def expected(error: BaseException) -> CommandFailed | None:
    """The sentence and exit code of an expected error, None for one that nobody expected."""
    if isinstance(error, CommandFailed):
        return error
    if isinstance(error, _UNAVAILABLE):
        sentence = str(error).partition("\n")[0] or type(error).__name__
        return CommandFailed(sentence, Exit.UNAVAILABLE)
    if isinstance(error, _PROBLEMS):
        next_step = getattr(error, "next_step", "")
        return CommandFailed(f"{error}. {next_step}" if next_step else str(error))
    return None


@asynccontextmanager
async def database(given: Settings) -> AsyncIterator[str]:
    """The owner's URL of the database, started for the while if it is the embedded one and down,
    and stopped again unless somebody else has come to use it."""
    if given.database_url is not None:
        yield given.database_url
        return
    use = used(EmbeddedPostgres.from_settings(given))
    url = await asyncio.to_thread(use.__enter__)
    try:
        yield url
    finally:
        await asyncio.to_thread(use.__exit__, None, None, None)


@asynccontextmanager
async def migrated_database(given: Settings) -> AsyncIterator[str]:
    """The owner's URL of a database that is as new as this version."""
    async with database(given) as url:
        if (await migration_status(url)).pending:
            raise DatabaseNotReady("migrations are pending: run `regulars db migrate` first")
        yield url


@asynccontextmanager
async def services(given: Settings) -> AsyncIterator[Services]:
    """The rooms on a migrated database."""
    async with (
        migrated_database(given) as url,
        open_services(given, SystemClock(), url=url, name="regulars command") as opened,
    ):
        yield opened


async def program_named(opened: Services, slug: str) -> ProgramInfo:
    """The program of a slug, or the only one there is."""
    if slug:
        return await opened.programs.find(slug)
    found = await opened.programs.list_programs()
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.slug for one in found) or "none"
    raise CommandFailed(f"say which program with --program; there are: {known}", Exit.USAGE)


def with_books(work: Callable[[Pool], Awaitable[_Result]]) -> _Result:
    """Do work on the books alone, which needs no master key."""

    async def whole() -> _Result:
        given = settings()
        async with migrated_database(given) as url:
            pool = await open_pool(given, url=url, application_name="regulars command")
            try:
                return await work(pool)
            finally:
                await pool.close()

    return run(whole())


def with_services(
    work: Callable[[Services], Awaitable[_Result]],
) -> _Result:
    """Open the rooms, do the work, close them."""

    async def whole() -> _Result:
        async with services(settings()) as opened:
            return await work(opened)

    return run(whole())
