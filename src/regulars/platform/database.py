"""The connection pool, connections of the application's role, and transactions.

The application connects as whoever the URL names, but acts as the role `regulars_app`, which may
not UPDATE or DELETE the journal. Only migrations and operators' tools act as the owner. Results
come in PostgreSQL's binary format, and statements are prepared at their second use. This module
holds no SQL of a room and decides nothing about retrying beyond naming what may be retried.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

import psycopg
from psycopg import AsyncConnection, AsyncCursor, IsolationLevel, errors, pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from regulars.platform.arrays import register_columns
from regulars.platform.settings import Settings

Connection: TypeAlias = AsyncConnection[TupleRow]
Pool: TypeAlias = AsyncConnectionPool[Connection]

APPLICATION_ROLE = "regulars_app"
POSTGRESQL_VERSION_MIN = 15

_Result = TypeVar("_Result")
_POOL_OPEN_SECONDS = 10.0
_RETRY_FIRST_SECONDS = 0.005
_STATEMENTS_PREPARED_MAX = 500


class ConnectionLost(psycopg.OperationalError):
    """The connection broke inside a transaction; whether a COMMIT under way took is unknown.

    Safe to repeat only because every write has an identity and a repeat finds the first answer.
    """


class DatabaseNotReady(RuntimeError):
    """The database cannot serve this version of the product. The message says the next step."""


TRANSIENT_ERRORS: tuple[type[psycopg.Error], ...] = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    ConnectionLost,
)
"""Errors after which the same transaction may be tried again, a bounded number of times."""


class Rows(Protocol):
    """What a statement answered."""

    async def fetchone(self) -> TupleRow | None:
        """The next row, None where there is none."""

    async def fetchall(self) -> list[TupleRow]:
        """All rows."""


class Executor(Protocol):
    """What runs statements: a connection of the pool, or one of the write path's own
    (`platform/pipelines.py`), where a statement may wait until a result is asked for."""

    async def execute(self, query: str, params: Mapping[str, Any] | None = None, /) -> Rows:
        """Run one statement."""


class BinaryCursor(AsyncCursor[TupleRow]):
    """A cursor that asks for binary results. It takes one statement at a time.

    PostgreSQL types of our own would arrive as bytes: the schema uses text with a CHECK instead
    of enumerations, and a query casts `regclass` and its like to text.
    """

    def __init__(self, connection: AsyncConnection[Any], **options: Any) -> None:
        super().__init__(connection, **options)
        self.format = pq.Format.BINARY


def application_conninfo(
    url: str, settings: Settings, application_name: str, *, more_options: str = ""
) -> str:
    """The connection string under which the application connects, as `regulars_app`.

    The role is given as a start-up option, so that RESET ROLE comes back to it, not to the owner;
    `more_options` are further settings of the session (`-c name=value ...`).
    """
    options = (
        f"-c role={APPLICATION_ROLE} -c timezone=UTC -c jit=off"
        f" -c statement_timeout={settings.database_statement_seconds}s"
        f" -c idle_in_transaction_session_timeout=60s {more_options}"
    )
    given = conninfo_to_dict(url)
    return make_conninfo(
        url,
        application_name=application_name,
        options=f"{given.get('options') or ''} {options}".strip(),
        connect_timeout=given.get("connect_timeout", 10),
    )


async def open_pool(
    settings: Settings, *, url: str | None = None, application_name: str = "regulars"
) -> Pool:
    """Open the pool of application connections; the caller closes it with `await pool.close()`.

    `url` defaults to the one in the settings; with the embedded database it is what its start
    returned. Raises DatabaseNotReady where no connection can be had or the role is missing.
    """
    address = url or settings.database_url
    assert address is not None, "no database URL: start the embedded database and pass its URL"
    conninfo = application_conninfo(address, settings, application_name)
    await _check_reachable(conninfo)
    pool: Pool = AsyncConnectionPool(
        conninfo,
        kwargs={"prepare_threshold": 1, "cursor_factory": BinaryCursor},
        configure=_configure,
        min_size=min(2, settings.database_connections),
        max_size=settings.database_connections,
        timeout=_POOL_OPEN_SECONDS,
        name=application_name,
        open=False,
    )
    await pool.open(wait=True, timeout=_POOL_OPEN_SECONDS)
    return pool


async def application_connections(url: str, names: Sequence[str]) -> int:
    """How many connections to this database go by one of these application names."""
    async with await connect_owner(url) as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = ANY(%s)",
            [list(names)],
        )
        row = await cursor.fetchone()
    assert row is not None, "an aggregate has a row"
    return int(row[0])


async def current_role(connection: Connection) -> str:
    """The role that a connection acts as."""
    row = await (await connection.execute("SELECT current_user")).fetchone()
    assert row is not None, "a query without a table has a row"
    return str(row[0])


def rights_lacking(owner: str) -> str:
    """What an owner who may not make or take the application's role can do, in one sentence."""
    return (
        f"the role {owner} may not make the role {APPLICATION_ROLE}, or act as it: as a superuser "
        f"run `ALTER ROLE {owner} CREATEROLE`, or, where {APPLICATION_ROLE} is there already, "
        f"`GRANT {APPLICATION_ROLE} TO {owner} WITH ADMIN OPTION`"
    )


async def connect_owner(url: str, *, application_name: str = "regulars owner") -> Connection:
    """One autocommitting connection as the owner: for migrations, rebuilds and operators' tools.

    Ordinary text results, so that a script of several statements can run in one go.
    """
    return await AsyncConnection.connect(
        url, autocommit=True, application_name=application_name, prepare_threshold=None
    )


@asynccontextmanager
async def transaction(
    pool: Pool, *, isolation: IsolationLevel | None = None, read_only: bool = False
) -> AsyncIterator[Connection]:
    """A connection with an open transaction: committed at the end, rolled back on any error.

    Default isolation is READ COMMITTED: writes lock what they read, in the documented order.
    A broken connection is raised as ConnectionLost, whatever driver error announced it.
    """
    async with pool.connection() as connection:
        try:
            async with _characteristics(connection, isolation, read_only), connection.transaction():
                yield connection
        except psycopg.OperationalError as error:
            if connection.broken and not isinstance(error, TRANSIENT_ERRORS):
                raise ConnectionLost("the database connection broke") from error
            raise


@asynccontextmanager
async def autocommit(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for single statements: each sees one moment, and none needs a round trip for a
    transaction around it."""
    async with pool.connection() as connection:
        await connection.set_autocommit(True)
        try:
            yield connection
        finally:
            if not connection.closed:
                await connection.set_autocommit(False)


async def retry_transaction(
    pool: Pool,
    work: Callable[[Connection], Awaitable[_Result]],
    *,
    attempts: int = 5,
    isolation: IsolationLevel | None = None,
) -> _Result:
    """Run `work` in a transaction, again after a transient error, at most `attempts` times.

    `work` must have no effect outside its connection. The last error is raised as it came.
    """
    assert attempts >= 1, "at least one attempt"
    for attempt in range(1, attempts + 1):
        try:
            async with transaction(pool, isolation=isolation) as connection:
                return await work(connection)
        except TRANSIENT_ERRORS as error:
            if attempt == attempts:
                raise
            if not isinstance(error, errors.SerializationFailure | errors.DeadlockDetected):
                # A restart broke the idle connections too: replace them before one is drawn.
                await pool.check()
            # Doubling with full jitter: two that collided should not meet again in step.
            ceiling = _RETRY_FIRST_SECONDS * 2**attempt
            await asyncio.sleep(random.uniform(0, ceiling))  # noqa: S311
    raise AssertionError("unreachable")


@asynccontextmanager
async def _characteristics(
    connection: Connection, isolation: IsolationLevel | None, read_only: bool
) -> AsyncIterator[None]:
    """Set what the next BEGIN says, and take it back before the connection is pooled again."""
    if isolation is None and not read_only:
        yield
        return
    await connection.set_isolation_level(isolation)
    await connection.set_read_only(read_only)
    try:
        yield
    finally:
        if not connection.closed:
            await connection.set_isolation_level(None)
            await connection.set_read_only(None)


async def _configure(connection: Connection) -> None:
    connection.prepared_max = _STATEMENTS_PREPARED_MAX
    register_columns(connection)


async def _check_reachable(conninfo: str) -> None:
    """Connect once before the pool does: its workers would only report a time-out."""
    try:
        connection = await AsyncConnection.connect(conninfo, autocommit=True)
    except psycopg.OperationalError as error:
        if f'role "{APPLICATION_ROLE}" does not exist' in str(error):
            raise DatabaseNotReady(
                f"the role {APPLICATION_ROLE} does not exist: run `regulars db migrate` first"
            ) from error
        if f'permission denied to set role "{APPLICATION_ROLE}"' in str(error):
            user = conninfo_to_dict(conninfo).get("user") or "that the URL names"
            raise DatabaseNotReady(
                f"the role {user} may not act as {APPLICATION_ROLE}: run `regulars db migrate` as "
                f"the owner, or `GRANT {APPLICATION_ROLE} TO {user}` as a superuser"
            ) from error
        raise DatabaseNotReady(f"the database cannot be reached: {error}") from error
    async with connection:
        version = connection.info.server_version // 10_000
    if version < POSTGRESQL_VERSION_MIN:
        raise DatabaseNotReady(
            f"the database is PostgreSQL {version}; {POSTGRESQL_VERSION_MIN} or later is needed"
        )
